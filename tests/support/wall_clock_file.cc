#include "tests/support/wall_clock_file.h"

namespace headcount::test {

void WallClockFile::RunsAheadBy(std::chrono::milliseconds ahead) { Set(std::to_string(ahead.count())); }

void WallClockFile::StandsAt(int64_t unix_s) { Set("=" + std::to_string(unix_s * 1000)); }

std::pair<std::string, std::string> WallClockFile::environment() const {
  return {"HEADCOUNT_WALL_CLOCK_FILE", directory_ / "clock"};
}

// Replaced at once: a job that met half a file would see a clock that nobody set.
void WallClockFile::Set(const std::string& text) {
  WriteFile(directory_ / "next", text);
  std::filesystem::rename(directory_ / "next", directory_ / "clock");
}

}  // namespace headcount::test
