// A job that is started again with another --allowed-lateness, --max-jump, --time-field or --id-field: what is
// published stays, what is not is counted by the new ones, and no record is counted twice or not at all; or it is
// refused.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>

#include "common/judge/commit_metadata.h"
#include "tests/support/job_testing.h"
#include "tests/unit/version_1_texts.h"

namespace headcount::test {
namespace {

constexpr int64_t kStart = 1468244400;
const CountingRule kRule{10, 5, 5};

class JobChanges : public testing::Test {
 protected:
  // How the job stood when it was started again, and with which lateness and jump.
  struct Restart {
    std::vector<CommitMetadata> points;  // by partition
    int64_t lateness_s;
    int64_t max_jump_s;
  };

  static std::vector<CommitMetadata> CommittedOf(const Job& job) {
    std::vector<CommitMetadata> points;
    for (const CommittedOffset& committed : job.Committed()) {
      const Result<CommitMetadata> read = ParseCommitMetadata(committed.metadata);
      EXPECT_TRUE(read.ok()) << committed.metadata;
      if (read.ok()) points.push_back(*read);
    }
    return points;
  }
  // Of logs that were read to their ends, where the partitions were never excused before.
  static OracleCounts Right(const std::vector<OracleLog>& logs, const CountingRule& first,
                            const std::vector<Restart>& restarts) {
    std::vector<OraclePartition> partitions;
    std::vector<const OraclePartition*> pointers;
    partitions.reserve(logs.size());
    for (size_t p = 0; p < logs.size(); ++p) {
      OraclePartition& oracle = partitions.emplace_back(first);
      auto restart = restarts.begin();
      for (size_t offset = 0; offset <= logs[p].size(); ++offset) {
        for (;
             restart != restarts.end() && restart->points[p].safe.state.offset.value() == static_cast<int64_t>(offset);
             ++restart) {
          std::optional<int64_t> published_frontier;
          const WindowStart closed_frontier = restart->points[p].header.closed_frontier;
          if (closed_frontier.is_set()) published_frontier = closed_frontier.seconds();
          oracle.StartAgain(published_frontier, restart->lateness_s, restart->max_jump_s);
        }
        if (offset < logs[p].size()) oracle.Record(logs[p][offset]);
      }
      oracle.End(NowS());
      pointers.push_back(&oracle);
    }
    return OracleUnion(pointers);
  }
  static int64_t VerdictsOf(const std::vector<std::string>& records) {
    int64_t all = 0;
    for (const std::string& record : records) {
      for (const char* field : {"events", "late", "invalid", "future"}) all += FieldOf(record, field);
    }
    return all;
  }
  static int64_t RecordsOfAll(const Job& job) {
    size_t all = 0;
    for (const OracleLog& log : job.logs()) all += log.size();
    return static_cast<int64_t>(all);
  }
  static bool HasRead(const Job& job) {
    return job.Shows([all = RecordsOfAll(job)](const JobStatus& s) { return s.Reached() == all; });
  }
  static void ProduceBoth(Job* job, const OracleLog& frames) {
    for (const int32_t p : {0, 1}) job->Produce(p, frames);
  }
  static OracleLog SecondsFrom(int64_t from, int64_t to) { return Seconds(kStart + from, kStart + to, 3, "a"); }

  const TestBroker broker_ = TestBroker::FromEnvironment();
};

const Arguments kStreaming = {"--workers", "2", "--window", "10s", "--idle-timeout", "1h"};

// Frames of minutes that are published are late, though the new lateness would wait for them; later minutes wait
// longer.
TEST_F(JobChanges, MoreLatenessAtARestartIsThatOfTheMinutesThatAreNotPublished) {
  Job job(broker_, 2, kStreaming);
  ProduceBoth(&job, SecondsFrom(0, 40));
  job.Start();
  ASSERT_TRUE(HasRead(job));
  ASSERT_TRUE(job.Publishes(3));
  EXPECT_EQ(Describe(*job.Drain()), "exit 0");
  const Restart restart{CommittedOf(job), 30, 5};

  ProduceBoth(&job, {Frame(kStart + 5, "published"), Frame(kStart + 29, "published")});
  ProduceBoth(&job, SecondsFrom(40, 70));
  ProduceBoth(&job, {Frame(kStart + 35, "waited for")});
  job.Start({"--allowed-lateness", "30s"});
  ASSERT_TRUE(HasRead(job));
  EXPECT_EQ(Describe(*job.Drain()), "exit 0");
  const std::string says =
      "--allowed-lateness 30s --max-jump 5s now, where the last start had --allowed-lateness 5s --max-jump 5s: "
      "from minute 2016-07-11T13:40:30Z on";
  EXPECT_NE(job.process().Err().find(says), std::string::npos) << job.process().Err();

  const Finished end = job.Run({"--until-end", "--allowed-lateness", "30s"});
  EXPECT_EQ(Describe(end.status), "exit 0");
  EXPECT_EQ(end.err.find("where the last start had"), std::string::npos) << end.err;
  const OracleCounts right = Right(job.logs(), kRule, {restart});
  EXPECT_EQ(job.Published(), RecordsOf(right, kRule));
  EXPECT_EQ(VerdictsOf(job.Published()), RecordsOfAll(job));
  EXPECT_EQ(right.totals.late, 4U);
}

// A frame that a published minute has, read again since an open one stands before it, must be found there again.
TEST_F(JobChanges, LessLatenessAtARestartIsThatOfTheMinutesThatAreNotPublished) {
  Job job(broker_, 2, kStreaming);
  ProduceBoth(&job, SecondsFrom(0, 50));
  ProduceBoth(&job, {Frame(kStart + 25, "counted by 30 s"), Frame(kStart + 31, "counted by 30 s")});
  ProduceBoth(&job, SecondsFrom(50, 70));
  job.Start({"--allowed-lateness", "30s"});
  ASSERT_TRUE(HasRead(job));
  ASSERT_TRUE(job.Publishes(3));
  EXPECT_EQ(Describe(*job.Drain()), "exit 0");
  const Restart restart{CommittedOf(job), 2, 1};
  ASSERT_EQ(restart.points[0].header.closed_frontier, WindowStart(kStart + 30));

  ProduceBoth(&job, {Frame(kStart + 31, "late by 2 s")});
  ProduceBoth(&job, SecondsFrom(70, 80));
  job.RunUntilEnd({"--allowed-lateness", "2s", "--max-jump", "1s"});
  const OracleCounts right = Right(job.logs(), {10, 30, 5}, {restart});
  EXPECT_EQ(job.Published(), RecordsOf(right, kRule));
  EXPECT_EQ(VerdictsOf(job.Published()), RecordsOfAll(job));
  EXPECT_EQ(right.totals.late, 2U);
}

TEST_F(JobChanges, AnotherLatenessAndJumpAtEveryStartOverAGrowingHostileTopicPublishesEveryRecordOnce) {
  Job job(broker_, 3, {"--workers", "2"});
  const std::vector<OracleLog> logs = HostileLogs(22, 12'000, 3, 12);
  constexpr std::pair<int64_t, int64_t> kRules[] = {{5, 5}, {90, 5}, {90, 60}, {0, 0}, {30, 7}, {5, 2}};
  constexpr size_t kRuns = std::size(kRules);
  std::vector<Restart> restarts;
  for (size_t run = 0; run < kRuns; ++run) {
    for (size_t p = 0; p < logs.size(); ++p) {
      const auto at = [&](size_t r) {
        return logs[p].begin() + static_cast<std::ptrdiff_t>(logs[p].size() * r / kRuns);
      };
      job.Produce(static_cast<int32_t>(p), OracleLog(at(run), at(run + 1)));
    }
    const auto [lateness_s, max_jump_s] = kRules[run];
    if (run > 0) restarts.push_back({CommittedOf(job), lateness_s, max_jump_s});
    const Arguments words = {"--allowed-lateness", std::to_string(lateness_s) + "s", "--max-jump",
                             std::to_string(max_jump_s) + "s"};
    // The second with a death in it: the claim is made, and all begin again behind it.
    if (run == 1) {
      job.Start(words);
      ASSERT_TRUE(job.Shows([](const JobStatus& s) { return s.Number("totals.records") > 0; }));
      job.Kill();
    }
    Arguments all = words;
    if (run + 1 < kRuns) all.push_back("--leave-open");
    job.RunUntilEnd(all);
  }
  const OracleCounts right = Right(logs, {}, restarts);
  EXPECT_EQ(job.Published(), RecordsOf(right));
  EXPECT_EQ(VerdictsOf(job.Published()), RecordsOfAll(job));
}

// --- Fields ---------------------------------------------------------------------------------------------------

TEST_F(JobChanges, OtherFieldsAreRefusedWhereFramesOfPublishedMinutesWouldBeReadAgain) {
  Job job(broker_, 2, kStreaming);
  ProduceBoth(&job, SecondsFrom(0, 40));
  job.Start();
  ASSERT_TRUE(HasRead(job));
  ASSERT_TRUE(job.Publishes(3));
  EXPECT_EQ(Describe(*job.Drain()), "exit 0");
  const std::vector<CommittedOffset> before = job.Committed();
  for (const Arguments& other : {Arguments{"--id-field", "user"}, Arguments{"--time-field", "time"}}) {
    const Finished refused = job.Run(other);
    EXPECT_EQ(Describe(refused.status), "exit 78");
    for (const std::string& word : {std::string("another --time-field or --id-field"), job.group(),
                                    std::string("--until-end"), std::string("--output-topic")}) {
      EXPECT_NE(refused.err.find(word), std::string::npos) << "no \"" << word << "\" in: " << refused.err;
    }
    EXPECT_EQ(job.Committed()[0].metadata, before[0].metadata);
  }
  ProduceBoth(&job, SecondsFrom(40, 60));
  job.RunUntilEnd();
  EXPECT_EQ(job.Published(), RightRecords(job.logs(), kRule));
}

TEST_F(JobChanges, OtherFieldsAreTakenAndNamedWhereNoFrameIsReadAgain) {
  Job job(broker_, 2, kStreaming);
  ProduceBoth(&job, SecondsFrom(0, 40));
  job.RunUntilEnd();
  std::vector<std::string> right = RightRecords(job.logs(), kRule);
  EXPECT_EQ(job.Published(), right);
  for (const int32_t p : {0, 1}) {
    KafkaValues renamed;
    for (int64_t ts = kStart + 40; ts < kStart + 60; ++ts) {
      renamed.push_back(R"({"time":)" + std::to_string(ts) + R"(,"ts":1,"uid":"u","user":)" + std::to_string(ts % 7) +
                        "}");
    }
    job.Produce(p, renamed);
  }
  const Arguments others = {"--until-end", "--id-field", "user", "--time-field", "time"};
  const Finished taken = job.Run(others);
  EXPECT_EQ(Describe(taken.status), "exit 0");
  EXPECT_NE(taken.err.find("--time-field time --id-field user now, where the last start had others: from minute "
                           "2016-07-11T13:40:40Z on"),
            std::string::npos)
      << taken.err;
  std::vector<OracleLog> meant(2);
  for (int64_t ts = kStart + 40; ts < kStart + 60; ++ts) {
    for (OracleLog& log : meant) log.push_back(Frame(ts, std::to_string(ts % 7)));
  }
  for (const std::string& record : RightRecords(meant, kRule)) right.push_back(record);
  EXPECT_EQ(job.Published(), right);
  EXPECT_EQ(job.Run(others).err.find("where the last start had"), std::string::npos) << "it is named once";
}

// --- What an older headcount left --------------------------------------------------------------------------------

TEST_F(JobChanges, GoesOnFromWhatVersion1HasCommitted) {
  Job job(broker_, 2);
  // The log that those texts were committed over; a host of one in nine is an hour ahead.
  OracleLog mixed;
  for (int64_t k = 0; k < 1190; ++k) {
    const int64_t ts = kStart + k / 4;
    mixed.push_back(k % 9 == 0 ? Frame(ts + 3600, "w" + std::to_string(k)) : Frame(ts, "u" + std::to_string(k % 91)));
  }
  OracleLog plain;
  for (int64_t k = 0; k < 1190; ++k) plain.push_back(Frame(kStart + k / 4, "v" + std::to_string(k % 70)));
  job.Produce(0, mixed);
  job.Produce(1, plain);
  std::vector<const Version1Text*> left;
  for (const Version1Text& old : kVersion1Texts) {
    if (old.offset == 960) left.push_back(&old);
  }
  ASSERT_EQ(left.size(), 2U);
  for (const int32_t p : {0, 1}) {
    const Version1Text& old = *left[static_cast<size_t>(p)];
    broker_.CommitPlain(job.group(), job.input(), p, old.offset, std::string(old.text));
  }
  const Finished end = job.Run({"--until-end"});
  EXPECT_EQ(Describe(end.status), "exit 0") << end.err;
  EXPECT_EQ(end.err.find("where the last start had"), std::string::npos) << end.err;
  const int64_t closed_frontier = ParseCommitMetadata(left[0]->text)->header.closed_frontier.seconds();
  std::vector<std::string> right = RightRecords(job.logs());
  right.erase(
      std::remove_if(right.begin(), right.end(),
                     [closed_frontier](const std::string& record) { return WindowOf(record) < closed_frontier; }),
      right.end());
  EXPECT_EQ(job.Published(), right);
  EXPECT_FALSE(right.empty());
  EXPECT_EQ(job.Committed()[0].metadata.substr(0, 2), "2;");
}

}  // namespace
}  // namespace headcount::test
