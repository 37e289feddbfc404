#include "tests/shm/exchange_model.h"

#include <algorithm>

#include "common/base/limits.h"
#include "common/shm/writer_view.h"
#include "tests/support/owned_table.h"
#include "tests/support/random.h"

namespace headcount::test {
namespace {

void Equal(const shm::LowWatermark& seen, const shm::LowWatermark& right, const char* what) {
  Expect(seen.slowest == right.slowest && seen.final == right.final && seen.latest_end == right.latest_end, what);
}

uint64_t Excess(uint64_t more, uint64_t less) { return more > less ? more - less : 0; }

WatermarkRules RulesFor(Random* random, int64_t n) {
  const auto any = [random] { return WatermarkRule{static_cast<int64_t>(random->Below(90)), 0}; };
  WatermarkRules rules;
  if (random->Chance(0.8)) rules.now = any();
  if (random->Chance(0.3)) rules.late_before = WindowStart(60 * n);
  for (uint64_t i = random->Below(limits::kMaxRuleChanges + 1); i > 0; --i) {
    rules.to_come.push_back({WindowStart(60 * n + static_cast<int64_t>(i)), any()});
  }
  return rules;
}

}  // namespace

// --- What there is to count ----------------------------------------------------------------------------------

uint64_t Content::Draw(int32_t partition, int64_t n, uint64_t what) const {
  return Random::Mix(Random::Mix(Random::Mix(seed_ + what) + static_cast<uint64_t>(n)) +
                     static_cast<uint64_t>(partition));
}

bool Content::Has(int32_t partition, int64_t n) const { return Draw(partition, n, 1) % 5 > 0; }

std::vector<uint64_t> Content::Users(int32_t partition, int64_t n) const {
  if (!Has(partition, n)) return {};
  Random random(Draw(partition, n, 2));
  // Sometimes more than the smallest table holds, so that it grows and moves.
  const bool many = random.Chance(0.03);
  const uint64_t count = many ? 150 + random.Below(150) : random.Below(6);
  std::vector<uint64_t> users;
  for (uint64_t i = 0; i < count; ++i) users.push_back(random.Below(many ? 1'000 : 12));
  return users;
}

VerdictCounts Content::Counts(int32_t partition, int64_t n) const {
  VerdictCounts counts;
  if (!Has(partition, n)) return counts;
  counts.counted = Users(partition, n).size();
  counts.late = Draw(partition, n, 3) % 3;
  counts.future = Draw(partition, n, 4) % 3;
  counts.invalid_by_reason[Draw(partition, n, 5) % kInvalidReasons] = 1;
  return counts;
}

JudgeState Content::First(int32_t partition, int64_t n) const {
  Random random(Draw(partition, n, 6));
  JudgeState point{Offset(100 * n + 10), random.Chance(0.5), EventTime(60 * n), {}, {}};
  point.unattributed.future = random.Below(9);
  for (uint64_t i = random.Below(4); i > 0; --i) {
    point.unconfirmed.push_back(
        {Offset(100 * n + 10 - static_cast<int64_t>(i)), static_cast<int32_t>(random.Below(9)) - 4});
  }
  point.rules = RulesFor(&random, n);
  return point;
}

shm::PartitionProgress Content::StepAt(int32_t partition, int64_t sealed) const {
  Random random(Draw(partition, sealed, 7));
  JudgeState rest = First(partition, sealed);
  rest.offset = Offset(100 * sealed + 5);
  rest.unconfirmed.clear();
  shm::PartitionProgress step{PartitionId(partition), Offset(100 * sealed + 50), EventTime(60 * sealed), {rest, {}}};
  for (uint64_t i = random.Below(4); i > 0; --i) {
    step.rest.decisions.push_back({Offset(100 * sealed + 50), Decision::Kind::kIdle, Window(sealed), EventTime(7)});
  }
  return step;
}

// --- Publications --------------------------------------------------------------------------------------------

void PlainHandOff::Compare(const shm::HandOff& seen, int64_t closed) const {
  Expect(seen.generation == Generation(generation), "the generation of a publication");
  Expect(seen.sealed_frontier == Content::Window(sealed), "how far a publication is sealed");
  Expect(seen.partition_count == partition_count, "the partition count of a publication");
  Expect(seen.last == last, "whether a publication is the last");
  Expect(seen.partitions.size() == steps.size(), "the number of steps");
  for (size_t i = 0; i < steps.size(); ++i) {
    Expect(seen.partitions[i].partition == steps[i].partition && seen.partitions[i].position == steps[i].position &&
               seen.partitions[i].watermark == steps[i].watermark && seen.partitions[i].rest == steps[i].rest,
           "the step of partition", steps[i].partition.value());
  }
  CompareWindows(seen, closed);
}

void PlainHandOff::CompareWindows(const shm::HandOff& seen, int64_t closed) const {
  auto window = seen.windows.begin();
  while (window != seen.windows.end() && window->start < Content::Window(closed)) ++window;
  for (auto plain = windows.lower_bound(closed); plain != windows.end(); ++plain, ++window) {
    const int64_t n = plain->first;
    const PlainWindow& right = plain->second;
    Expect(window != seen.windows.end() && window->start == Content::Window(n), "a window is missing", n);
    Expect(window->counts == right.counts, "the counts", n);
    Expect(window->table.size() == right.users.size(), "the number of users", n);
    const std::vector<Fingerprint> seen_users = ReadAll(window->table);
    for (const uint64_t user : right.users) {
      const auto found = std::find(seen_users.begin(), seen_users.end(), Content::PrintOf(user));
      Expect(found != seen_users.end(), "a user", n);
    }
    Expect(seen_users.size() == right.users.size(), "the table", n);
    Expect(window->first_contributions.size() == right.firsts.size(), "the number of first points", n);
    for (const shm::FirstContribution& first : window->first_contributions) {
      const auto known = right.firsts.find(first.partition.value());
      Expect(known != right.firsts.end() && known->second == first.state, "a first point", n);
    }
  }
  Expect(window == seen.windows.end(), "a publication has a window too many");
}

// --- What everybody sees -------------------------------------------------------------------------------------

void PlainMemory::BeginGeneration(size_t slot, uint64_t generation, int64_t now_ms) {
  PlainSlot fresh;
  fresh.raised = slots[slot].raised;
  fresh.acknowledged = slots[slot].acknowledged;
  fresh.closed = slots[slot].closed;
  fresh.begun = generation;
  fresh.heartbeat_ms = now_ms;
  fresh.clock.slowest = EventTime::Unset();
  slots[slot] = fresh;
}

shm::LowWatermark PlainMemory::OthersLowWatermark(size_t self) const {
  std::vector<shm::LowWatermark> clocks;
  for (size_t s = 0; s < std::min(slots.size(), partitions.size()); ++s) {
    if (s == self) continue;
    const bool prepared = slots[s].alive() && slots[s].partition_count == static_cast<int32_t>(partitions.size());
    clocks.push_back(prepared ? slots[s].clock : shm::LowWatermark{EventTime::Unset(), false, EventTime::Unset()});
  }
  shm::LowWatermark all;  // of nobody
  for (const shm::LowWatermark& clock : clocks) {
    all.slowest = std::min(all.slowest, clock.slowest);
    all.latest_end = std::max(all.latest_end, clock.latest_end);
  }
  all.final = std::all_of(clocks.begin(), clocks.end(), [&all](const shm::LowWatermark& clock) {
    return clock.slowest != all.slowest || clock.final;
  });
  return all;
}

EventTime PlainMemory::OthersSealedFrontier(size_t self) const {
  EventTime frontier = EventTime::Forever();
  for (size_t s = 0; s < std::min(slots.size(), partitions.size()); ++s) {
    if (s != self) frontier = std::min(frontier, slots[s].alive() ? slots[s].sealed_frontier : EventTime::Unset());
  }
  return frontier;
}

void PlainMemory::Compare(const shm::JobMemory& memory) const {
  CompareCoordinator(shm::CoordinatorView(&memory));
  const shm::WriterView writer(&memory);
  for (size_t s = 0; s < slots.size(); ++s) {
    const SlotId slot(static_cast<int32_t>(s));
    CompareSlot(shm::CoordinatorView(&memory), s);
    CompareWorker(shm::WorkerView(&memory, slot));
    const PlainHandOff* right = slots[s].Takeable();
    const std::optional<shm::HandOff> seen = writer.TakeHandOff(slot, Content::Window(closed));
    Expect(seen.has_value() == (right != nullptr), seen ? "a publication that must not be taken" : "no publication");
    if (right != nullptr) right->Compare(*seen, closed);
  }
}

void PlainMemory::CompareCoordinator(const shm::CoordinatorView& view) const {
  const shm::WriterSnapshot writer = view.Writer();
  Expect(writer.state == state, "the writer's state");
  Expect(writer.partition_count == static_cast<int32_t>(partitions.size()), "the partition count");
  if (state >= shm::WriterState::kTakenOver) Expect(writer.closed_frontier == Content::Window(closed), "closed-up-to");
  Expect(writer.published == published && writer.minutes_published == minutes, "what is published");
  for (size_t p = 0; p < partitions.size(); ++p) {
    const PlainPartition& right = partitions[p];
    const shm::PartitionSnapshot seen = view.Partition(PartitionId(static_cast<int32_t>(p)));
    Expect(seen.safe_offset == Offset(right.safe_offset), "the safe offset of a partition");
    Expect(seen.shown == right.shown.has_value(), "whether a partition is shown");
    if (!right.shown) continue;
    Expect(seen.status.position == right.shown->position && seen.status.end == right.shown->end &&
               seen.status.watermark == right.shown->watermark && seen.status.unconfirmed == right.shown->unconfirmed &&
               seen.status.idle_reason == right.shown->idle_reason && seen.status.reading == right.shown->reading,
           "the status of a partition");
  }
}

void PlainMemory::CompareSlot(const shm::CoordinatorView& view, size_t s) const {
  const PlainSlot& right = slots[s];
  const shm::SlotSnapshot seen = view.Slot(SlotId(static_cast<int32_t>(s)));
  Expect(seen.acknowledged == Generation(right.acknowledged), "the acknowledged generation");
  Expect(seen.alive == right.alive(), "whether a worker lives");
  if (!right.alive()) return;
  Expect(seen.heartbeat_ms == right.heartbeat_ms, "a worker's heartbeat");
  Expect(seen.decoding_partition.has_value() == right.decoding.has_value(), "whether a frame is being decoded");
  if (right.decoding) {
    Expect(seen.decoding_partition == PartitionId(right.decoding->first) &&
               seen.decoding_offset == Offset(right.decoding->second),
           "the frame being decoded");
  }
  Expect(seen.generation == Generation(right.begun), "whose words these are");
  Expect(seen.status.records == right.status.records && seen.status.record_bytes == right.status.record_bytes &&
             seen.status.open_windows == right.status.open_windows &&
             seen.status.open_users == right.status.open_users && seen.status.batches == right.status.batches &&
             seen.status.unattributed == right.status.unattributed && seen.status.judged == right.status.judged,
         "a worker's status");
  Expect(seen.open.counted == Excess(right.status.judged.counted, right.closed.counted), "what is not closed yet");
}

void PlainMemory::CompareWorker(const shm::WorkerView& view) const {
  const auto self = static_cast<size_t>(view.slot().value());
  Expect(view.taken_over() == (state >= shm::WriterState::kTakenOver), "the claim");
  Expect(view.draining() == draining, "the call to drain");
  Equal(view.OthersLowWatermark(), OthersLowWatermark(self), "the clock of the others");
  Expect(view.OthersSealedFrontier() == OthersSealedFrontier(self), "how far the others have sealed");
  std::vector<SlotId> waiting;
  for (size_t s = 0; s < slots.size(); ++s) {
    if (s != self && slots[s].wants_low_watermark) waiting.emplace_back(static_cast<int32_t>(s));
  }
  Expect(view.WaitingForLowWatermark() == waiting, "who waits for a clock");
  if (state < shm::WriterState::kTakenOver) return;
  Expect(view.closed_frontier() == Content::Window(closed), "closed-up-to for a worker");
  for (size_t p = 0; p < partitions.size(); ++p) {
    Expect(view.commit_metadata(PartitionId(static_cast<int32_t>(p))) == partitions[p].state, "a start point");
  }
}

}  // namespace headcount::test
