// Rights that are missing: each is named with its resource, at the start and in the middle of a life, and nothing is
// lost meanwhile.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "tests/support/secured_broker.h"

namespace headcount::test {
namespace {

constexpr int64_t kStart = 1468244400;
const CountingRule kRule{10, 5, 5};

bool EndsWith(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

class SecuredRights : public testing::TestWithParam<int> {
 protected:
  static void ProduceSeconds(Job* job, int64_t from, int64_t to) {
    job->Produce(0, Seconds(kStart + from, kStart + to, 2, "a"));
    job->Produce(1, Seconds(kStart + from, kStart + to, 3, "b"));
  }
  Arguments Words() const {
    Arguments words = broker_.ByPlain();
    for (const char* word : {"--window", "10s", "--idle-timeout", "1h", "--workers", "2"}) words.emplace_back(word);
    return words;
  }
  static void ExpectNamed(const std::string& printed, const Acl& right) {
    const std::string named = " on " + right.resource + " " + right.name + " is missing";
    const size_t at = printed.find(named);
    ASSERT_NE(at, std::string::npos) << "no \"" << right.Text() << "\" in: " << printed;
    // Who may do nothing with the output is told both: a reset needs to read it.
    const std::string before = printed.substr(0, at);
    EXPECT_TRUE(EndsWith(before, "ACL " + right.operation) || EndsWith(before, "ACL Read and " + right.operation))
        << printed;
    EXPECT_NE(printed.find("--operation " + right.operation), std::string::npos) << printed;
  }

  const SecuredBroker broker_ = SecuredBroker::FromEnvironment();
};

using SecuredStart = SecuredRights;
INSTANTIATE_TEST_SUITE_P(WithoutEachRight, SecuredStart, testing::Range(0, 4));

TEST_P(SecuredStart, NamesTheOneRightThatIsMissingAndCountsOnceItIsThere) {
  Job job(broker_.admin(), 2, Words());
  job.UseAddress(broker_.Address("PASSWORD"));
  std::vector<Acl> rights = RightsOfRun(job);
  const Acl missing = rights.at(static_cast<size_t>(GetParam()));
  SCOPED_TRACE(missing.Text());
  rights.erase(rights.begin() + GetParam());
  broker_.Allow(rights);
  ProduceSeconds(&job, 0, 40);

  const Finished refused = job.Run({"--until-end"});
  EXPECT_EQ(Describe(refused.status), "exit 78");
  ExpectNamed(refused.err, missing);
  EXPECT_TRUE(job.Published().empty());

  broker_.Allow({missing});
  job.ExpectExactInTheEnd(kRule);
}

using SecuredLife = SecuredRights;
INSTANTIATE_TEST_SUITE_P(WithoutEachRight, SecuredLife, testing::Range(0, 4));

TEST_P(SecuredLife, EndsWhenARightIsTakenAwayAndLosesNothing) {
  Job job(broker_.admin(), 2, Words());
  job.UseAddress(broker_.Address("PASSWORD"));
  const std::vector<Acl> rights = RightsOfRun(job);
  const Acl& taken = rights.at(static_cast<size_t>(GetParam()));
  SCOPED_TRACE(taken.Text());
  broker_.Allow(rights);
  ProduceSeconds(&job, 0, 40);
  job.Start();
  ASSERT_TRUE(job.HasClosed(kStart + 30));

  broker_.Forbid(taken);
  ProduceSeconds(&job, 40, 80);
  const std::optional<ExitStatus> ended = job.Wait(std::chrono::seconds(30));
  ASSERT_TRUE(ended.has_value()) << "it still runs";
  EXPECT_EQ(Describe(*ended), "exit 78");
  ExpectNamed(job.process().Err(), taken);

  broker_.Allow({taken});
  job.ExpectExactInTheEnd(kRule);
}

// Where minutes are published already is looked for in the output itself.
TEST_F(SecuredRights, AStartAfterAResetNeedsToReadTheOutputAndSaysSo) {
  Job job(broker_.admin(), 2, Words());
  job.UseAddress(broker_.Address("PASSWORD"));
  broker_.Allow(RightsOfRun(job));
  ProduceSeconds(&job, 0, 40);
  job.RunUntilEnd();
  for (int32_t p = 0; p < 2; ++p) broker_.admin().CommitPlain(job.group(), job.input(), p, 0);
  ProduceSeconds(&job, 40, 80);

  const Finished refused = job.Run({"--until-end"});
  EXPECT_EQ(Describe(refused.status), "exit 78");
  ExpectNamed(refused.err, RightAfterAReset(job));

  broker_.Allow({RightAfterAReset(job)});
  job.ExpectExactInTheEnd(kRule);
}

// --- What config/README.md says to type -------------------------------------------------------------------------

// The words of its lines that begin with kafka-acls.sh, with our names for its own.
std::vector<Arguments> CommandsOfTheReadme(const Job& job, const std::string& bootstrap_server) {
  const std::map<std::string, std::string> ours = {
      {"HOST:PORT", bootstrap_server}, {"User:NAME", "User:counter"},
      {"user_events", job.input()},    {"event_metrics", job.output()},
      {"headcount", job.group()},      {"headcount-headcount", "headcount-" + job.group()}};
  std::vector<Arguments> commands;
  std::istringstream readme(ReadFile(HEADCOUNT_SOURCE_DIR "/config/README.md"));
  for (std::string line; std::getline(readme, line);) {
    std::istringstream text(line);
    std::string word;
    if (!(text >> word) || word != "kafka-acls.sh") continue;
    Arguments words = {HEADCOUNT_SOURCE_DIR "/scripts/kafka.sh", "tool", "AclCommand"};
    while (text >> word) words.push_back(ours.count(word) > 0 ? ours.at(word) : word);
    commands.push_back(std::move(words));
  }
  return commands;
}

TEST_F(SecuredRights, TheCommandsOfTheReadmeGiveExactlyTheRightsThatAreNeeded) {
  const Job job(broker_.admin(), 2, Words());
  const std::vector<Arguments> commands = CommandsOfTheReadme(job, broker_.admin().bootstrap_server());
  ASSERT_FALSE(commands.empty());
  for (const Arguments& command : commands) {
    const Finished typed = RunToEnd("bash", command);
    EXPECT_EQ(Describe(typed.status), "exit 0") << typed.out << typed.err;
  }
  std::vector<Acl> needed = RightsOfRun(job);
  needed.push_back(RightAfterAReset(job));
  std::sort(needed.begin(), needed.end());
  const std::vector<std::string> names = {job.input(), job.output(), job.group(), "headcount-" + job.group()};
  EXPECT_TRUE(Eventually([&] { return broker_.RightsOn(names) == needed; }));
}

// DescribeConfigs is none of the rights that a job needs: what a topic takes is found out by what it refuses.
TEST(SecuredSmallTopic, IsFilledWithoutTheRightToAskWhatItTakes) {
  const SecuredBroker broker = SecuredBroker::FromEnvironment();
  Arguments words = broker.ByPlain();
  for (const char* word : {"--window", "10s", "--workers", "1"}) words.emplace_back(word);
  Job job(broker.admin(), 1, words, {{"max.message.bytes", "400"}});
  job.UseAddress(broker.Address("PASSWORD"));
  broker.Allow(RightsOfRun(job));
  job.Produce(0, Seconds(kStart, kStart + 3'000, 1, "a"));
  const Finished done = job.Run({"--until-end"});
  EXPECT_EQ(Describe(done.status), "exit 0");
  EXPECT_NE(done.err.find("its max.message.bytes is not known"), std::string::npos) << done.err;
  EXPECT_EQ(job.Published(), RightRecords(job.logs(), kRule));
}

}  // namespace
}  // namespace headcount::test
