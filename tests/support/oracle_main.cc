// headcount-oracle: the right output records for files, one partition a file, one JSON line a minute, in
// the bytes that `headcount run --input FILE...` prints. Totals and reasons go to stderr as one JSON line.
// A tool of the tests; it holds whole files in memory.

#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/support/oracle.h"

namespace headcount::test {
namespace {

constexpr char kUsage[] =
    "usage: headcount-oracle [--lateness S] [--window S] [--max-jump S] [--max-frame BYTES] [--now TS] FILE...\n"
    "  --lateness S       allowed lateness in seconds (5)\n"
    "  --window S         length of a window in seconds (60)\n"
    "  --max-jump S       how far ahead of its partition a frame is believed (5, at most the lateness)\n"
    "  --max-frame BYTES  a longer frame is invalid (1048576)\n"
    "  --now TS           the wall clock by which held frames are settled at the end (the present)\n";

struct Arguments {
  CountingRule rule;
  bool has_max_jump = false;
  size_t max_frame_bytes = limits::kMaxFrameBytes;
  int64_t now_s = time(nullptr);
  std::vector<std::string> files;
};

bool ParseNumber(const char* text, int64_t* out) {
  char* end = nullptr;
  errno = 0;
  *out = std::strtoll(text, &end, 10);
  return errno == 0 && end != text && *end == '\0' && *out >= 0;
}

bool Parse(int argc, char** argv, Arguments* out) {
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name.rfind("--", 0) != 0) {
      out->files.push_back(name);
      continue;
    }
    int64_t value = 0;
    if (++i == argc || !ParseNumber(argv[i], &value)) return false;
    if (name == "--lateness")
      out->rule.lateness_s = value;
    else if (name == "--window")
      out->rule.window_s = value;
    else if (name == "--max-jump")
      out->rule.max_jump_s = value, out->has_max_jump = true;
    else if (name == "--max-frame")
      out->max_frame_bytes = static_cast<size_t>(value);
    else if (name == "--now")
      out->now_s = value;
    else
      return false;
  }
  if (!out->has_max_jump) out->rule.max_jump_s = std::min(limits::kDefaultMaxJumpS, out->rule.lateness_s);
  return !out->files.empty() && out->rule.window_s > 0 && out->rule.max_jump_s <= out->rule.lateness_s;
}

std::string Describe(const VerdictCounts& counts) {
  std::string reasons;
  for (size_t i = 0; i < kInvalidReasons; ++i) {
    if (counts.invalid_by_reason[i] == 0) continue;
    reasons += (reasons.empty() ? "\"" : ",\"") + std::string(kInvalidReasonNames[i]) +
               "\":" + std::to_string(counts.invalid_by_reason[i]);
  }
  return "\"events\":" + std::to_string(counts.counted) + ",\"late\":" + std::to_string(counts.late) +
         ",\"invalid\":" + std::to_string(counts.invalid()) + ",\"future\":" + std::to_string(counts.future) +
         ",\"invalid_reasons\":{" + reasons + "}";
}

int Main(int argc, char** argv) {
  Arguments arguments;
  if (!Parse(argc, argv, &arguments)) {
    std::cerr << kUsage;
    return 64;
  }
  std::vector<OracleLog> logs;
  for (const std::string& path : arguments.files) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
      std::cerr << "headcount-oracle: cannot read " << path << "\n";
      return 78;
    }
    logs.push_back(OracleLines(std::string(std::istreambuf_iterator<char>(file), {})));
  }
  const OracleCounts counts = OracleCount(logs, arguments.rule, arguments.now_s, arguments.max_frame_bytes);
  for (const OracleMinute& minute : counts.minutes) std::cout << OracleJson(minute, arguments.rule.window_s) << "\n";
  std::cerr << "{\"records\":" << counts.records << "," << Describe(counts.totals) << ",\"waiting\":{"
            << Describe(counts.waiting) << "}}\n";
  return 0;
}

}  // namespace
}  // namespace headcount::test

int main(int argc, char** argv) { return headcount::test::Main(argc, argv); }
