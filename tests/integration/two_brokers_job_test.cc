// A whole job in a cluster of two brokers, of which the one that keeps its group's offsets stands still for longer than
// a transaction may take, and than a hung writer is waited for.
#include <gtest/gtest.h>

#include <chrono>

#include "tests/support/job_testing.h"
#include "tests/support/tcp_proxy.h"
#include "tests/support/two_brokers.h"

namespace headcount::test {
namespace {

using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

constexpr int64_t kStart = 1468244400;
const CountingRule kRule{10, 5, 5};

TEST(TwoBrokersJob, WhoseGroupsBrokerStandsStillKillsNobodyNamesItAndGoesOnWhenItIsBack) {
  TwoBrokers cluster(1);
  const TestBroker broker(cluster.addresses());
  TcpProxy first(cluster.address(1));
  TcpProxy second(cluster.address(2));
  first.Knows(second);
  second.Knows(first);
  Job job(broker, 1, {"--workers", "1", "--window", "10s", "--idle-timeout", "1h"});
  for (const std::string& topic : {job.input(), job.output()}) cluster.AwaitTopic(topic);
  job.UseGroup(cluster.GroupKeptBy(2, 1));
  job.UseAddress(first.address());
  job.Produce(0, Seconds(kStart, kStart + 20, 3, "a"));
  job.Start();
  ASSERT_TRUE(job.Publishes(1));
  ASSERT_TRUE(Eventually([&] { return job.Committed()[0].offset.has_value(); }));
  // It stands still from the step on in which the offsets are sent to it.
  first.On({Api::kAddOffsetsToTxn, Deed::kHoldRequest, WireError::kNone, 1});
  job.Produce(0, Seconds(kStart + 20, kStart + 40, 3, "a"));
  ASSERT_TRUE(Eventually([&] { return first.Met() == 1; }));
  cluster.FreezeSecond();
  first.ReleaseUnconfirmed();
  const auto frozen_at = Clock::now();
  EXPECT_TRUE(Eventually(
      [&] {
        return job.process().Err().find("the coordinator of group " + job.group() + " is away") != std::string::npos;
      },
      seconds(60)))
      << job.process().Err();
  EXPECT_TRUE(Eventually([&] { return Clock::now() - frozen_at > seconds(45); }, seconds(60)));
  cluster.ThawSecond();
  const auto thawed_at = Clock::now();
  EXPECT_TRUE(job.HasClosed(kStart + 30, seconds(60)));
  const double took_s = std::chrono::duration<double>(Clock::now() - thawed_at).count();
  printf("frozen for 45 s; minutes flow again %.1f s after it is back\n", took_s);
  EXPECT_LT(took_s, 40);
  // The watch over a hung writer had nothing to do.
  EXPECT_EQ(job.Status()->Number("writer.restarts"), 0);
  EXPECT_EQ(job.Status()->Worker(0, "restarts"), 0);
  EXPECT_EQ(Describe(job.Drain().value_or(ExitStatus{})), "exit 0");
  job.ExpectExactInTheEnd(kRule);
}

}  // namespace
}  // namespace headcount::test
