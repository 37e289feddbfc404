// librdkafka's own log lines, passed on to common/log/log.h. Its threads call it; it keeps a broker that is away
// from filling the log. Writer and workers.
#pragma once

struct rd_kafka_s;

namespace headcount::kafka {

// Of each kind of line ten a minute (common/log/log_limiter.h). Lines that -X debug=... asked for are all passed on.
void OnLogLine(const rd_kafka_s* handle, int level, const char* facility, const char* text);

}  // namespace headcount::kafka
