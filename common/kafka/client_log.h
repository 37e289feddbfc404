// Passes librdkafka's own log lines on to common/log/log.h, and keeps a missing broker from filling the log. Runs in
// the writer and the workers, in librdkafka's threads.
#pragma once

struct rd_kafka_s;

namespace headcount::kafka {

// Passes ten lines of each kind a minute (common/log/log_limiter.h), and every line that -X debug=... asked for.
void OnLogLine(const rd_kafka_s* handle, int level, const char* facility, const char* text);

}  // namespace headcount::kafka
