// Offsets that somebody changes while headcount is down, or while it runs: with Kafka's own tool, as a person types
// it, or with a program that has taken our group for its own.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <sstream>

#include "tests/support/job_testing.h"

namespace headcount::test {
namespace {

constexpr int64_t kStart = 1468244400;
const CountingRule kRule{10, 5, 5};
const Arguments kStreaming = {"--workers", "2", "--window", "10s", "--idle-timeout", "1h"};

class JobResets : public testing::Test {
 protected:
  // kafka-consumer-groups.sh, from the jars of the broker that runs here.
  Finished Tool(const Arguments& words) const {
    const std::string script = HEADCOUNT_SOURCE_DIR "/scripts/kafka.sh";
    Arguments all = {script, "tool", "ConsumerGroupCommand", "--bootstrap-server", broker_.bootstrap_server()};
    all.insert(all.end(), words.begin(), words.end());
    return RunToEnd("bash", all);
  }
  // The tool's own way to say no is a line that begins with Error, or that a group is active.
  void ResetOffsets(const Job& job, const Arguments& to) const {
    Arguments words = {"--group", job.group(), "--topic", job.input(), "--reset-offsets", "--execute"};
    words.insert(words.end(), to.begin(), to.end());
    const Finished reset = Tool(words);
    ASSERT_EQ(Describe(reset.status), "exit 0") << reset.err;
    ASSERT_EQ((reset.out + reset.err).find("Error"), std::string::npos) << reset.out << reset.err;
    for (const CommittedOffset& point : job.Committed()) ASSERT_EQ(point.metadata, "") << "the tool has done nothing";
  }
  // Types what the message says to type: from the name of the tool to --execute.
  void TypeWhatItSays(const std::string& message) const {
    const std::string begin = "kafka-consumer-groups.sh --bootstrap-server ... ";
    const std::string end = "--execute";
    const size_t from = message.find(begin);
    ASSERT_NE(from, std::string::npos) << message;
    const size_t to = message.find(end, from);
    ASSERT_NE(to, std::string::npos) << message;
    std::istringstream text(message.substr(from + begin.size(), to + end.size() - from - begin.size()));
    Arguments words;
    for (std::string word; text >> word;) words.push_back(word);
    const Finished typed = Tool(words);
    EXPECT_EQ(Describe(typed.status), "exit 0") << typed.out << typed.err;
    EXPECT_EQ((typed.out + typed.err).find("Error"), std::string::npos) << typed.out << typed.err;
  }
  static void ProduceMinutes(Job* job, int64_t first, int64_t end) {
    job->Produce(0, Seconds(kStart + first * 60, kStart + end * 60, 2, "a"));
    job->Produce(1, Seconds(kStart + first * 60, kStart + end * 60, 3, "b"));
  }
  static bool Says(Job* job, const std::string& words) {
    return Eventually([&] { return job->process().Err().find(words) != std::string::npos; });
  }

  const TestBroker broker_ = TestBroker::FromEnvironment();
};

// --- While it is down -----------------------------------------------------------------------------------------

TEST_F(JobResets, WithKafkasOwnToolAreHonouredAndNoMinuteIsPublishedAgain) {
  Job job(broker_, 2);
  ProduceMinutes(&job, 0, 4);
  job.RunUntilEnd();
  ResetOffsets(job, {"--to-earliest"});
  ProduceMinutes(&job, 4, 6);
  job.RunUntilEnd();
  EXPECT_EQ(job.Published(), RightRecords(job.logs()));

  // Into the middle of a minute that is out; the later ones are whole.
  ResetOffsets(job, {"--to-offset", "530"});
  ProduceMinutes(&job, 6, 8);
  job.RunUntilEnd();
  EXPECT_EQ(job.Published(), RightRecords(job.logs()));

  // Back by some records, with nothing new behind them.
  ResetOffsets(job, {"--shift-by", "-200"});
  EXPECT_EQ(job.Committed()[0].offset, 8 * 120 - 200);
  job.RunUntilEnd();
  EXPECT_EQ(job.Published(), RightRecords(job.logs()));
}

TEST_F(JobResets, OffsetsThatAreGoneAreRefusedAndWhatItSaysToTypeWorks) {
  Job job(broker_, 2);
  ProduceMinutes(&job, 0, 3);
  job.RunUntilEnd();
  const std::vector<std::string> before = job.Published();
  const std::vector<Arguments> ways = {{"--delete-offsets", "--group", job.group(), "--topic", job.input()},
                                       {"--delete", "--group", job.group()}};
  int64_t minutes = 3;
  for (const Arguments& way : ways) {
    const Finished gone = Tool(way);
    ASSERT_EQ(Describe(gone.status), "exit 0") << gone.out << gone.err;
    for (const CommittedOffset& point : job.Committed()) ASSERT_FALSE(point.offset) << gone.out << gone.err;
    const Finished refused = job.Run({"--until-end"});
    EXPECT_EQ(Describe(refused.status), "exit 78");
    EXPECT_NE(refused.err.find("no committed offsets, though " + job.output() + " holds minutes"), std::string::npos)
        << refused.err;
    EXPECT_EQ(job.Published().size(), static_cast<size_t>(minutes));

    TypeWhatItSays(refused.err);
    ProduceMinutes(&job, minutes, minutes + 1);
    ++minutes;
    job.RunUntilEnd();
    EXPECT_EQ(job.Published(), RightRecords(job.logs()));
  }
}

TEST_F(JobResets, WhatIsSaidToTypeAfterOneOffsetWasSetWorksToo) {
  Job job(broker_, 2);
  ProduceMinutes(&job, 0, 3);
  job.RunUntilEnd();
  broker_.CommitPlain(job.group(), job.input(), 0, 7);  // a stranger's
  const Finished refused = job.Run({"--until-end"});
  EXPECT_EQ(Describe(refused.status), "exit 78");
  TypeWhatItSays(refused.err);
  ProduceMinutes(&job, 3, 4);
  job.RunUntilEnd();
  EXPECT_EQ(job.Published(), RightRecords(job.logs()));
}

// The log is shorter than what was committed: whatever made it so, what lies between is gone.
TEST_F(JobResets, OffsetsBeyondTheEndAreRefusedAlsoWhereAllIsReadUpToTheEnd) {
  Job job(broker_, 1, {"--workers", "1"});
  job.Produce(0, Seconds(kStart, kStart + 60, 3, "a"));
  broker_.CommitPlain(job.group(), job.input(), 0, 1'000);
  for (const Arguments& way : {Arguments{}, {"--until-end"}, {"--until-end", "--leave-open"}}) {
    const Finished refused = job.Run(way);
    EXPECT_EQ(Describe(refused.status), "exit 78");
    for (const std::string& word : {std::string("180"), std::string("1000"), job.input()}) {
      EXPECT_NE(refused.err.find(word), std::string::npos) << "no " << word << " in: " << refused.err;
    }
  }
  EXPECT_TRUE(job.Published().empty());
}

// --- While it runs --------------------------------------------------------------------------------------------

TEST_F(JobResets, AStrangersCommitIsNoticedAndSetRightWhileItRuns) {
  Job job(broker_, 2, kStreaming);
  job.Produce(0, Seconds(kStart, kStart + 38, 3, "a"));
  job.Produce(1, Seconds(kStart, kStart + 38, 3, "b"));
  job.Start();
  ASSERT_TRUE(job.Publishes(3));
  const std::vector<CommittedOffset> before = job.Committed();
  // As a consumer that has taken our group for its own: every partition, at its end. At the next start this would
  // pass for offsets set by hand, and the frames of the open windows would be missing.
  for (int32_t p = 0; p < 2; ++p) broker_.CommitPlain(job.group(), job.input(), p, 114);
  ASSERT_TRUE(Says(
      &job, "somebody else has committed offset 114 of partition 0 of " + job.input() + " under group " + job.group()));
  ASSERT_TRUE(Eventually([&] {
    const std::vector<CommittedOffset> now = job.Committed();
    return std::all_of(now.begin(), now.end(), [&](const CommittedOffset& point) {
      return point.offset == before[static_cast<size_t>(point.partition)].offset && !point.metadata.empty();
    });
  }));
  job.Kill();
  job.Produce(0, Seconds(kStart + 38, kStart + 60, 3, "a"));
  job.Produce(1, Seconds(kStart + 38, kStart + 60, 3, "b"));
  job.ExpectExactInTheEnd(kRule);
}

TEST_F(JobResets, TheNextMinuteSetsAStrangersCommitRightToo) {
  Job job(broker_, 1, kStreaming);
  job.Produce(0, Seconds(kStart, kStart + 38, 3, "a"));
  job.Start();
  ASSERT_TRUE(job.Publishes(3));
  broker_.CommitPlain(job.group(), job.input(), 0, 5);
  job.Produce(0, Seconds(kStart + 38, kStart + 48, 3, "a"));
  ASSERT_TRUE(job.Publishes(4));
  EXPECT_EQ(job.Committed()[0].offset, 120);
  job.Kill();
  job.ExpectExactInTheEnd(kRule);
}

TEST_F(JobResets, OffsetsThatAreDeletedByHandWhileItRunsAreSetRightWhereTheTopicIsTheSame) {
  Job job(broker_, 2, kStreaming);
  job.Produce(0, Seconds(kStart, kStart + 38, 3, "a"));
  job.Produce(1, Seconds(kStart, kStart + 38, 3, "b"));
  job.Start();
  ASSERT_TRUE(job.Publishes(3));
  const Finished gone = Tool({"--delete-offsets", "--group", job.group(), "--topic", job.input()});
  ASSERT_EQ(Describe(gone.status), "exit 0") << gone.out << gone.err;
  ASSERT_TRUE(Says(&job, "the committed offsets of group " + job.group() + " are gone, though " + job.input() +
                             " is the topic that is read"));
  ASSERT_TRUE(Eventually([&] { return job.Committed()[0].offset && job.Committed()[1].offset; }));
  EXPECT_EQ(job.process().Err().find("somebody else"), std::string::npos);
  job.Kill();
  job.Produce(0, Seconds(kStart + 38, kStart + 60, 3, "a"));
  job.Produce(1, Seconds(kStart + 38, kStart + 60, 3, "b"));
  job.ExpectExactInTheEnd(kRule);
}

// --- A topic that is deleted and made anew while it runs --------------------------------------------------------

class JobTopicMadeAnew : public JobResets {
 protected:
  // Three windows of ten seconds are out, the fourth is open.
  void Begin(Job* job, const Arguments& more = {}) {
    for (size_t p = 0; p < job->logs().size(); ++p) {
      job->Produce(static_cast<int32_t>(p), Seconds(kStart, kStart + 38, 3, "old" + std::to_string(p)));
    }
    job->Start(more);
    ASSERT_TRUE(job->Publishes(3));
    const auto all = static_cast<int64_t>(job->logs().size() * job->logs()[0].size());
    ASSERT_TRUE(job->Shows([all](const JobStatus& s) { return s.Reached() == all; }));
  }
  // Everything that the new one holds goes to its first partition, and closes windows at once.
  void MakeAnew(const Job& job, int32_t partitions, const OracleLog& log) {
    broker_.DeleteTopic(job.input());
    broker_.CreateTopic(job.input(), partitions);
    broker_.Produce(job.input(), 0, log);
  }
  static std::vector<std::string> Both(std::vector<std::string> before, const OracleLog& later) {
    const std::vector<std::string> right = RightRecords({later}, kRule);
    before.insert(before.end(), right.begin(), right.end());
    return before;
  }
  static void ExpectSaid(Job* job, const std::vector<std::string>& parts) {
    for (const std::string& part : parts) {
      EXPECT_NE(job->process().Err().find(part), std::string::npos) << "no " << part << " in: " << job->process().Err();
    }
  }

  // Longer than what was read of the old one: the reader's next offset is there, with another record.
  const OracleLog longer_ = Seconds(kStart + 40, kStart + 100, 3, "new");
  const OracleLog shorter_ = Seconds(kStart + 40, kStart + 72, 2, "new");
};

TEST_F(JobTopicMadeAnew, AndFilledPastTheOldOffsetEndsTheJobBeforeItPublishesAndWhatItSaysToTypeWorks) {
  Job job(broker_, 1, kStreaming);
  Begin(&job);
  const std::vector<std::string> before = job.Published();
  MakeAnew(job, 1, longer_);
  EXPECT_EQ(Describe(job.Wait().value_or(ExitStatus{})), "exit 78");
  // The worker says so where it asks while the new one is still empty, else the writer.
  ExpectSaid(&job, {"topic " + job.input(), "made anew", "--on-lost-input=continue"});
  EXPECT_EQ(job.process().Err().find("somebody else"), std::string::npos) << job.process().Err();
  EXPECT_EQ(job.Published(), before);
  EXPECT_FALSE(job.Committed()[0].offset) << "the old offset would hide it from the next start";
  const Finished refused = job.Run({"--until-end"});
  EXPECT_EQ(Describe(refused.status), "exit 78");
  TypeWhatItSays(job.process().Err());
  job.RunUntilEnd();
  EXPECT_EQ(job.Published(), Both(before, longer_));
}

struct Anew {
  const char* name;
  int32_t partitions_before;
  int32_t partitions;
  bool is_longer;
};

class JobTopicMadeAnewAsItMayBe : public JobTopicMadeAnew, public testing::WithParamInterface<Anew> {};

TEST_P(JobTopicMadeAnewAsItMayBe, GoesOnFromItsBeginningIfThatIsAskedForAndSaysWhatIsLost) {
  const Anew& anew = GetParam();
  Job job(broker_, anew.partitions_before, kStreaming);
  Begin(&job, {"--on-lost-input=continue"});
  const std::vector<std::string> before = job.Published();
  const OracleLog& log = anew.is_longer ? longer_ : shorter_;
  MakeAnew(job, anew.partitions, log);
  ASSERT_TRUE(Says(&job, "going on from its beginning")) << job.process().Err();
  ASSERT_TRUE(job.Shows([](const JobStatus& s) { return s.Number("writer.generation") == 2 && s.ClosedUpto() > 0; }))
      << ReadFile(job.status_file());
  // The frames of the fourth window, of each partition. Some of a longer topic may have been read before it was
  // noticed.
  const int64_t lost = anew.partitions_before * 3 * 8;
  const int64_t said = job.Status()->Number("totals.lost");
  EXPECT_TRUE(anew.is_longer ? said >= lost : said == lost) << said << " instead of " << lost;
  EXPECT_EQ(Describe(*job.Drain()), "exit 0");
  job.RunUntilEnd();
  EXPECT_EQ(job.Published(), Both(before, log));
}

INSTANTIATE_TEST_SUITE_P(Of, JobTopicMadeAnewAsItMayBe,
                         testing::Values(Anew{"Longer", 1, 1, true}, Anew{"Shorter", 1, 1, false},
                                         Anew{"WithFewerPartitions", 3, 1, true},
                                         Anew{"WithMorePartitions", 1, 3, true}, Anew{"ShorterOfSeveral", 2, 2, false}),
                         [](const auto& param) { return std::string(param.param.name); });

// The record before the place where it began is all it can know the topic by.
TEST_F(JobTopicMadeAnew, IsNoticedByALifeThatHasReadNothing) {
  Job job(broker_, 1, kStreaming);
  job.Produce(0, Seconds(kStart, kStart + 36, 3, "old"));
  job.RunUntilEnd();
  const std::vector<std::string> before = job.Published();
  ASSERT_EQ(before.size(), 4U);
  job.Start();
  ASSERT_TRUE(
      job.Shows([](const JobStatus& s) { return s.Partition(0, "position") == 3 * 36 && s.Partition(0, "lag") == 0; }));
  MakeAnew(job, 1, longer_);
  EXPECT_EQ(Describe(job.Wait().value_or(ExitStatus{})), "exit 78");
  ExpectSaid(&job, {job.input(), "made anew"});
  EXPECT_EQ(job.Published(), before);
}

// As who makes it anew does: the job is told to stop meanwhile, and what it commits last must not hide it.
TEST_F(JobTopicMadeAnew, IsNoticedByADrainToo) {
  Job job(broker_, 1, kStreaming);
  Begin(&job);
  job.Produce(0, Seconds(kStart + 38, kStart + 39, 3, "old0"));
  ASSERT_TRUE(job.Shows([](const JobStatus& s) { return s.Reached() == 3 * 39; }));
  kill(job.process().pid(), SIGSTOP);
  for (const pid_t pid : ChildrenOf(job.process().pid())) kill(pid, SIGSTOP);
  MakeAnew(job, 1, longer_);
  job.process().Signal(SIGTERM);
  for (const pid_t pid : ChildrenOf(job.process().pid())) kill(pid, SIGCONT);
  kill(job.process().pid(), SIGCONT);
  EXPECT_EQ(Describe(job.Wait().value_or(ExitStatus{})), "exit 78");
  EXPECT_FALSE(job.Committed()[0].offset) << "the old offset would hide it from the next start";
}

// --- The output topic -------------------------------------------------------------------------------------------

TEST_F(JobResets, AnOutputTopicThatIsDeletedWhileItRunsIsNamed) {
  Job job(broker_, 1, kStreaming);
  job.Produce(0, Seconds(kStart, kStart + 20, 3, "a"));
  job.Start();
  ASSERT_TRUE(job.Publishes(1));
  broker_.DeleteTopic(job.output());
  EXPECT_EQ(Describe(job.Wait().value_or(ExitStatus{})), "exit 78");
  EXPECT_NE(job.process().Err().find("there is no topic " + job.output()), std::string::npos);
  EXPECT_NE(job.process().Err().find("kafka-topics.sh --bootstrap-server " + broker_.bootstrap_server() +
                                     " --create --topic " + job.output() + " --partitions 1"),
            std::string::npos)
      << job.process().Err();
  // Also at the next start, and nothing has made it again.
  job.Produce(0, Seconds(kStart + 20, kStart + 60, 3, "a"));
  const Finished refused = job.Run();
  EXPECT_EQ(Describe(refused.status), "exit 78");
  EXPECT_NE(refused.err.find("there is no topic " + job.output()), std::string::npos) << refused.err;
  EXPECT_EQ(broker_.PartitionCount(job.output()), 0);
  broker_.CreateTopic(job.output(), 2);
  job.RunUntilEnd();
  const std::vector<std::string> right = RightRecords(job.logs(), kRule);
  // The first went with the topic, and is final: it is not published again.
  EXPECT_EQ(job.Published(), std::vector<std::string>(right.begin() + 1, right.end()));
}

}  // namespace
}  // namespace headcount::test
