// How long scripts/supervise.sh waits before it starts a job again. The jobs here are scripts of three words.
#include <gtest/gtest.h>

#include <regex>
#include <string>
#include <vector>

#include "tests/support/child_process.h"

namespace headcount::test {
namespace {

class Supervise : public testing::Test {
 protected:
  // The pauses after the first lives of a job that does nothing but this.
  std::vector<int> Pauses(const std::string& job, size_t count) {
    const std::filesystem::path program = dir_ / "job";
    WriteFile(program, "#!/bin/sh\n" + job + "\n");
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    ChildOptions options;
    options.environment = {{"HEADCOUNT_BIN", program}};
    ChildProcess supervisor("bash", {HEADCOUNT_SOURCE_DIR "/scripts/supervise.sh"}, options);
    std::vector<int> pauses;
    EXPECT_TRUE(Eventually([&] { return (pauses = PausesIn(supervisor.Err())).size() >= count; })) << supervisor.Err();
    pauses.resize(count);
    supervisor.Signal(SIGTERM);
    EXPECT_TRUE(supervisor.Wait());
    return pauses;
  }

  static std::vector<int> PausesIn(const std::string& text) {
    static const std::regex kPause("action=restart delay_ms=([0-9]+)\n");
    std::vector<int> pauses;
    for (auto at = std::sregex_iterator(text.begin(), text.end(), kPause); at != std::sregex_iterator(); ++at) {
      pauses.push_back(std::stoi((*at)[1]));
    }
    return pauses;
  }

  // With jitter: between three quarters and five quarters of it.
  static void ExpectAbout(int ms, int pause_ms) {
    EXPECT_GE(pause_ms, ms * 3 / 4);
    EXPECT_LE(pause_ms, ms * 5 / 4);
  }

  const TempDir dir_;
};

TEST_F(Supervise, AJobThatSomebodyKillsAgainAndAgainIsThereAgainAtOnceEachTime) {
  for (const int pause_ms : Pauses("sleep 1.1; kill -KILL $$", 3)) ExpectAbout(200, pause_ms);
}

TEST_F(Supervise, AJobThatDiesAsSoonAsItLivesIsGivenLongerAndLongerPauses) {
  for (const char* end : {"exit 75", "kill -SEGV $$", "kill -KILL $$"}) {
    SCOPED_TRACE(end);
    const std::vector<int> pauses = Pauses(end, 4);
    for (size_t i = 0; i < pauses.size(); ++i) ExpectAbout(200 << i, pauses[i]);
  }
}

TEST_F(Supervise, AJobThatFailsAfterASecondDoesNotEarnTheFirstPauseAgain) {
  const std::vector<int> pauses = Pauses("sleep 1.1; exit 70", 2);
  ExpectAbout(400, pauses.at(1));
}

TEST_F(Supervise, WhatWouldOnlyComeAgainEndsItWithTheSameCode) {
  for (const char* code : {"0", "64", "65", "78"}) {
    const std::filesystem::path program = dir_ / "job";
    WriteFile(program, std::string("#!/bin/sh\nexit ") + code + "\n");
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    ChildOptions options;
    options.environment = {{"HEADCOUNT_BIN", program}};
    const Finished ended = RunToEnd("bash", {HEADCOUNT_SOURCE_DIR "/scripts/supervise.sh"}, options);
    EXPECT_EQ(Describe(ended.status), std::string("exit ") + code) << ended.err;
    EXPECT_TRUE(PausesIn(ended.err).empty()) << ended.err;
  }
}

}  // namespace
}  // namespace headcount::test
