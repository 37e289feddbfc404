#include "common/kafka/client_log.h"

#include <librdkafka/rdkafka.h>
#include <syslog.h>

#include <string>
#include <string_view>

#include "common/log/log.h"

namespace headcount::kafka {
namespace {

LogAction ActionOf(int syslog_level) {
  // An error of the client is a warning of the job: the job tries again, and reports its own errors.
  if (syslog_level <= LOG_CRIT) return LogAction::kClientError;
  if (syslog_level <= LOG_WARNING) return LogAction::kClientWarning;
  return syslog_level < LOG_DEBUG ? LogAction::kClientInfo : LogAction::kClientDebug;
}

// One set of properties serves consumers and producers, so each ignores properties of the other. A client made to
// connect to no broker (config_check.h) has none to connect to. Both are expected.
bool IsNoise(std::string_view facility, std::string_view text) {
  return facility == "CONFWARN" && (text.find("will be ignored by this") != std::string_view::npos ||
                                    text.find("No `bootstrap.servers` configured") != std::string_view::npos);
}

}  // namespace

void OnLogLine(const rd_kafka_s* /*handle*/, int level, const char* facility, const char* text) {
  if (IsNoise(facility, text)) return;
  const std::string line = std::string("librdkafka ") + facility + ": " + text;
  Log(ActionOf(level), line, {{LogLabel::kFacility, facility}});
}

}  // namespace headcount::kafka
