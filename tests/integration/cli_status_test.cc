// The status file of a job on files: what it says in the end is exact, and `status` and `health` tell people and
// supervisors the same.

#include <cstdlib>
#include <ctime>

#include "tests/integration/cli_testing.h"

namespace headcount::test {
namespace {

class CliStatusTest : public CliTest {
 protected:
  static std::vector<std::string> SomeTexts(uint64_t seed, int32_t partitions = 4, uint64_t frames = 8'000) {
    GeneratorOptions options;
    options.seed = seed;
    options.frames = frames;
    options.partitions = partitions;
    options.frame_bytes = 200;
    options.delay_s = 7;
    options.damage = AllDamage(0.02);
    return GenerateTexts(options);
  }

  static void ExpectTotals(const JsonValue& status, const OracleCounts& counts) {
    const auto total = [&](const char* name) { return static_cast<uint64_t>(NumberAt(status, {"totals", name})); };
    EXPECT_EQ(total("records"), counts.records);
    VerdictCounts all = counts.totals;
    all += counts.waiting;
    EXPECT_EQ(total("events"), all.counted);
    EXPECT_EQ(total("late"), all.late);
    EXPECT_EQ(total("invalid"), all.invalid());
    EXPECT_EQ(total("future"), all.future);
    EXPECT_EQ(total("waiting"), counts.waiting.records());
    EXPECT_EQ(total("minutes_published"), counts.minutes.size());
    EXPECT_EQ(total("lost"), 0U);
    EXPECT_EQ(total("records"), total("events") + total("late") + total("invalid") + total("future"));
    for (size_t i = 0; i < kInvalidReasons; ++i) {
      EXPECT_EQ(NumberAt(status, {"totals", "invalid_reasons", kInvalidReasonNames[i]}),
                static_cast<int64_t>(all.invalid_by_reason[i]))
          << kInvalidReasonNames[i];
    }
  }

  // A file of a job that runs no more, as old as that.
  void WriteStatus(const std::string& state, int64_t age_ms) const {
    const Finished run = Run(WriteFiles({""}, "empty"));
    ASSERT_EQ(Describe(run.status), "exit 0") << run.err;
    std::string text = ReadFile(StatusPath());
    const int64_t now_ms = NumberAt(Status(), {"updated_at_ms"});
    Replace(&text, "\"updated_at_ms\":" + std::to_string(now_ms),
            "\"updated_at_ms\":" + std::to_string(int64_t{time(nullptr)} * 1000 - age_ms));
    Replace(&text, "\"state\":\"done\"", "\"state\":\"" + state + "\"");
    WriteFile(StatusPath(), text);
  }
  static void Replace(std::string* text, const std::string& from, const std::string& to) {
    const size_t at = text->find(from);
    ASSERT_NE(at, std::string::npos) << from << " is not in " << *text;
    text->replace(at, from.size(), to);
  }
};

// --- The file ------------------------------------------------------------------------------------------------

TEST_F(CliStatusTest, InTheEndEveryTotalIsTheOracles) {
  for (const char* workers : {"1", "2", "3"}) {
    SCOPED_TRACE(workers);
    const std::vector<std::string> texts = SomeTexts(1);
    const Finished run = Run(WriteFiles(texts), {"--workers", workers});
    ASSERT_EQ(Describe(run.status), "exit 0") << run.err;
    const JsonValue status = Status();
    ExpectTotals(status, CountTexts(texts));
    EXPECT_EQ(NumberAt(status, {"version"}), 1);
    EXPECT_EQ(TextAt(status, {"state"}), "done");
    EXPECT_EQ(TextAt(status, {"run"}).size(), 16U);
    EXPECT_LE(std::abs(NumberAt(status, {"updated_at_ms"}) - int64_t{time(nullptr)} * 1000), 10'000);
  }
}

TEST_F(CliStatusTest, InTheEndEveryPartitionIsReadAndNobodyHoldsTheClock) {
  const std::vector<std::string> texts = SomeTexts(2);
  ASSERT_EQ(Describe(Run(WriteFiles(texts), {"--workers", "3"}).status), "exit 0");
  const JsonValue status = Status();
  const JsonValue* partitions = At(status, {"partitions"});
  ASSERT_EQ(partitions->items.size(), texts.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    const JsonValue& p = partitions->items[i];
    EXPECT_EQ(NumberAt(p, {"partition"}), static_cast<int64_t>(i));
    EXPECT_EQ(NumberAt(p, {"worker"}), static_cast<int64_t>(i % 3));
    EXPECT_EQ(NumberAt(p, {"position"}), static_cast<int64_t>(texts[i].size()));
    EXPECT_EQ(NumberAt(p, {"end"}), static_cast<int64_t>(texts[i].size()));
    EXPECT_EQ(NumberAt(p, {"lag"}), 0);
    EXPECT_EQ(NumberAt(p, {"held"}), 0);
    EXPECT_EQ(TextAt(p, {"excused"}), "at_end");
    EXPECT_EQ(TextAt(p, {"state"}), "caught_up");
  }
  EXPECT_EQ(At(status, {"workers"})->items.size(), 3U);
  EXPECT_TRUE(At(status, {"clock", "held_by"})->items.empty());
  const OracleCounts counts = CountTexts(texts);
  EXPECT_EQ(NumberAt(status, {"clock", "closed_upto"}), counts.minutes.back().window_start + 60);
}

TEST_F(CliStatusTest, WhatOnlyWaitsIsATotalToo) {
  const std::vector<std::string> texts = {"x\n{}\n", "", "[]"};
  ASSERT_EQ(Describe(Run(WriteFiles(texts)).status), "exit 65");
  EXPECT_EQ(NumberAt(Status(), {"totals", "records"}), 3);
  EXPECT_EQ(NumberAt(Status(), {"totals", "invalid"}), 3);
  EXPECT_EQ(NumberAt(Status(), {"totals", "invalid_reasons", "not_json"}), 1);
  EXPECT_EQ(NumberAt(Status(), {"totals", "waiting"}), 3);
  EXPECT_EQ(NumberAt(Status(), {"totals", "minutes_published"}), 0);
}

TEST_F(CliStatusTest, LeaveOpenCountsAllThatItRead) {
  const std::vector<std::string> texts = SomeTexts(3);
  ASSERT_EQ(Describe(Run(WriteFiles(texts), {"--leave-open"}).status), "exit 0");
  const JsonValue status = Status();
  EXPECT_EQ(TextAt(status, {"state"}), "done");
  EXPECT_EQ(NumberAt(status, {"totals", "minutes_published"}), static_cast<int64_t>(LinesIn(ClosedRecordsOf(texts))));
}

TEST_F(CliStatusTest, TheFileStandsInTheRuntimeDirectoryOrWhereItWasAskedFor) {
  WriteFiles({""});
  create_directory(dir_ / "runtime");
  ChildOptions options;
  options.environment.emplace_back("RUNTIME_DIRECTORY", dir_ / "runtime");
  ASSERT_EQ(Describe(Run({"in-0.jsonl"}, {}, options).status), "exit 0");
  EXPECT_TRUE(std::filesystem::exists(dir_ / "runtime" / "headcount.status.json"));
  EXPECT_FALSE(std::filesystem::exists(StatusPath()));
  ASSERT_EQ(Describe(Run({"in-0.jsonl"}, {"--status-file", "other.json"}, options).status), "exit 0");
  EXPECT_TRUE(std::filesystem::exists(dir_ / "other.json"));
  // Beside it nothing is left.
  for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
    EXPECT_EQ(entry.path().filename().string().find(".new"), std::string::npos) << entry.path();
  }
}

// --- status and health ---------------------------------------------------------------------------------------

TEST_F(CliStatusTest, WithoutAFileBothSayWhichOneTheyMiss) {
  const Finished status = Headcount({"status"});
  EXPECT_EQ(Describe(status.status), "exit 78");
  EXPECT_EQ(status.out, "");
  EXPECT_NE(status.err.find("headcount.status.json: No such file"), std::string::npos) << status.err;
  EXPECT_NE(status.err.find("--status-file"), std::string::npos) << status.err;
  for (const std::vector<std::string>& words : {std::vector<std::string>{"health"}, {"health", "--ready"}}) {
    const Finished health = Headcount(words);
    EXPECT_EQ(Describe(health.status), "exit 1");
    EXPECT_NE(health.out.find("headcount.status.json: No such file"), std::string::npos) << health.out;
    EXPECT_EQ(LinesIn(health.out), 1U);
  }
}

TEST_F(CliStatusTest, AFileOfSomethingElseIsNoStatus) {
  for (const char* text : {"", "{}", "no JSON", "{\"version\":2}"}) {
    WriteFile(StatusPath(), text);
    const Finished status = Headcount({"status"});
    EXPECT_EQ(Describe(status.status), "exit 78");
    EXPECT_NE(status.err.find("headcount.status.json: this is no status report"), std::string::npos) << status.err;
    EXPECT_EQ(Describe(Headcount({"health"}).status), "exit 1");
  }
  create_directory(dir_ / "folder");
  EXPECT_EQ(Describe(Headcount({"status", "--status-file", "folder"}).status), "exit 78");
  EXPECT_EQ(Describe(Headcount({"health", "--status-file", "folder"}).status), "exit 1");
}

TEST_F(CliStatusTest, AStaleFileIsUnhealthyAndStillShown) {
  WriteStatus("running", 60'000);
  const Finished health = Headcount({"health"});
  EXPECT_EQ(Describe(health.status), "exit 1");
  // 60 s, and what it took to start a process on this machine.
  EXPECT_NE(health.out.find("headcount.status.json is 6"), std::string::npos) << health.out;
  EXPECT_NE(health.out.find(" s old, and at most 15s is allowed (--max-age)"), std::string::npos) << health.out;
  EXPECT_NE(health.out.find("there is no process"), std::string::npos) << health.out;
  EXPECT_EQ(Describe(Headcount({"health", "--max-age", "2m"}).status), "exit 0");
  const Finished status = Headcount({"status"});
  EXPECT_EQ(Describe(status.status), "exit 0");
  EXPECT_NE(status.out.find("1 min ago"), std::string::npos) << status.out;
}

TEST_F(CliStatusTest, AFileFromTheFutureIsUnhealthy) {
  WriteStatus("running", -3'600'000);
  const Finished health = Headcount({"health"});
  EXPECT_EQ(Describe(health.status), "exit 1");
  EXPECT_NE(health.out.find("s in the future"), std::string::npos) << health.out;
}

TEST_F(CliStatusTest, AFailedJobIsUnhealthyHoweverFreshItsFile) {
  WriteStatus("failed", 0);
  const Finished health = Headcount({"health"});
  EXPECT_EQ(Describe(health.status), "exit 1");
  EXPECT_NE(health.out.find("the job has failed"), std::string::npos) << health.out;
}

TEST_F(CliStatusTest, AStartingJobIsAliveButNotReady) {
  WriteStatus("starting", 0);
  EXPECT_EQ(Describe(Headcount({"health"}).status), "exit 0");
  const Finished ready = Headcount({"health", "--ready"});
  EXPECT_EQ(Describe(ready.status), "exit 1");
  EXPECT_NE(ready.out.find("not ready: the job is starting"), std::string::npos) << ready.out;
}

TEST_F(CliStatusTest, ARunningJobIsShownWhileItReads) {
  const std::vector<std::string> texts = SomeTexts(5, 2);
  WriteFiles(texts);
  Feed feed(dir_ / "feed");
  const auto job = Start("exec $headcount run --workers 2 --input in-0.jsonl - < feed");
  const std::string first = FirstLines(texts[1], LinesIn(texts[1]) / 2);
  feed.Write(first);
  const auto all_read = [&](const JsonValue& status) {
    const JsonValue* partitions = At(status, {"partitions"});
    return TextAt(status, {"state"}) == "running" && partitions != nullptr && partitions->items.size() == 2 &&
           NumberAt(partitions->items[1], {"position"}) == static_cast<int64_t>(first.size());
  };
  ASSERT_TRUE(WaitForStatus(all_read)) << ReadFile(StatusPath());
  const JsonValue status = Status();
  EXPECT_EQ(NumberAt(status, {"coordinator", "pid"}), job->pid());
  EXPECT_TRUE(IsAlive(NumberAt(status, {"writer", "pid"})));
  for (size_t slot = 0; slot < 2; ++slot) EXPECT_TRUE(IsAlive(PidOf(status, slot))) << slot;
  const JsonValue& pipe = At(status, {"partitions"})->items[1];
  EXPECT_EQ(At(pipe, {"end"})->kind, JsonValue::Kind::kNull) << "a pipe's end is not known";
  EXPECT_EQ(TextAt(At(status, {"partitions"})->items[0], {"state"}), "ahead") << "--max-skew holds it";
  const JsonValue* holders = At(status, {"clock", "held_by"});
  ASSERT_EQ(holders->items.size(), 1U);
  EXPECT_EQ(NumberAt(holders->items[0], {"partition"}), 1);

  const Finished shown = Headcount({"status"});
  EXPECT_EQ(Describe(shown.status), "exit 0");
  for (const char* part : {"state      running", "held by    partition 1", "coordinator", "writer", "worker 1", "ahead",
                           "records", "not_json"}) {
    EXPECT_NE(shown.out.find(part), std::string::npos) << part << " is not in:\n" << shown.out;
  }
  const Finished json = Headcount({"status", "--json"});
  EXPECT_EQ(Describe(json.status), "exit 0");
  const auto parsed = ReadJson(json.out);
  ASSERT_TRUE(parsed) << json.out;
  EXPECT_EQ(TextAt(*parsed, {"run"}), TextAt(status, {"run"}));
  const Finished health = Headcount({"health"});
  EXPECT_EQ(Describe(health.status), "exit 0") << health.out;
  EXPECT_EQ(health.out.substr(0, 31), "alive: running, 2 workers, 2 pa") << health.out;
  EXPECT_EQ(LinesIn(health.out), 1U);

  feed.Write(texts[1].substr(first.size()));
  feed.Close();
  EXPECT_EQ(Describe(job->Wait().value_or(ExitStatus{})), "exit 0") << job->Err();
  ExpectTotals(Status(), CountTexts(texts));
}

// A replay after a death must not count what it reads a second time.
TEST_F(CliStatusTest, TotalsAreExactAlsoAfterDeaths) {
  if (!HasCrashPoints()) GTEST_SKIP() << "built without crash points";
  const std::vector<std::string> texts = SomeTexts(6);
  ChildOptions options;
  options.environment.emplace_back("HEADCOUNT_CRASH_POINT", "worker.published*4");
  const Finished run = Run(WriteFiles(texts), {"--workers", "2"}, options);
  ASSERT_EQ(Describe(run.status), "exit 0") << run.err;
  EXPECT_EQ(run.out, RecordsOf(texts));
  ExpectTotals(Status(), CountTexts(texts));
  EXPECT_GT(NumberAt(At(Status(), {"workers"})->items[0], {"restarts"}), 0);
}

}  // namespace
}  // namespace headcount::test
