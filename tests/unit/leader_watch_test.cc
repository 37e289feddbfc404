// Whether a leader answers, read from texts of the shape that librdkafka gives its statistics.
#include "common/kafka/leader_watch.h"

#include <gtest/gtest.h>

namespace headcount::kafka {
namespace {

constexpr PartitionId kFirst{0};
constexpr PartitionId kSecond{1};

struct Connection {
  int id = 1;
  std::string state = "UP";
  int64_t rxidle_us = 5'000;
  int waiting = 1;
  int disconnects = 0;
};

// Partition 0 is led by `leader`, partition 1 by 2. There is the place for records without a partition, too.
std::string Statistics(const std::vector<Connection>& connections, int leader = 1, int read_from = -2) {
  std::string brokers;
  for (const Connection& c : connections) {
    const std::string id = std::to_string(c.id);
    brokers += (brokers.empty() ? "" : ",") + ("\"127.0.0.1:909" + id + "/" + id + "\":{\"nodeid\":" + id) +
               ",\"state\":\"" + c.state + "\",\"waitresp_cnt\":" + std::to_string(c.waiting) +
               ",\"rxidle\":" + std::to_string(c.rxidle_us) + ",\"disconnects\":" + std::to_string(c.disconnects) + "}";
  }
  const auto partition = [](int number, int leader_id, int broker_id) {
    const std::string n = std::to_string(number);
    return "\"" + n + "\":{\"partition\":" + n + ",\"broker\":" + std::to_string(broker_id) +
           ",\"leader\":" + std::to_string(leader_id) + "}";
  };
  return R"({"name":"rdkafka#consumer-1","brokers":{"bootstrap":{"nodeid":-1,"state":"INIT"},)" + brokers +
         R"(},"topics":{"events":{"topic":"events","partitions":{)" +
         partition(0, leader, read_from == -2 ? leader : read_from) + "," + partition(1, 2, 2) + "," +
         partition(-1, -1, -1) + "}}}}";
}

class LeaderWatchTest : public testing::Test {
 protected:
  void Look(const std::vector<Connection>& connections, int leader = 1, int read_from = -2) {
    watch_.Look(Statistics(connections, leader, read_from), "events");
  }
  // Both brokers are well; this is the first one.
  static std::vector<Connection> Well(Connection first = {}) { return {first, {2, "UP", 5'000, 1, 0}}; }
  bool Answers(PartitionId p = kFirst) const { return watch_.Of(p).answers; }
  uint64_t Losses(PartitionId p = kFirst) const { return watch_.Of(p).losses; }

  LeaderWatch watch_;
};

TEST_F(LeaderWatchTest, TakesALeaderItHasNotHeardOfForOneThatAnswers) {
  EXPECT_TRUE(Answers());
  EXPECT_EQ(Losses(), 0U);
  Look({{1, "CONNECT"}});
  EXPECT_TRUE(Answers()) << "the start gives its own time";
}

TEST_F(LeaderWatchTest, LosesNothingWhileTheLeaderAnswers) {
  for (int i = 0; i < 3; ++i) Look(Well());
  EXPECT_TRUE(Answers());
  EXPECT_EQ(Losses(), 0U);
}

TEST_F(LeaderWatchTest, LosesALeaderWhoseConnectionIsDownAndThatOfTheOtherPartitionStays) {
  Look(Well());
  for (const char* const state : {"DOWN", "CONNECT", "AUTH_REQ", "APIVERSION_QUERY", "INIT"}) {
    Look(Well({1, state}));
    EXPECT_FALSE(Answers()) << state;
    EXPECT_EQ(Losses(), 1U) << state;
  }
  EXPECT_TRUE(Answers(kSecond));
  EXPECT_EQ(Losses(kSecond), 0U);
  Look(Well({1, "UP", 5'000, 1, 1}));
  EXPECT_TRUE(Answers());
  EXPECT_GE(Losses(), 1U);
}

TEST_F(LeaderWatchTest, LosesALeaderThatLeavesARequestUnansweredForASecond) {
  Look(Well());
  Look(Well({1, "UP", 999'999}));
  EXPECT_TRUE(Answers());
  Look(Well({1, "UP", 1'000'000}));
  EXPECT_FALSE(Answers());
  Look(Well());
  EXPECT_TRUE(Answers());
  EXPECT_EQ(Losses(), 1U);
}

TEST_F(LeaderWatchTest, DoesNotLoseALeaderThatIsAskedNothing) {
  Look(Well());
  Look(Well({1, "UP", 60'000'000, 0}));
  EXPECT_TRUE(Answers());
  EXPECT_EQ(Losses(), 0U);
}

TEST_F(LeaderWatchTest, CountsAConnectionThatWasMadeAnewBetweenTwoLooks) {
  Look(Well());
  Look(Well({1, "UP", 5'000, 1, 1}));
  EXPECT_TRUE(Answers());
  EXPECT_EQ(Losses(), 1U);
}

TEST_F(LeaderWatchTest, CountsAChangeOfLeaderAndAPartitionThatHasNone) {
  Look(Well());
  Look(Well(), 2);
  EXPECT_TRUE(Answers());
  EXPECT_EQ(Losses(), 1U);
  Look(Well(), -1);
  EXPECT_FALSE(Answers());
  EXPECT_EQ(Losses(), 2U);
}

TEST_F(LeaderWatchTest, LooksAtTheConnectionToAReplicaThatIsRead) {
  Look({{1, "INIT"}, {2}}, 1, 2);
  EXPECT_TRUE(Answers());
  Look({{1, "INIT"}, {2, "DOWN"}}, 1, 2);
  EXPECT_FALSE(Answers());
}

TEST_F(LeaderWatchTest, LearnsNothingFromATextThatItDoesNotUnderstand) {
  Look(Well({1, "UP"}));
  for (const char* const text : {"", "{", "[]", R"({"brokers":1,"topics":{"events":{"partitions":[]}}})",
                                 R"({"topics":{"other":{"partitions":{"0":{"partition":0,"leader":-1}}}}})"}) {
    watch_.Look(text, "events");
    EXPECT_TRUE(Answers()) << text;
    EXPECT_EQ(Losses(), 0U) << text;
  }
}

}  // namespace
}  // namespace headcount::kafka
