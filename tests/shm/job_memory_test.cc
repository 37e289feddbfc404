// What the job's memory leaves behind: nothing. And what of it is where.
#include "common/shm/job_memory.h"

#include <dirent.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <fstream>
#include <set>
#include <sstream>

#include "common/base/limits.h"
#include "common/base/wakeup.h"
#include "common/shm/coordinator_view.h"
#include "coordinator/job/child_process.h"

namespace headcount::test {
namespace {

std::set<int> OpenDescriptors() {
  std::set<int> open;
  DIR* directory = opendir("/proc/self/fd");
  while (const dirent* entry = readdir(directory)) {
    if (entry->d_name[0] != '.') open.insert(std::atoi(entry->d_name));
  }
  open.erase(dirfd(directory));
  closedir(directory);
  return open;
}

// The line of /proc/self/maps that covers `address`; empty where nothing is mapped.
std::string MappingAt(const void* address) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    uintptr_t begin = 0;
    uintptr_t end = 0;
    char dash = 0;
    std::istringstream(line) >> std::hex >> begin >> dash >> end;
    const auto wanted = reinterpret_cast<uintptr_t>(address);
    if (begin <= wanted && wanted < end) return line;
  }
  return "";
}

int ExitCodeOf(const std::function<int()>& body, const std::vector<int>& keep_fds) {
  const Result<pid_t> pid = ForkChild("child", keep_fds, getpid(), body);
  EXPECT_TRUE(pid.ok());
  int status = 0;
  waitpid(*pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(JobMemory, HasNoNameAndNoDescriptorSoThatItVanishesWithTheLastProcess) {
  const std::set<int> before = OpenDescriptors();
  const void* address = nullptr;
  {
    const shm::JobMemory memory = shm::JobMemory::Create(2, uint64_t{1} << 20).value();
    EXPECT_EQ(OpenDescriptors(), before);
    address = &memory.job();
    const std::string mapping = MappingAt(address);
    EXPECT_NE(mapping.find("rw-s"), std::string::npos) << mapping;
    EXPECT_NE(mapping.find("(deleted)"), std::string::npos) << "no folder holds a name for it: " << mapping;
  }
  const std::string after = MappingAt(address);
  EXPECT_EQ(after.find("rw-s"), std::string::npos) << after;
}

TEST(JobMemory, IsTheSameBytesInAChildThatHoldsNothingButWhatItIsGiven) {
  const shm::JobMemory memory = shm::JobMemory::Create(2, uint64_t{1} << 20).value();
  const Wakeups wakeups = Wakeups::Create(2).value();
  const std::vector<int> kept = {wakeups.worker(SlotId(1)).fd(), wakeups.writer().fd()};
  const auto child = [&] {
    memory.slice(SlotId(1)).begin[17] = 42;
    return OpenDescriptors() == std::set<int>{0, 1, 2, kept[0], kept[1]} ? 0 : 1;
  };
  EXPECT_EQ(ExitCodeOf(child, kept), 0);
  EXPECT_EQ(memory.slice(SlotId(1)).begin[17], 42);
}

TEST(JobMemory, GivesEverySlotItsOwnPartAndNothingOverlaps) {
  constexpr int32_t kSlots = 5;
  constexpr uint64_t kBytes = (uint64_t{1} << 20) + 12'345;
  const shm::JobMemory memory = shm::JobMemory::Create(kSlots, kBytes).value();
  std::vector<std::pair<const char*, uint64_t>> parts;
  const auto add = [&](const void* at, uint64_t bytes) { parts.emplace_back(static_cast<const char*>(at), bytes); };
  add(&memory.job(), sizeof(shm::JobData));
  for (int32_t s = 0; s < kSlots; ++s) add(&memory.slot(SlotId(s)), sizeof(shm::SlotData));
  for (int32_t p = 0; p < limits::kMaxPartitions; ++p) {
    add(&memory.partition(PartitionId(p)), sizeof(shm::PartitionData));
  }
  for (int32_t s = 0; s < kSlots; ++s) {
    EXPECT_GE(memory.slice(SlotId(s)).bytes, kBytes);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(memory.slice(SlotId(s)).begin) % 4096, 0U);
    add(memory.slice(SlotId(s)).begin, memory.slice(SlotId(s)).bytes);
  }
  for (size_t i = 1; i < parts.size(); ++i) ASSERT_LE(parts[i - 1].first + parts[i - 1].second, parts[i].first);
  EXPECT_FALSE(MappingAt(parts.back().first + parts.back().second - 1).empty());
}

TEST(JobMemory, BeginsWithNothingClosedAndNobodyThere) {
  const shm::JobMemory memory = shm::JobMemory::Create(1, uint64_t{1} << 20).value();
  const shm::CoordinatorView view(&memory);
  EXPECT_EQ(view.Writer().state, shm::WriterState::kStarting);
  EXPECT_FALSE(view.Writer().closed_frontier.is_set());
  EXPECT_FALSE(view.Slot(SlotId(0)).alive);
  EXPECT_FALSE(view.Partition(PartitionId(0)).shown);
}

TEST(JobMemory, ThatCannotBeHadNamesTheOptionThatAsksForIt) {
  const Result<shm::JobMemory> memory = shm::JobMemory::Create(64, uint64_t{1} << 42);
  ASSERT_FALSE(memory.ok());
  EXPECT_EQ(memory.error().exit_code, ExitCode::kHumanNeeded);
  EXPECT_NE(memory.error().message.find("--memory"), std::string::npos) << memory.error().message;
}

TEST(JobMemoryDeathTest, EndsTheProcessThatLeavesItsBounds) {
  const shm::JobMemory memory = shm::JobMemory::Create(1, uint64_t{1} << 20).value();
  EXPECT_DEATH(memory.slot(SlotId(1)), "slot 1");
  EXPECT_DEATH(memory.partition(PartitionId(limits::kMaxPartitions)), "partition");
}

}  // namespace
}  // namespace headcount::test
