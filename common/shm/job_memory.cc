#include "common/shm/job_memory.h"

#include <boost/interprocess/anonymous_shared_memory.hpp>
#include <new>

#include "common/base/check.h"

namespace headcount::shm {
namespace {

constexpr uint64_t kPage = 4096;

constexpr uint64_t RoundUp(uint64_t bytes) { return (bytes + kPage - 1) / kPage * kPage; }
constexpr uint64_t SlotsAt() { return RoundUp(sizeof(JobData)); }
uint64_t PartitionsAt(int32_t slots) { return SlotsAt() + RoundUp(static_cast<uint64_t>(slots) * sizeof(SlotData)); }
uint64_t SlicesAt(int32_t slots) {
  return PartitionsAt(slots) + RoundUp(static_cast<uint64_t>(limits::kMaxPartitions) * sizeof(PartitionData));
}

}  // namespace

Result<JobMemory> JobMemory::Create(int32_t slots, uint64_t slice_bytes) {
  const uint64_t slice = RoundUp(slice_bytes);
  const uint64_t bytes = SlicesAt(slots) + static_cast<uint64_t>(slots) * slice;
  try {
    JobMemory memory(boost::interprocess::anonymous_shared_memory(bytes), slots, slice);
    // Fresh pages are zero, and zero is a valid start of every field except those of JobData below.
    JobData& job = *new (&memory.job()) JobData();
    job.coordinator_magic = kMagic;
    job.coordinator_version = kLayoutVersion;
    job.coordinator_slots = static_cast<uint32_t>(slots);
    job.coordinator_slice_bytes = slice;
    job.writer_closed_frontier.store(WindowStart::Unset().seconds());
    job.writer_last_boundary.store(EventTime::Forever().seconds());
    return memory;
  } catch (const boost::interprocess::interprocess_exception& failure) {
    return Error{ExitCode::kHumanNeeded, "mapping " + std::to_string(bytes) + " bytes of shared memory for " +
                                             std::to_string(slots) + " workers failed (" + failure.what() +
                                             "): choose a smaller --memory or fewer --workers"};
  }
}

JobMemory::JobMemory(boost::interprocess::mapped_region region, int32_t slots, uint64_t slice_bytes)
    : region_(std::move(region)), slots_(slots), slice_bytes_(slice_bytes) {}

SlotData& JobMemory::slot(SlotId slot) const {
  HC_CHECK(slot.value() >= 0 && slot.value() < slots_, "slot " + std::to_string(slot.value()));
  return *reinterpret_cast<SlotData*>(At(SlotsAt() + static_cast<uint64_t>(slot.value()) * sizeof(SlotData)));
}

PartitionData& JobMemory::partition(PartitionId partition) const {
  HC_CHECK(partition.value() >= 0 && partition.value() < limits::kMaxPartitions,
           "partition " + std::to_string(partition.value()));
  return *reinterpret_cast<PartitionData*>(
      At(PartitionsAt(slots_) + static_cast<uint64_t>(partition.value()) * sizeof(PartitionData)));
}

Slice JobMemory::slice(SlotId slot) const {
  return {At(SlicesAt(slots_) + static_cast<uint64_t>(slot.value()) * slice_bytes_), slice_bytes_};
}

}  // namespace headcount::shm
