// The broker is away for longer than the lateness, and its producers for longer than the idle timeout: what they send
// when they are back is in time. Longer outages are in tests/fault.
#include <gtest/gtest.h>

#include "tests/support/outage.h"

namespace headcount::test {
namespace {

TEST(JobOutage, OfFiveSecondsMakesNothingLateThatProducersSendTenSecondsAfterIt) {
  OwnBroker own;
  const AfterOutage after = LiveThroughOutage(&own, {std::chrono::seconds(5)});
  EXPECT_EQ(after.late, 0);
  EXPECT_EQ(after.published, after.right);
}

}  // namespace
}  // namespace headcount::test
