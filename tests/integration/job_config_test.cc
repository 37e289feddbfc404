// A configuration against a real broker: what --check-config --ready finds, and that it leaves no trace; and a job
// whose options come from a file and the environment alone.
#include <gtest/gtest.h>

#include "tests/support/job_testing.h"

namespace headcount::test {
namespace {

constexpr int64_t kStart = 1468244400;
const CountingRule kRule{10, 5, 5};

std::string Program() { return std::string(HEADCOUNT_BINARY_DIR) + "/headcount"; }

Finished Checked(const Job& job, const Arguments& more = {}) {
  Arguments words = {"run", "--check-config", "--ready"};
  const Arguments given = job.Words(more);
  words.insert(words.end(), given.begin(), given.end());
  return RunToEnd(Program(), words);
}

// The broker's word for a group that it does not know is "Dead".
std::string StateOf(const TestBroker& broker, const std::string& group) {
  const KafkaHandle handle = MakeHandle(RD_KAFKA_CONSUMER, broker.ConfigWith({}));
  const rd_kafka_group_list* list = nullptr;
  const rd_kafka_resp_err_t code = rd_kafka_list_groups(handle.get(), group.c_str(), &list, 10'000);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return rd_kafka_err2name(code);
  std::string state = list->group_cnt == 0 ? "Dead" : list->groups[0].state;
  rd_kafka_group_list_destroy(list);
  return state;
}

class JobConfig : public testing::Test {
 protected:
  static void ExpectEnd(const Finished& finished, int code, const std::vector<std::string>& parts) {
    EXPECT_EQ(Describe(finished.status), "exit " + std::to_string(code)) << finished.err;
    for (const std::string& part : parts) {
      EXPECT_NE(finished.err.find(part), std::string::npos) << "no \"" << part << "\" in: " << finished.err;
    }
  }

  const TestBroker broker_ = TestBroker::FromEnvironment();
};

TEST_F(JobConfig, ACheckOfWhatIsReadySaysOkAndLeavesNoTrace) {
  Job job(broker_, 2);
  job.Produce(0, Seconds(kStart, kStart + 30, 1, "a"));
  const Finished checked = Checked(job);
  EXPECT_EQ(Describe(checked.status), "exit 0") << checked.err;
  EXPECT_EQ(checked.out, "ok\n");
  EXPECT_EQ(StateOf(broker_, job.group()), "Dead");
  EXPECT_TRUE(job.Published().empty());
  EXPECT_FALSE(job.Status().has_value());
}

TEST_F(JobConfig, ACheckNamesTheTopicThatIsMissing) {
  Job job(broker_, 1);
  const std::string none = TestBroker::UniqueName("none");
  Arguments words = {"run", "--check-config", "--ready", "-b", broker_.bootstrap_server()};
  const auto check = [&](const std::string& input, const std::string& output) {
    Arguments all = words;
    all.insert(all.end(), {"--input-topic", input, "--output-topic", output});
    return RunToEnd(Program(), all);
  };
  ExpectEnd(check(none, job.output()), 78, {"there is no topic " + none});
  ExpectEnd(check(job.input(), none), 78, {"there is no topic " + none});
  EXPECT_EQ(broker_.PartitionCount(none), 0) << "the question has made the topic";
}

// Nobody listens on port 1.
TEST_F(JobConfig, ACheckSaysWhenTheBrokerCannotBeReached) {
  ExpectEnd(RunToEnd(Program(), {"run", "--check-config", "--ready", "-b", "localhost:1"}), 69, {"localhost:1"});
}

TEST_F(JobConfig, ACheckBesideARunningJobOfTheSameGroupDisturbsNothing) {
  Job job(broker_, 1, {"--window", "10s", "--idle-timeout", "1h"});
  job.Produce(0, Seconds(kStart, kStart + 30, 2, "a"));
  job.Start();
  ASSERT_TRUE(job.HasClosed(kStart + 10));
  ExpectEnd(Checked(job), 0, {});
  job.Produce(0, Seconds(kStart + 30, kStart + 60, 2, "b"));
  ASSERT_TRUE(job.HasClosed(kStart + 40));
  EXPECT_EQ(job.Status()->Number("writer.generation"), 1);
  EXPECT_EQ(Describe(*job.Drain()), "exit 0");
  job.ExpectExactInTheEnd(kRule);
}

TEST_F(JobConfig, AJobRunsByAFileAndTheEnvironmentAlone) {
  Job job(broker_, 2);
  job.Produce(0, Seconds(kStart, kStart + 30, 2, "a"));
  job.Produce(1, Seconds(kStart, kStart + 30, 1, "b"));
  WriteFile(job.File("headcount.conf"), "# by hand\nbootstrap-server = " + broker_.bootstrap_server() +
                                            "\ninput-topic = " + job.input() + "\noutput-topic = wrong\n" +
                                            "window = 10s\nuntil-end = true\nX.linger.ms = 0\n");
  ChildOptions options;
  options.environment = {{"HEADCOUNT_CONFIG", job.File("headcount.conf")},
                         {"HEADCOUNT_OUTPUT_TOPIC", job.output()},
                         {"HEADCOUNT_GROUP", job.group()},
                         {"HEADCOUNT_X_CONSUMER_CHECK_CRCS", "false"},
                         {"HEADCOUNT_STATUS_FILE", job.status_file()}};
  const Finished run = RunToEnd(Program(), {"run"}, options);
  EXPECT_EQ(Describe(run.status), "exit 0") << run.err;
  EXPECT_EQ(job.Published().size(), 3U) << run.err;
  EXPECT_EQ(job.Status()->Text("state"), "done");
}

}  // namespace
}  // namespace headcount::test
