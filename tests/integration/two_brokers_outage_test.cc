// A whole job in a cluster of two brokers, of which one, the leader of half of the partitions, goes away and comes back
// at its address, before the producers that could not reach it. The other one leads the rest, the group and the output.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <future>

#include "tests/support/job_testing.h"
#include "tests/support/outage.h"
#include "tests/support/two_brokers.h"

namespace headcount::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

// Until it is started again; it needs the rest of twenty seconds to answer. The controller misses it after nine.
constexpr seconds kAway{12};
constexpr seconds kProducersWait{10};

// Each of two workers reads from both brokers.
const JobPlaces kPlaces = {{1, 2, 2, 1, 2}, {1, 1}};
constexpr int32_t kFedByFirst = 0;
constexpr int32_t kFedBySecond = 1;
constexpr int32_t kBegunInOutage = 2;  // empty before it
constexpr std::array<int32_t, 2> kEmpty = {3, 4};

// Why each partition holds the clock, beside its own last record.
std::vector<std::string> Holds(const Job& job) {
  std::vector<std::string> holds;
  for (size_t p = 0; p < kPlaces.input.size(); ++p) {
    holds.push_back(job.Status()->Text("partitions." + std::to_string(p) + ".hold"));
  }
  return holds;
}

std::vector<std::string> HoldOfSecond(const std::string& why) {
  std::vector<std::string> holds;
  for (const int32_t broker : kPlaces.input) holds.push_back(broker == 2 ? why : "");
  return holds;
}

TEST(TwoBrokersOutage, OfALeaderHoldsItsOwnPartitionsOnlyAndMakesNothingLateThatItsProducersKept) {
  TwoBrokers cluster(1);
  // The test itself asks the one that stays.
  const TestBroker broker(cluster.address(1));
  Job job(broker, static_cast<int32_t>(kPlaces.input.size()), {"--workers", "2", "--window", "5s"}, {}, kPlaces);
  for (const std::string& topic : {job.input(), job.output()}) cluster.AwaitTopic(topic);
  job.UseGroup(cluster.GroupKeptBy(1, 1));
  job.UseAddress(cluster.addresses());
  Producers producers(&job);
  producers.Send({kFedByFirst, kFedBySecond});
  const int64_t begun_s = NowS();
  job.Start();
  ASSERT_TRUE(producers.LiveUntil([&] {
    const std::optional<JobStatus> status = job.Status();
    return status && status->ClosedUpto() > begun_s;
  }));
  EXPECT_EQ(Holds(job), HoldOfSecond(""));
  EXPECT_EQ(job.Status()->Idle(kBegunInOutage), "empty");

  producers.Keep({kFedBySecond, kBegunInOutage});
  cluster.KillSecond();
  const int64_t killed_s = NowS();
  const Clock::time_point killed_at = Clock::now();
  EXPECT_TRUE(producers.LiveUntil([&] { return Holds(job) == HoldOfSecond("leader_away"); }));
  producers.Live(std::chrono::duration_cast<milliseconds>(killed_at + kAway - Clock::now()));
  EXPECT_TRUE(producers.LiveUntil([&] { return Holds(job) == HoldOfSecond("leader_away"); }));
  EXPECT_LE(job.Status()->ClosedUpto(), killed_s);

  std::future<void> started = std::async(std::launch::async, [&] { cluster.StartSecond(); });
  EXPECT_TRUE(producers.LiveUntil([&] { return started.wait_for(seconds(0)) == std::future_status::ready; }));
  started.get();
  const Clock::time_point started_at = Clock::now();
  EXPECT_TRUE(producers.LiveUntil([&] { return Holds(job) == HoldOfSecond("leader_returned"); }));
  producers.Live(std::chrono::duration_cast<milliseconds>(started_at + kProducersWait - Clock::now()));
  producers.Send({kFedBySecond, kBegunInOutage});
  // The partition that stays empty is let go, too.
  const int64_t sent_s = NowS();
  EXPECT_TRUE(producers.LiveUntil([&] { return job.Status()->ClosedUpto() > sent_s; }));
  for (const int32_t p : kEmpty) EXPECT_EQ(job.Status()->Idle(p), "empty") << p;

  const AfterOutage after = EndAfterOutage(&job);
  EXPECT_EQ(after.late, 0);
  EXPECT_EQ(after.published, after.right);
}

}  // namespace
}  // namespace headcount::test
