// What the texts of the kernel about a control group mean, and what a job makes of them. The files stand below a folder
// of the test's own.
#include "coordinator/options/cgroup.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "coordinator/job/job_log.h"
#include "coordinator/options/command_line.h"
#include "tests/support/child_process.h"

namespace headcount {
namespace {

using Paths = std::vector<std::string>;

constexpr uint64_t kMib = uint64_t{1} << 20;
constexpr const char* kV2Mount = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
constexpr const char* kV1Mounts =
    "33 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
    "35 31 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    "40 31 0:36 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";

class CgroupTest : public testing::Test {
 protected:
  void Write(const std::string& path, const std::string& text) {
    std::filesystem::create_directories((dir_ / ("." + path)).parent_path());
    test::WriteFile(dir_ / ("." + path), text);
  }
  Cgroup Group() const { return Cgroup(dir_.path()); }

  const test::TempDir dir_;
};

// --- Where it is ---------------------------------------------------------------------------------------------

TEST(FindCgroup, OfVersion2IsOneFolderForAll) {
  for (const char* controller : {"memory", "cpu"}) {
    const CgroupFolders found = FindCgroup(controller, "0::/system.slice/headcount.service\n", kV2Mount);
    EXPECT_TRUE(found.is_v2);
    EXPECT_EQ(found.paths, (Paths{"/sys/fs/cgroup/system.slice/headcount.service", "/sys/fs/cgroup/system.slice",
                                  "/sys/fs/cgroup"}));
  }
}

TEST(FindCgroup, InANamespaceIsTheRoot) {
  EXPECT_EQ(FindCgroup("memory", "0::/\n", kV2Mount).paths, Paths{"/sys/fs/cgroup"});
}

TEST(FindCgroup, OfVersion1IsAFolderForEach) {
  const std::string own = "4:memory:/a/b\n1:cpu,cpuacct:/a\n0::/elsewhere\n";
  const CgroupFolders memory = FindCgroup("memory", own, kV1Mounts);
  EXPECT_FALSE(memory.is_v2);
  EXPECT_EQ(memory.paths, (Paths{"/sys/fs/cgroup/memory/a/b", "/sys/fs/cgroup/memory/a", "/sys/fs/cgroup/memory"}));
  EXPECT_EQ(FindCgroup("cpu", own, kV1Mounts).paths,
            (Paths{"/sys/fs/cgroup/cpu,cpuacct/a", "/sys/fs/cgroup/cpu,cpuacct"}));
}

// Version 1 has no namespaces of its own in older containers: the path is the host's, and the mount shows a part of it.
TEST(FindCgroup, OfAContainerIsWhatItsMountShows) {
  const CgroupFolders found = FindCgroup("memory", "4:memory:/docker/abc/job\n",
                                         "35 31 0:31 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
  EXPECT_EQ(found.paths, (Paths{"/sys/fs/cgroup/memory/job", "/sys/fs/cgroup/memory"}));
}

TEST(FindCgroup, OfNothingIsNothing) {
  EXPECT_TRUE(FindCgroup("memory", "", "").paths.empty());
  EXPECT_TRUE(FindCgroup("memory", "nonsense\n:\n0:", "a b c\n- - -\n").paths.empty());
}

// --- What it says --------------------------------------------------------------------------------------------

TEST(CgroupTexts, OfMemoryAreANumberOrNoLimit) {
  EXPECT_EQ(ParseMemoryLimit("268435456\n"), 256 * kMib);
  for (const char* none : {"max\n", "9223372036854771712\n", "", "\n"}) EXPECT_EQ(ParseMemoryLimit(none), std::nullopt);
}

TEST(CgroupTexts, OfCoresAreQuotaAndPeriod) {
  EXPECT_EQ(ParseCpuMax("150000 100000\n"), 1.5);
  EXPECT_EQ(ParseCpuMax("50000\n 100000\n"), 0.5);
  for (const char* none : {"max 100000\n", "-1\n 100000\n", "", "1", "1 0"}) EXPECT_EQ(ParseCpuMax(none), std::nullopt);
}

TEST(CgroupTexts, OfKillsAreOneLineAmongOthers) {
  EXPECT_EQ(ParseCount("oom_kill", "low 0\nhigh 0\nmax 7\noom 2\noom_kill 3\noom_group_kill 4\n"), 3U);
  EXPECT_EQ(ParseCount("oom_kill", "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n"), 5U);
  EXPECT_EQ(ParseCount("oom_kill", "oom_kill_disable 0\nunder_oom 0\n"), std::nullopt);
}

TEST_F(CgroupTest, OfVersion2TakesTheSmallestLimitOfTheHierarchy) {
  Write("/proc/self/cgroup", "0::/slice/job\n");
  Write("/proc/self/mountinfo", kV2Mount);
  Write("/sys/fs/cgroup/slice/job/memory.max", "max\n");
  Write("/sys/fs/cgroup/slice/memory.max", "268435456\n");
  Write("/sys/fs/cgroup/slice/job/cpu.max", "300000 100000\n");
  Write("/sys/fs/cgroup/slice/cpu.max", "150000 100000\n");
  Write("/sys/fs/cgroup/slice/job/memory.events", "oom 1\noom_kill 1\n");
  Write("/sys/fs/cgroup/slice/memory.events", "oom 9\noom_kill 9\n");
  EXPECT_EQ(Group().MemoryLimitBytes(), 256 * kMib);
  EXPECT_EQ(Group().Cores(), 1.5);
  EXPECT_EQ(Group().MemoryKills(), 1U) << "of this group alone";
}

TEST_F(CgroupTest, OfVersion1ReadsItsOwnFiles) {
  Write("/proc/self/cgroup", "4:memory:/job\n1:cpu,cpuacct:/\n");
  Write("/proc/self/mountinfo", kV1Mounts);
  Write("/sys/fs/cgroup/memory/job/memory.limit_in_bytes", "134217728\n");
  Write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  Write("/sys/fs/cgroup/memory/job/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
  Write("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "50000\n");
  Write("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(Group().MemoryLimitBytes(), 128 * kMib);
  EXPECT_EQ(Group().MemoryKills(), 2U);
  EXPECT_EQ(Group().Cores(), 0.5);
  // A kernel that does not count kills yet.
  Write("/sys/fs/cgroup/memory/job/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\n");
  Write("/sys/fs/cgroup/memory/job/memory.failcnt", "17\n");
  EXPECT_EQ(Group().MemoryKills(), 17U);
}

TEST_F(CgroupTest, WithoutOneNothingIsLimited) {
  EXPECT_EQ(Group().MemoryLimitBytes(), std::nullopt);
  EXPECT_EQ(Group().Cores(), std::nullopt);
  EXPECT_EQ(Group().MemoryKills(), std::nullopt);
}

// --- What follows --------------------------------------------------------------------------------------------

TEST(MemoryPlan, LeavesTheUsualSizeWhereThereIsRoom) {
  EXPECT_EQ(DefaultMemoryBytes(std::nullopt, 4), 512 * kMib);
  EXPECT_EQ(DefaultMemoryBytes(64 * 1024 * kMib, 4), 512 * kMib);
}

TEST(MemoryPlan, FitsIntoTheLimitIfThatLeavesAnything) {
  for (const uint64_t limit_mib : {256U, 384U, 512U, 1024U, 2048U}) {
    for (const int32_t workers : {1, 2, 4}) {
      const uint64_t memory = DefaultMemoryBytes(limit_mib * kMib, workers);
      const uint64_t most = MostMemoryBytes(memory, workers);
      const uint64_t beside = MostMemoryBytes(0, workers);
      // Else it is a quarter of the limit.
      const bool leaves_more = limit_mib * kMib > 2 * beside;
      EXPECT_TRUE(!leaves_more || most <= limit_mib * kMib) << limit_mib << " MiB, " << workers;
      EXPECT_GE(memory, kMib);
    }
  }
  EXPECT_EQ(DefaultMemoryBytes(1, 256), kMib);
}

TEST(MemoryPlan, IsTheDefaultOfMemory) {
  HostEnvironment host;
  host.environment.clear();
  host.cores = 2;
  host.memory_limit_bytes = 512 * kMib;
  EXPECT_EQ(ParseRun({}, host)->memory_bytes, DefaultMemoryBytes(512 * kMib, 2));
  EXPECT_LT(ParseRun({}, host)->memory_bytes, 256 * kMib);
  EXPECT_EQ(ParseRun({"--workers", "1"}, host)->memory_bytes, DefaultMemoryBytes(512 * kMib, 1));
  EXPECT_EQ(ParseRun({"--memory", "1GiB"}, host)->memory_bytes, 1024 * kMib) << "whoever says it may know better";
}

TEST(MemoryPlan, RefusesOnlyWhatCannotBegin) {
  RunOptions options;
  options.workers = 2;
  EXPECT_TRUE(CheckMemory(options, std::nullopt).ok());
  EXPECT_TRUE(CheckMemory(options, 16 * kMib).ok());
  const Result<void> checked = CheckMemory(options, 4 * kMib);
  ASSERT_FALSE(checked.ok());
  EXPECT_EQ(checked.error().exit_code, ExitCode::kHumanNeeded);
  EXPECT_NE(checked.error().message.find("4MiB, and 2 workers need 6MiB"), std::string::npos)
      << checked.error().message;
}

}  // namespace
}  // namespace headcount
