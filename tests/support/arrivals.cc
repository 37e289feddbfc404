#include "tests/support/arrivals.h"

#include <optional>
#include <string>

namespace headcount::test {
namespace {

GeneratorOptions OptionsFor(uint64_t seed, int32_t partitions, int64_t from_s) {
  GeneratorOptions options;
  options.seed = seed;
  options.users = 2'000;
  options.partitions = partitions;
  options.start_s = from_s;
  options.delay_s = 4;
  options.frame_bytes = 300;
  options.damage = ParseDamage("all:0.01").value();
  return options;
}

}  // namespace

Arrivals::Arrivals(uint64_t seed, int32_t partitions, int64_t from_s, int frames_per_second)
    : partitions_(partitions),
      frames_per_second_(frames_per_second),
      generator_(OptionsFor(seed, partitions, from_s)),
      now_s_(from_s) {}

std::vector<OracleLog> Arrivals::Next(int64_t seconds) {
  std::vector<OracleLog> logs(static_cast<size_t>(partitions_));
  for (const int64_t end_s = now_s_ + seconds; now_s_ < end_s; ++now_s_) {
    for (int i = 0; i < frames_per_second_; ++i) {
      const GeneratedRecord record = generator_.NextAt(now_s_);
      OracleLog& log = logs[static_cast<size_t>(record.partition)];
      log.push_back(record.has_value ? std::optional<std::string>(record.value) : std::nullopt);
    }
  }
  return logs;
}

std::vector<OracleLog> Arrivals::NextAndMark(int64_t seconds) {
  std::vector<OracleLog> logs = Next(seconds);
  for (OracleLog& log : logs) log.push_back(R"({"uid":"mark","ts":)" + std::to_string(now_s_) + "}");
  return logs;
}

}  // namespace headcount::test
