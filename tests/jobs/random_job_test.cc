// Random jobs: hostile logs, read by real workers and published by a real writer, which die at every named point.
// Every minute is published once, with exactly the numbers of the oracle.
//
//   HEADCOUNT_RANDOM_JOBS=100000 random_jobs --gtest_filter='RandomJobs.*'   so many cases of each scene
//   HEADCOUNT_SEED=4711 HEADCOUNT_RANDOM_JOBS=1 random_jobs ...              the case that a failure named
#include "tests/jobs/random_job.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "common/base/limits.h"
#include "common/log/log.h"

namespace headcount::test {
namespace {

constexpr int kShrinkTries = 4'000;
constexpr uint64_t kDiceOfShrinking = 8;

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::string WhatIsWrong(const RandomCase& c, uint64_t rng_seed, Reached* reached) {
  return RandomJob(c, rng_seed, reached).Run();
}

// Smaller, though under other dice: what one order of events shows, another often shows on less.
std::string Smallest(const RandomCase& c, uint64_t seed) {
  SetLogLevel(static_cast<LogLevel>(static_cast<int>(LogLevel::kError) + 1));
  Reached reached;
  uint64_t rng = seed;
  const RandomCase small = Shrink(c, kShrinkTries, [&](const RandomCase& smaller) {
    for (uint64_t d = 0; d <= kDiceOfShrinking; ++d) {
      const uint64_t tried = d == 0 ? rng : d;
      if (WhatIsWrong(smaller, tried, &reached).empty()) continue;
      rng = tried;
      return true;
    }
    return false;
  });
  SetLogLevel(LogLevel::kError);
  return WhatIsWrong(small, rng, &reached) + "\nshrunk, with dice " + std::to_string(rng) + ":\n" + Describe(small);
}

class RandomJobs : public testing::Test {
 protected:
  RandomJobs() { SetLogLevel(LogLevel::kError); }
  ~RandomJobs() override { SetLogLevel(LogLevel::kInfo); }

  void Play(Scene scene, uint64_t cases) {
    const uint64_t first = FromEnvironment("HEADCOUNT_SEED", 1);
    cases = FromEnvironment("HEADCOUNT_RANDOM_JOBS", cases);
    for (uint64_t seed = first; seed < first + cases; ++seed) {
      const RandomCase c = MakeCase(seed, scene);
      const std::string wrong = WhatIsWrong(c, seed, &reached_);
      if (wrong.empty()) continue;
      FAIL() << "seed " << seed << " (after " << seed - first + 1 << " cases): " << wrong << "\n" << Smallest(c, seed);
    }
    for (const auto& [name, times] : reached_) {
      std::printf("%10llu  %s\n", static_cast<unsigned long long>(times), std::string(name).c_str());
    }
  }
  // Perhaps too few cases, where a person said how many: then nothing is asked.
  void ExpectAtLeast(const char* name, uint64_t least) {
    if (getenv("HEADCOUNT_RANDOM_JOBS") != nullptr) return;
    EXPECT_GE(reached_[name], least) << name;
  }
  void ExpectReached(std::initializer_list<const char*> names) {
    for (const char* name : names) ExpectAtLeast(name, 1);
  }
  // Every place to die, every verdict, and every part of a point.
  void ExpectReachedByAll() {
    ExpectReached({"worker.fetching",     "worker.taking",           "worker.taken",     "worker.growing",
                   "worker.grown",        "worker.sealing",          "worker.sealed",    "worker.publishing",
                   "worker.published",    "writer.claiming",         "writer.claimed",   "writer.merging",
                   "writer.merged",       "writer.committing",       "writer.committed", "writer.telling",
                   "writer.told",         "died between two rounds", "a worker died",    "the writer died",
                   "the coordinator died"});
    ExpectReached({"late frames published", "future frames published", "invalid frames published",
                   "verdicts that wait in a point", "points behind an excuse", "raises in a point",
                   "clocks started by confirmations alone"});
    ExpectAtLeast("held frames in a point", limits::kUnconfirmedFrames);
    ExpectAtLeast("score of a held frame", limits::kConfirmations - 1);
  }

  // Starts with another lateness or jump, met before and behind the place where it comes into force.
  void ExpectReachedByChanges() {
    ExpectReached({"starts with another rule", "partitions that come to another rule later",
                   "points before a change of the rule", "points where lateness alone does not say what is late"});
    ExpectAtLeast("rules to come", 2);
  }

  Reached reached_;
};

TEST_F(RandomJobs, ReadToTheEndPublishEveryMinuteOnceAsTheOracleCountsIt) {
  Play(Scene::kUntilEnd, 3'000);
  ExpectReachedByAll();
  ExpectReached({"settling in a point", "poison in a point"});
}

TEST_F(RandomJobs, LeftOpenAgainAndAgainPublishEveryMinuteOnceAsTheOracleCountsIt) {
  Play(Scene::kLeaveOpen, 1'500);
  ExpectReachedByAll();
  ExpectReachedByChanges();
  ExpectReached({"partitions added while down"});
}

TEST_F(RandomJobs, OfEveryModeInTurnPublishEveryMinuteOnceAsTheOracleCountsIt) {
  Play(Scene::kMixed, 2'500);
  ExpectReachedByAll();
  ExpectReachedByChanges();
  ExpectReached(
      {"partitions added while down", "partitions added while streaming", "drained", "killed while streaming"});
  ExpectAtLeast("moves of a partition", limits::kMaxDecisions);
}

TEST_F(RandomJobs, StreamingThroughSilencesPublishEveryMinuteOnceAsTheOracleCountsIt) {
  Play(Scene::kStream, 2'000);
  ExpectReachedByAll();
  ExpectReachedByChanges();
  ExpectReached({"partitions added while streaming", "drained", "killed while streaming", "silences waited out",
                 "settling in a point", "poison in a point"});
  ExpectAtLeast("moves of a partition", limits::kMaxDecisions);
}

}  // namespace
}  // namespace headcount::test
