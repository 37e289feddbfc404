#include "coordinator/job/instance_lock.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <optional>

namespace headcount {
namespace {

class InstanceLockTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "headcount-lock-XXXXXX").string();
    directory_ = mkdtemp(name.data());
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  Result<InstanceLock> Acquire(const std::string& group, int64_t wait_ms = 0) {
    return InstanceLock::Acquire("a:1", group, directory_, wait_ms);
  }

  std::string directory_;
};

TEST_F(InstanceLockTest, RefusesASecondJobOfTheSameGroupAndNamesThePidOfTheFirst) {
  const Result<InstanceLock> first = Acquire("g");
  ASSERT_TRUE(first.ok()) << first.error().message;
  const Result<InstanceLock> second = Acquire("g");
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().exit_code, ExitCode::kHumanNeeded);
  EXPECT_NE(second.error().message.find("pid " + std::to_string(getpid())), std::string::npos)
      << second.error().message;
  EXPECT_NE(second.error().message.find("--group"), std::string::npos);
}

TEST_F(InstanceLockTest, LetsJobsOfOtherGroupsAndBrokersBe) {
  const Result<InstanceLock> first = Acquire("g");
  EXPECT_TRUE(Acquire("h").ok());
  EXPECT_TRUE(InstanceLock::Acquire("b:1", "g", directory_, 0).ok());
}

TEST_F(InstanceLockTest, IsFreeAgainAfterItsHolder) {
  { ASSERT_TRUE(Acquire("g").ok()); }
  EXPECT_TRUE(Acquire("g").ok());
}

TEST_F(InstanceLockTest, LivesAsLongAsAChildThatInheritedItAndIsWaitedFor) {
  std::optional<Result<InstanceLock>> first = Acquire("g");
  ASSERT_TRUE(first->ok());
  const pid_t child = fork();
  if (child == 0) {
    for (;;) pause();
  }
  first.reset();
  EXPECT_FALSE(Acquire("g", 50).ok()) << "the child still holds it";
  kill(child, SIGKILL);
  const Result<InstanceLock> second = Acquire("g", 10'000);
  EXPECT_TRUE(second.ok()) << second.error().message;
  waitpid(child, nullptr, 0);
}

TEST_F(InstanceLockTest, SaysWhereItCouldNotWrite) {
  const Result<InstanceLock> lock = InstanceLock::Acquire("a:1", "g", directory_ + "/missing", 0);
  ASSERT_FALSE(lock.ok());
  EXPECT_EQ(lock.error().exit_code, ExitCode::kHumanNeeded);
  EXPECT_NE(lock.error().message.find(directory_ + "/missing"), std::string::npos);
}

TEST(LockFileName, IsTheSameForTheSameBrokersInAnyOrder) {
  EXPECT_EQ(LockFileName("a:1,b:2", "g"), LockFileName("b:2,a:1", "g"));
  EXPECT_NE(LockFileName("a:1,b:2", "g"), LockFileName("a:1", "g"));
  EXPECT_NE(LockFileName("a:1", "g"), LockFileName("a:1", "h"));
  EXPECT_NE(LockFileName("a:1", "x/y"), LockFileName("a:1", "x_y"));
}

TEST(LockFileName, IsAFileNameWhateverTheGroup) {
  const std::string name = LockFileName("a:1", "../../" + std::string(249, 'g'));
  EXPECT_EQ(name.find('/'), std::string::npos);
  EXPECT_LT(name.size(), 128u);
  EXPECT_EQ(name.rfind("headcount-", 0), 0u);
}

}  // namespace
}  // namespace headcount
