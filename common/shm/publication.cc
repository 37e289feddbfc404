#include "common/shm/publication.h"

#include <cstring>
#include <utility>

#include "common/base/check.h"
#include "common/shm/layout.h"

namespace headcount::shm {
namespace {

// Puts records one behind the other.
class Pen {
 public:
  explicit Pen(char* at) : at_(at) {}
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
class Eye {
 public:
  Eye(const char* begin, uint64_t bytes, const char* what) : at_(begin), left_(bytes), what_(what) {}
  template <typename T>
  T Take() {
    HC_CHECK(left_ >= sizeof(T), std::string("ran past the end of a ") + what_);
    T record;
    std::memcpy(&record, at_, sizeof record);
    at_ += sizeof record;
    left_ -= sizeof record;
    return record;
  }
  // What is not copied: `bytes` that stay where they are.
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

void PutPoint(Pen* pen, PartitionId partition, const Point& point) {
  PointData data{};
  data.offset = point.offset.value();
  data.watermark = point.watermark.seconds();
  data.waiting_future = point.waiting.future;
  for (size_t i = 0; i < kInvalidReasons; ++i) data.waiting_invalid[i] = point.waiting.invalid_by_reason[i];
  data.partition = partition.value();
  data.excused_here = point.excused_here ? 1 : 0;
  data.held_count = point.held.size();
  data.lateness_s = point.rules.now.lateness_s;
  data.max_jump_s = point.rules.now.max_jump_s;
  data.late_before = point.rules.late_before.seconds();
  data.change_count = point.rules.to_come.size();
  pen->Put(data);
  for (const HeldRef& held : point.held) pen->Put(HeldData{held.offset.value(), held.score});
  for (const RuleChange& change : point.rules.to_come) {
    pen->Put(RuleChangeData{change.from.seconds(), change.rule.lateness_s, change.rule.max_jump_s});
  }
}

Point TakePoint(Eye* eye, PartitionId* partition) {
  const auto data = eye->Take<PointData>();
  Point point{Offset(data.offset), data.excused_here != 0, EventTime(data.watermark), {}, {}};
  point.waiting.future = data.waiting_future;
  for (size_t i = 0; i < kInvalidReasons; ++i) point.waiting.invalid_by_reason[i] = data.waiting_invalid[i];
  *partition = PartitionId(data.partition);
  for (uint64_t i = 0; i < data.held_count; ++i) {
    const auto held = eye->Take<HeldData>();
    point.held.push_back({Offset(held.offset), static_cast<int32_t>(held.score)});
  }
  point.rules.now = {data.lateness_s, data.max_jump_s};
  point.rules.late_before = WindowStart(data.late_before);
  for (uint64_t i = 0; i < data.change_count; ++i) {
    const auto change = eye->Take<RuleChangeData>();
    point.rules.to_come.push_back({WindowStart(change.from), {change.lateness_s, change.max_jump_s}});
  }
  return point;
}

Step TakeStep(Eye* eye) {
  const auto data = eye->Take<StepData>();
  Step step;
  step.position = Offset(data.position);
  step.watermark = EventTime(data.watermark);
  step.rest.point = TakePoint(eye, &step.partition);
  for (uint64_t i = 0; i < data.move_count; ++i) {
    const auto move = eye->Take<MoveData>();
    step.rest.moves.push_back({Offset(move.offset), static_cast<Move::Kind>(move.kind), WindowStart(move.passed_upto),
                               EventTime(move.clock)});
  }
  return step;
}

void PutStep(Pen* pen, const Step& step) {
  pen->Put(StepData{step.position.value(), step.watermark.seconds(), step.rest.moves.size()});
  PutPoint(pen, step.partition, step.rest.point);
  for (const Move& move : step.rest.moves) {
    pen->Put(MoveData{move.offset.value(), move.passed_upto.seconds(), move.clock.seconds(),
                      static_cast<uint64_t>(move.kind)});
  }
}

SealedWindow LoadWindow(const char* slice_begin, uint64_t slice_bytes, const WindowRef& ref, Generation generation) {
  const std::string name =
      "window " + std::to_string(ref.window_start) + " of generation " + std::to_string(generation.value());
  HC_CHECK(ref.at < slice_bytes, name);
  Eye eye(slice_begin + ref.at, slice_bytes - ref.at, "sealed window");
  const auto data = eye.Take<SealedWindowData>();
  HC_CHECK(data.generation == generation.value() && data.window_start == ref.window_start, name);
  HC_CHECK(data.users <= data.counted, name);
  SealedWindow window;
  window.start = WindowStart(data.window_start);
  window.counts.counted = data.counted;
  window.counts.late = data.late;
  window.counts.future = data.future;
  for (size_t i = 0; i < kInvalidReasons; ++i) window.counts.invalid_by_reason[i] = data.invalid_by_reason[i];
  for (uint64_t i = 0; i < data.point_count; ++i) {
    FirstPoint first;
    first.point = TakePoint(&eye, &first.partition);
    window.first_points.push_back(std::move(first));
  }
  // Whether the blocks lie in the slice is looked at when they are read.
  HC_CHECK(data.block_count <= slice_bytes / sizeof(uint32_t), name);
  const auto* const names = reinterpret_cast<const uint32_t*>(eye.Pass(data.block_count * sizeof(uint32_t)));
  window.table = {slice_begin, slice_bytes, {names, data.block_count, data.block_bytes}, data.users};
  return window;
}

}  // namespace

uint64_t BytesOf(const Point& point) {
  return sizeof(PointData) + point.held.size() * sizeof(HeldData) + point.rules.to_come.size() * sizeof(RuleChangeData);
}

uint64_t BytesOf(const SealedWindow& window) {
  uint64_t bytes = sizeof(SealedWindowData);
  for (const FirstPoint& first : window.first_points) bytes += BytesOf(first.point);
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
  data.point_count = window.first_points.size();
  Pen pen(at);
  pen.Put(data);
  for (const FirstPoint& first : window.first_points) PutPoint(&pen, first.partition, first.point);
  pen.PutBytes(blocks.names, blocks.count * sizeof(uint32_t));
}

uint64_t BytesOf(const std::vector<StoredWindow>& windows, const std::vector<Step>& steps) {
  uint64_t bytes = sizeof(PublicationData) + windows.size() * sizeof(WindowRef);
  for (const Step& step : steps) {
    bytes += sizeof(StepData) + BytesOf(step.rest.point) + step.rest.moves.size() * sizeof(MoveData);
  }
  return bytes;
}

void Store(char* at, const Publication& publication, const std::vector<StoredWindow>& windows) {
  Pen pen(at);
  PublicationData data{};
  data.generation = publication.generation.value();
  data.sealed_upto = publication.sealed_upto.seconds();
  data.partition_count = publication.partition_count;
  data.last = publication.last ? 1 : 0;
  data.window_count = windows.size();
  data.step_count = publication.steps.size();
  pen.Put(data);
  for (const StoredWindow& window : windows) pen.Put(WindowRef{window.start.seconds(), window.at});
  for (const Step& step : publication.steps) PutStep(&pen, step);
}

Publication LoadPublication(const std::vector<char>& bytes, const char* slice_begin, uint64_t slice_bytes,
                            WindowStart closed_upto) {
  Eye eye(bytes.data(), bytes.size(), "publication");
  const auto data = eye.Take<PublicationData>();
  Publication publication;
  publication.generation = Generation(data.generation);
  publication.sealed_upto = WindowStart(data.sealed_upto);
  publication.partition_count = data.partition_count;
  publication.last = data.last != 0;
  for (uint64_t i = 0; i < data.window_count; ++i) {
    const auto ref = eye.Take<WindowRef>();
    // The worker may have reused what is closed already.
    if (WindowStart(ref.window_start) < closed_upto) continue;
    publication.windows.push_back(LoadWindow(slice_begin, slice_bytes, ref, publication.generation));
  }
  for (uint64_t i = 0; i < data.step_count; ++i) publication.steps.push_back(TakeStep(&eye));
  return publication;
}

}  // namespace headcount::shm
