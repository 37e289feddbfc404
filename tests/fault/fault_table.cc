#include "tests/fault/fault_table.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <random>
#include <string_view>

namespace headcount::test {

MinuteErrors Compare(const std::vector<std::string>& published, const std::vector<std::string>& right) {
  std::map<int64_t, std::string> expected;
  for (const std::string& record : right) expected[WindowOf(record)] = record;
  std::map<int64_t, std::string> found;
  MinuteErrors errors;
  for (const std::string& record : published) {
    const auto [at, is_first] = found.try_emplace(WindowOf(record), record);
    if (!is_first) ++errors.doubled;
    const auto wanted = expected.find(at->first);
    if (wanted == expected.end() || wanted->second != record) ++errors.differing;
  }
  for (const auto& [minute, record] : expected) errors.lost += found.count(minute) == 0 ? 1U : 0U;
  return errors;
}

uint64_t FaultSeed() {
  const char* text = getenv("HEADCOUNT_FAULT_SEED");
  const uint64_t seed = text != nullptr ? std::strtoull(text, nullptr, 10) : std::random_device()();
  std::cout << "seed " << seed << std::endl;
  testing::Test::RecordProperty("seed", std::to_string(seed));
  return seed;
}

bool IsQuickPass() {
  const char* text = getenv("HEADCOUNT_FAULT_QUICK");
  return text != nullptr && std::string_view(text) == "1";
}

void Report(const FaultRow& row) {
  EXPECT_EQ(row.errors.lost, 0U) << row.fault;
  EXPECT_EQ(row.errors.doubled, 0U) << row.fault;
  EXPECT_EQ(row.errors.differing, 0U) << row.fault;
  EXPECT_GT(row.minutes, 0U) << row.fault << ": nothing was compared";
  const char* path = getenv("HEADCOUNT_FAULT_ROWS");
  if (path == nullptr) return;
  std::string recovery;
  for (const int64_t ms : row.recovery_ms) recovery += (recovery.empty() ? "" : ",") + std::to_string(ms);
  std::ofstream(path, std::ios::app) << R"({"fault":")" << row.fault << R"(","times":)" << row.times << R"(,"minutes":)"
                                     << row.minutes << R"(,"lost":)" << row.errors.lost << R"(,"doubled":)"
                                     << row.errors.doubled << R"(,"differing":)" << row.errors.differing
                                     << R"(,"recovery_ms":[)" << recovery << R"(],"recovery_goal_ms":)"
                                     << row.recovery_goal_ms << "}\n";
}

}  // namespace headcount::test
