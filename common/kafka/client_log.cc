#include "common/kafka/client_log.h"

#include <librdkafka/rdkafka.h>
#include <syslog.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "common/log.h"

namespace headcount::kafka {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kLinesAtOnce = 3;
constexpr std::chrono::seconds kInterval{10};
// Kinds of lines remembered; librdkafka has a few dozen. A further one is passed on without a limit.
constexpr size_t kMaxKinds = 128;

// What was passed on and left out of one kind of line.
struct Kind {
  Clock::time_point interval_start;
  int lines = 0;
  uint64_t left_out = 0;
};

// How many like lines were left out before this one; -1: leave this one out too.
int64_t Admit(const std::string& facility, Clock::time_point now) {
  // Never destroyed: a client that was left behind may speak while the process exits.
  static auto& mutex = *new std::mutex;
  static auto& kinds = *new std::map<std::string, Kind>;
  const std::lock_guard<std::mutex> lock(mutex);
  const auto found = kinds.find(facility);
  if (found == kinds.end() && kinds.size() >= kMaxKinds) return 0;
  Kind& kind = kinds[facility];
  if (kind.lines == 0 || now - kind.interval_start >= kInterval) {
    const int64_t left_out = static_cast<int64_t>(kind.left_out);
    kind = Kind{now, 1, 0};
    return left_out;
  }
  if (kind.lines >= kLinesAtOnce) {
    ++kind.left_out;
    return -1;
  }
  ++kind.lines;
  return 0;
}

LogAction ActionOf(int syslog_level) {
  // An error of the client is a warning of the job: the job tries again, and says itself what is an error.
  if (syslog_level <= LOG_CRIT) return LogAction::kClientError;
  if (syslog_level <= LOG_WARNING) return LogAction::kClientWarning;
  return syslog_level < LOG_DEBUG ? LogAction::kClientInfo : LogAction::kClientDebug;
}

// One set of properties serves consumers and producers; that each ignores the other's is no news.
bool IsNoise(std::string_view facility, std::string_view text) {
  return facility == "CONFWARN" && text.find("will be ignored by this") != std::string_view::npos;
}

}  // namespace

void OnLogLine(const rd_kafka_s* /*handle*/, int level, const char* facility, const char* text) {
  if (IsNoise(facility, text)) return;
  std::string line = std::string("librdkafka ") + facility + ": " + text;
  if (level < LOG_DEBUG) {
    const int64_t left_out = Admit(facility, Clock::now());
    if (left_out < 0) return;
    if (left_out > 0) line += " (and " + std::to_string(left_out) + " like it since the last one shown)";
  }
  Log(ActionOf(level), line, {{LogLabel::kFacility, facility}});
}

}  // namespace headcount::kafka
