// Which sentence is made of what the brokers that answer say about those that do not, and where they keep an id.
#include "common/kafka/obstacle.h"

#include <gtest/gtest.h>

#include <string>

namespace headcount {
namespace {

using kafka::BrokerAddresses;
using kafka::KeepingPartition;
using kafka::NeededPartition;
using kafka::ObstacleAmong;
using For = kafka::NeededPartition::For;

const BrokerAddresses kBoth = {{1, "one:9092"}, {2, "two:9092"}};
const BrokerAddresses kFirst = {{1, "one:9092"}};

NeededPartition Needed(For needed_for) {
  NeededPartition p;
  p.needed_for = needed_for;
  p.owner = needed_for == For::kTransaction ? "headcount-g" : "g";
  p.topic = needed_for == For::kTransaction ? "__transaction_state"
            : needed_for == For::kGroup     ? "__consumer_offsets"
                                            : "out";
  p.partition = 3;
  p.leader = 2;
  p.replicas = {2, 1};
  p.in_sync = {2, 1};
  return p;
}

TEST(Obstacle, IsNoneWhereEveryPartitionHasItsLeaderAndReplicas) {
  EXPECT_EQ(ObstacleAmong({Needed(For::kTransaction), Needed(For::kRecords), Needed(For::kGroup)}, kBoth),
            std::nullopt);
}

TEST(Obstacle, NamesTheTransactionCoordinatorThatIsAwayAndItsBroker) {
  NeededPartition p = Needed(For::kTransaction);
  p.leader = -1;
  p.replicas = {2};
  EXPECT_EQ(
      ObstacleAmong({p}, kFirst),
      "the transaction coordinator of headcount-g is away: partition 3 of topic __transaction_state has no leader "
      "(its replicas: broker 2, which is not in the cluster now)");
}

TEST(Obstacle, NamesTheCoordinatorOfTheGroupThatDoesNotAnswer) {
  NeededPartition p = Needed(For::kGroup);
  p.leader_answers = false;
  EXPECT_EQ(ObstacleAmong({Needed(For::kTransaction), p}, kBoth),
            "the coordinator of group g is away: the leader of partition 3 of topic __consumer_offsets, broker 2 at "
            "two:9092, does not answer");
}

TEST(Obstacle, NamesTheReplicasThatAreMissing) {
  NeededPartition p = Needed(For::kRecords);
  p.leader = 1;
  p.in_sync = {1};
  p.min_in_sync = 2;
  EXPECT_EQ(ObstacleAmong({p}, kFirst),
            "the output waits for replicas (NOT_ENOUGH_REPLICAS): partition 3 of topic out has 1 of its 2 replicas in "
            "sync, and its min.insync.replicas is 2; missing: broker 2, which is not in the cluster now");
  p.min_in_sync = 1;
  EXPECT_EQ(ObstacleAmong({p}, kFirst), std::nullopt);
  p.min_in_sync.reset();  // it may not be asked
  const auto perhaps = ObstacleAmong({p}, kFirst);
  ASSERT_TRUE(perhaps.has_value());
  EXPECT_NE(perhaps->find("if min.insync.replicas of the topic is more"), std::string::npos) << *perhaps;
}

// As java.lang.String.hashCode() and Kafka's Utils.abs() have it.
TEST(Obstacle, KnowsWhereBrokersKeepAnId) {
  EXPECT_EQ(KeepingPartition("a", 50), 97 % 50);
  EXPECT_EQ(KeepingPartition("hello", 1'000'000'000), 99'162'322);
  EXPECT_EQ(KeepingPartition("headcount-headcount", 0), std::nullopt);
  // Its hash is the smallest number there is, which has no absolute value.
  EXPECT_EQ(KeepingPartition("polygenelubricants", 50), 0);
  EXPECT_EQ(KeepingPartition("z\xc3\xbcrich", 50), std::nullopt);
}

}  // namespace
}  // namespace headcount
