#include "common/shm/hand_off.h"

#include <cstring>
#include <utility>

#include "common/base/check.h"
#include "common/shm/layout.h"

namespace headcount::shm {
namespace {

// Appends records one behind the other.
class ByteWriter {
 public:
  explicit ByteWriter(char* at) : at_(at) {}
  template <typename T>
  void Put(const T& record) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::memcpy(at_, &record, sizeof record);
    at_ += sizeof record;
  }
  void PutBytes(const void* from, uint64_t bytes) {
    if (bytes > 0) std::memcpy(at_, from, bytes);
    at_ += bytes;
  }

 private:
  char* at_;
};

// Takes records one behind the other, never past the end.
class ByteReader {
 public:
  ByteReader(const char* begin, uint64_t bytes, const char* what) : at_(begin), left_(bytes), what_(what) {}
  template <typename T>
  T Take() {
    HC_CHECK(left_ >= sizeof(T), std::string("ran past the end of a ") + what_);
    T record;
    std::memcpy(&record, at_, sizeof record);
    at_ += sizeof record;
    left_ -= sizeof record;
    return record;
  }
  // Skips `bytes` bytes and returns where they lie; does not copy them.
  const char* Pass(uint64_t bytes) {
    HC_CHECK(left_ >= bytes, std::string("ran past the end of a ") + what_);
    left_ -= bytes;
    return std::exchange(at_, at_ + bytes);
  }

 private:
  const char* at_;
  uint64_t left_;
  const char* what_;
};

void PutJudgeState(ByteWriter* writer, PartitionId partition, const JudgeState& state) {
  JudgeStateData data{};
  data.offset = state.offset.value();
  data.watermark = state.watermark.seconds();
  data.unattributed_future = state.unattributed.future;
  for (size_t i = 0; i < kInvalidReasons; ++i) data.unattributed_invalid[i] = state.unattributed.invalid_by_reason[i];
  data.partition = partition.value();
  data.idle_here = state.idle_here ? 1 : 0;
  data.unconfirmed_count = state.unconfirmed.size();
  data.lateness_s = state.rules.now.lateness_s;
  data.max_jump_s = state.rules.now.max_jump_s;
  data.late_before = state.rules.late_before.seconds();
  data.change_count = state.rules.to_come.size();
  writer->Put(data);
  for (const UnconfirmedRef& unconfirmed : state.unconfirmed)
    writer->Put(UnconfirmedData{unconfirmed.offset.value(), unconfirmed.score});
  for (const RuleChange& change : state.rules.to_come) {
    writer->Put(RuleChangeData{change.from.seconds(), change.rule.lateness_s, change.rule.max_jump_s});
  }
}

JudgeState TakeJudgeState(ByteReader* reader, PartitionId* partition) {
  const auto data = reader->Take<JudgeStateData>();
  JudgeState state{Offset(data.offset), data.idle_here != 0, EventTime(data.watermark), {}, {}};
  state.unattributed.future = data.unattributed_future;
  for (size_t i = 0; i < kInvalidReasons; ++i) state.unattributed.invalid_by_reason[i] = data.unattributed_invalid[i];
  *partition = PartitionId(data.partition);
  for (uint64_t i = 0; i < data.unconfirmed_count; ++i) {
    const auto unconfirmed = reader->Take<UnconfirmedData>();
    state.unconfirmed.push_back({Offset(unconfirmed.offset), static_cast<int32_t>(unconfirmed.score)});
  }
  state.rules.now = {data.lateness_s, data.max_jump_s};
  state.rules.late_before = WindowStart(data.late_before);
  for (uint64_t i = 0; i < data.change_count; ++i) {
    const auto change = reader->Take<RuleChangeData>();
    state.rules.to_come.push_back({WindowStart(change.from), {change.lateness_s, change.max_jump_s}});
  }
  return state;
}

PartitionProgress TakeProgress(ByteReader* reader) {
  const auto data = reader->Take<PartitionProgressData>();
  PartitionProgress progress;
  progress.position = Offset(data.position);
  progress.watermark = EventTime(data.watermark);
  progress.rest.state = TakeJudgeState(reader, &progress.partition);
  for (uint64_t i = 0; i < data.decision_count; ++i) {
    const auto decision = reader->Take<DecisionData>();
    progress.rest.decisions.push_back({Offset(decision.offset), static_cast<Decision::Kind>(decision.kind),
                                       WindowStart(decision.passed_frontier), EventTime(decision.wall_clock)});
  }
  return progress;
}

void PutProgress(ByteWriter* writer, const PartitionProgress& progress) {
  writer->Put(
      PartitionProgressData{progress.position.value(), progress.watermark.seconds(), progress.rest.decisions.size()});
  PutJudgeState(writer, progress.partition, progress.rest.state);
  for (const Decision& decision : progress.rest.decisions) {
    writer->Put(DecisionData{decision.offset.value(), decision.passed_frontier.seconds(), decision.wall_clock.seconds(),
                             static_cast<uint64_t>(decision.kind)});
  }
}

SealedWindow LoadWindow(const char* slice_begin, uint64_t slice_bytes, const WindowRef& ref, Generation generation) {
  const std::string name =
      "window " + std::to_string(ref.window_start) + " of generation " + std::to_string(generation.value());
  HC_CHECK(ref.at < slice_bytes, name);
  ByteReader reader(slice_begin + ref.at, slice_bytes - ref.at, "sealed window");
  const auto data = reader.Take<SealedWindowData>();
  HC_CHECK(data.generation == generation.value() && data.window_start == ref.window_start, name);
  HC_CHECK(data.users <= data.counted, name);
  SealedWindow window;
  window.start = WindowStart(data.window_start);
  window.counts.counted = data.counted;
  window.counts.late = data.late;
  window.counts.future = data.future;
  for (size_t i = 0; i < kInvalidReasons; ++i) window.counts.invalid_by_reason[i] = data.invalid_by_reason[i];
  for (uint64_t i = 0; i < data.first_contribution_count; ++i) {
    FirstContribution first;
    first.state = TakeJudgeState(&reader, &first.partition);
    window.first_contributions.push_back(std::move(first));
  }
  // The reader of the blocks checks whether they lie in the slice.
  HC_CHECK(data.block_count <= slice_bytes / sizeof(uint32_t), name);
  const auto* const names = reinterpret_cast<const uint32_t*>(reader.Pass(data.block_count * sizeof(uint32_t)));
  window.table = {slice_begin, slice_bytes, {names, data.block_count, data.block_bytes}, data.users};
  return window;
}

}  // namespace

uint64_t BytesOf(const JudgeState& state) {
  return sizeof(JudgeStateData) + state.unconfirmed.size() * sizeof(UnconfirmedData) +
         state.rules.to_come.size() * sizeof(RuleChangeData);
}

uint64_t BytesOf(const SealedWindow& window) {
  uint64_t bytes = sizeof(SealedWindowData);
  for (const FirstContribution& first : window.first_contributions) bytes += BytesOf(first.state);
  return bytes + window.table.blocks().count * sizeof(uint32_t);
}

void Store(char* at, Generation generation, const SealedWindow& window) {
  SealedWindowData data{};
  data.generation = generation.value();
  data.window_start = window.start.seconds();
  data.counted = window.counts.counted;
  data.late = window.counts.late;
  data.future = window.counts.future;
  for (size_t i = 0; i < kInvalidReasons; ++i) data.invalid_by_reason[i] = window.counts.invalid_by_reason[i];
  const TableBlocks& blocks = window.table.blocks();
  data.users = window.table.size();
  data.block_bytes = blocks.bytes;
  data.block_count = blocks.count;
  data.first_contribution_count = window.first_contributions.size();
  ByteWriter writer(at);
  writer.Put(data);
  for (const FirstContribution& first : window.first_contributions)
    PutJudgeState(&writer, first.partition, first.state);
  writer.PutBytes(blocks.names, blocks.count * sizeof(uint32_t));
}

uint64_t BytesOf(const std::vector<StoredWindow>& windows, const std::vector<PartitionProgress>& partitions) {
  uint64_t bytes = sizeof(HandOffData) + windows.size() * sizeof(WindowRef);
  for (const PartitionProgress& progress : partitions) {
    bytes += sizeof(PartitionProgressData) + BytesOf(progress.rest.state) +
             progress.rest.decisions.size() * sizeof(DecisionData);
  }
  return bytes;
}

void Store(char* at, const HandOff& hand_off, const std::vector<StoredWindow>& windows) {
  ByteWriter writer(at);
  HandOffData data{};
  data.generation = hand_off.generation.value();
  data.sealed_frontier = hand_off.sealed_frontier.seconds();
  data.partition_count = hand_off.partition_count;
  data.last = hand_off.last ? 1 : 0;
  data.window_count = windows.size();
  data.progress_count = hand_off.partitions.size();
  writer.Put(data);
  for (const StoredWindow& window : windows) writer.Put(WindowRef{window.start.seconds(), window.at});
  for (const PartitionProgress& progress : hand_off.partitions) PutProgress(&writer, progress);
}

HandOff LoadHandOff(const std::vector<char>& bytes, const char* slice_begin, uint64_t slice_bytes,
                    WindowStart closed_frontier) {
  ByteReader reader(bytes.data(), bytes.size(), "publication");
  const auto data = reader.Take<HandOffData>();
  HandOff hand_off;
  hand_off.generation = Generation(data.generation);
  hand_off.sealed_frontier = WindowStart(data.sealed_frontier);
  hand_off.partition_count = data.partition_count;
  hand_off.last = data.last != 0;
  for (uint64_t i = 0; i < data.window_count; ++i) {
    const auto ref = reader.Take<WindowRef>();
    // The worker may have reused the memory of closed windows.
    if (WindowStart(ref.window_start) < closed_frontier) continue;
    hand_off.windows.push_back(LoadWindow(slice_begin, slice_bytes, ref, hand_off.generation));
  }
  for (uint64_t i = 0; i < data.progress_count; ++i) hand_off.partitions.push_back(TakeProgress(&reader));
  return hand_off;
}

}  // namespace headcount::shm
