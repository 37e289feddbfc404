#include "tests/support/job_log.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iterator>
#include <sstream>

namespace headcount::test {

int64_t WallMs() {
  using std::chrono::milliseconds;
  return std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

//   2026-01-31T10:20:30.123Z INFO  worker-1 reading partitions=[1,3]
std::optional<LogLine> ParseLogLine(const std::string& text) {
  tm utc{};
  int millis = 0;
  char zone = 0;
  if (sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d.%3d%c", &utc.tm_year, &utc.tm_mon, &utc.tm_mday, &utc.tm_hour,
             &utc.tm_min, &utc.tm_sec, &millis, &zone) != 8 ||
      zone != 'Z') {
    return std::nullopt;
  }
  utc.tm_year -= 1900;
  utc.tm_mon -= 1;
  LogLine line;
  line.at_ms = static_cast<int64_t>(timegm(&utc)) * 1000 + millis;
  std::istringstream words(text);
  std::string time;
  std::string level;
  if (!(words >> time >> level >> line.role)) return std::nullopt;
  words.get();
  std::getline(words, line.message);
  return line;
}

const std::vector<LogLine>& JobLog::Lines() {
  std::ifstream file(file_, std::ios::binary);
  file.seekg(read_);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  text.resize(text.rfind('\n') + 1);  // what is being written comes next time
  read_ += static_cast<std::streamoff>(text.size());
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (std::optional<LogLine> parsed = ParseLogLine(line)) lines_.push_back(std::move(*parsed));
  }
  return lines_;
}

std::optional<LogLine> JobLog::Find(size_t skipped, const std::function<bool(const LogLine&)>& what) {
  const std::vector<LogLine>& lines = Lines();
  const auto begin = lines.begin() + static_cast<std::ptrdiff_t>(std::min(skipped, lines.size()));
  const auto found = std::find_if(begin, lines.end(), what);
  if (found == lines.end()) return std::nullopt;
  return *found;
}

}  // namespace headcount::test
