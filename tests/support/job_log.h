// What the processes of a job wrote to stderr, line by line, while they write it. Runs in tests.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace headcount::test {

// By the clock that stands before the lines. Comparable with those of other processes of this host.
int64_t WallMs();

struct LogLine {
  int64_t at_ms = 0;
  std::string role;  // "worker-1", "writer", "coordinator", "supervisor"
  std::string message;

  bool BeginsWith(const std::string& text) const { return message.rfind(text, 0) == 0; }
};

// None: not a line of ours. librdkafka, for one, has its own ways while it is being told where to log.
std::optional<LogLine> ParseLogLine(const std::string& text);

class JobLog {
 public:
  explicit JobLog(std::filesystem::path file) : file_(std::move(file)) {}

  // All lines so far.
  const std::vector<LogLine>& Lines();
  // The first such line among those behind the first `skipped`, if there is one yet.
  std::optional<LogLine> Find(size_t skipped, const std::function<bool(const LogLine&)>& what);

 private:
  const std::filesystem::path file_;
  std::streamoff read_ = 0;  // of the file, up to the end of a line
  std::vector<LogLine> lines_;
};

}  // namespace headcount::test
