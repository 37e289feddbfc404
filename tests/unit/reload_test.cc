// What a SIGHUP changes in a running job (coordinator/job/reload.h).
#include "coordinator/job/reload.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "coordinator/options/command_line.h"

namespace headcount {
namespace {

RunOptions Options(const std::vector<std::string>& args) {
  const Result<RunOptions> options = ParseRun(args, HostEnvironment{});
  EXPECT_TRUE(options.ok()) << options.error().message;
  return options.ok() ? *options : RunOptions{};
}

std::vector<std::string> Refused(const std::vector<std::string>& running, const std::vector<std::string>& reread) {
  std::vector<std::string> sentences;
  for (const Reload::Refused& refused : ReloadOf(Options(running), Options(reread)).refused) {
    sentences.push_back(refused.sentence);
  }
  return sentences;
}

using Sentences = std::vector<std::string>;

TEST(Reload, TakesTheLogLevelAndNothingElse) {
  const Reload reload = ReloadOf(Options({}), Options({"--log-level", "warning"}));
  EXPECT_EQ(reload.log_level, LogLevel::kWarning);
  EXPECT_TRUE(reload.refused.empty());
  EXPECT_EQ(Refused({"--log-file", "a"}, {"--group", "other"}),
            (Sentences{"group stays headcount: other needs a restart",
                       "status-file stays headcount.status.json: headcount-other.status.json needs a restart",
                       "log-file stays a: not set needs a restart"}));
}

TEST(Reload, NamesChangedPropertiesOnceAndNeverTheirValues) {
  EXPECT_EQ(Refused({"-X", "sasl.password=old", "-X", "linger.ms=5"}, {"-X", "sasl.password=new", "-X", "linger.ms=5"}),
            (Sentences{"X.sasl.password stays as it is: the change needs a restart"}));
  EXPECT_EQ(Refused({}, {"-X", "consumer.fetch.max.bytes=4194304"}),
            (Sentences{"X.fetch.max.bytes stays as it is: the change needs a restart"}));
}

TEST(Reload, WhatIsSaidInAnotherWayIsNoChange) {
  EXPECT_EQ(Refused({"--window", "60s"}, {"--window", "1m"}), Sentences{});
}

}  // namespace
}  // namespace headcount
