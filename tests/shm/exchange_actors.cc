#include "tests/shm/exchange_actors.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/judge/commit_metadata.h"

namespace headcount::test {

World::World(uint64_t seed, int32_t slots, size_t partitions)
    : content(seed), random(seed), memory(shm::JobMemory::Create(slots, kSliceBytes).value()) {
  plain.slots.resize(static_cast<size_t>(slots));
  stored.points.resize(partitions);
  stored.first_windows.resize(partitions);
}

bool World::Has(int32_t partition, int64_t n) const {
  return n >= stored.first_windows[static_cast<size_t>(partition)] && content.Has(partition, n);
}

void World::ResetMemory() {
  const auto slots = static_cast<int32_t>(plain.slots.size());
  memory = shm::JobMemory::Create(slots, kSliceBytes).value();
  plain = PlainMemory();
  plain.slots.resize(static_cast<size_t>(slots));
}

// --- A worker ------------------------------------------------------------------------------------------------

void ModelledWorker::Step() {
  switch (at_) {
    case At::kForked: return BeginGeneration();
    case At::kBegun: return StartReading();
    case At::kReading: return ReadOrLook();
    case At::kHandOffBegun: return StoreHalf();
    case At::kHalfStored: return StoreAll();
    case At::kStored: return FinishHandOff();
    case At::kLast: return TakeNews();
  }
}

void ModelledWorker::BeginGeneration() {
  view_.BeginGeneration(Generation(generation_), ++world_->now_ms);
  world_->plain.BeginGeneration(place_, generation_, world_->now_ms);
  at_ = At::kBegun;
}

void ModelledWorker::StartReading() {
  if (!view_.taken_over()) return;
  next_ = Content::NumberOf(view_.closed_frontier());
  const auto no_room = [] { return false; };
  store_ = std::make_unique<WindowStore>(view_.slice(), Generation(generation_), Content::Window(next_), no_room);
  LearnPartitions();
  BeginHandOff(false);
}

void ModelledWorker::ReadOrLook() {
  switch (random().Below(12)) {
    case 0: return TakeNews();
    case 1: return ShowLowWatermark();
    case 2: return WantClock();
    case 3: return ShowStatus();
    case 4: return random().Chance(0.3) ? BeginHandOff(false) : BeatAndDecode();
    default: return view_.draining() || next_ == World::kWindows ? BeginHandOff(true) : Read();
  }
}

void ModelledWorker::LearnPartitions() {
  partition_count_ = view_.partition_count();
  partitions_.clear();
  for (auto p = static_cast<int32_t>(place_); p < partition_count_; p += view_.slots()) partitions_.emplace_back(p);
}

// Half of a window's users; some of the window behind it may come first.
void ModelledWorker::Read() {
  if (view_.partition_count() > partition_count_) return TakeNews();
  const bool may_go_ahead = next_ + 1 < World::kWindows && halves_[1] < 2;
  const size_t ahead = may_go_ahead && random().Chance(0.3) ? 1 : 0;
  if (halves_[ahead] < 2) {
    AddHalf(next_ + static_cast<int64_t>(ahead), halves_[ahead]++);
  } else {
    Seal();
  }
  Expect(!store_->out_of_memory(), "the slice is full: something is not released");
}

void ModelledWorker::AddHalf(int64_t n, int half) {
  for (size_t place = 0; place < partitions_.size(); ++place) {
    if (world_->Has(partitions_[place].value(), n)) AddHalf(place, n, half);
  }
}

void ModelledWorker::AddHalf(size_t place, int64_t n, int half) {
  const int32_t p = partitions_[place].value();
  PlainWindow& right = windows_[n];
  WindowStore::OpenWindow* window = store_->Find(Content::Window(n));
  Expect(window != nullptr, "an open window is not there");
  window->first_contributions.resize(std::max(window->first_contributions.size(), place + 1));
  window->first_contributions[place] = right.firsts[p] = world_->content.First(p, n);
  const std::vector<uint64_t> users = world_->content.Users(p, n);
  for (size_t i = static_cast<size_t>(half); i < users.size(); i += 2) {
    store_->AddUser(window, Content::PrintOf(users[i]));
    right.users.insert(users[i]);
  }
  if (half == 0) return;
  store_->Count(window, world_->content.Counts(p, n));
  right.counts += world_->content.Counts(p, n);
}

void ModelledWorker::Seal() {
  store_->SealUpTo(Content::Window(++next_), partitions_);
  halves_[0] = std::exchange(halves_[1], 0);
  BeginHandOff(false);
}

void ModelledWorker::TakeNews() {
  const WindowStart closed = view_.closed_frontier();
  store_->ReleaseUpTo(closed);
  windows_.erase(windows_.begin(), windows_.lower_bound(std::min(Content::NumberOf(closed), next_)));
  if (view_.partition_count() == partition_count_) return;
  LearnPartitions();
  BeginHandOff(at_ == At::kLast);
}

// --- Publishing ----------------------------------------------------------------------------------------------

void ModelledWorker::BeginHandOff(bool last) {
  view_.BeginHandOff();
  hand_off_ = {Generation(generation_), Content::Window(next_), partition_count_, last, {}, {}};
  for (const PartitionId p : partitions_) hand_off_.partitions.push_back(world_->content.StepAt(p.value(), next_));
  PlainWindows sealed(windows_.begin(), windows_.lower_bound(next_));
  right_ = {generation_, next_, partition_count_, last, hand_off_.partitions, std::move(sealed)};
  bytes_ = shm::BytesOf(store_->sealed(), hand_off_.partitions);
  room_ = store_->HandOffSpace(bytes_);
  Expect(room_.begin != nullptr, "no room for a publication");
  at_ = At::kHandOffBegun;
}

void ModelledWorker::StoreHalf() {
  std::memset(room_.begin, static_cast<int>(random().Below(256)), bytes_);
  at_ = At::kHalfStored;
}

void ModelledWorker::StoreAll() {
  shm::Store(room_.begin, hand_off_, store_->sealed());
  at_ = At::kStored;
}

void ModelledWorker::FinishHandOff() {
  view_.FinishHandOff(room_.at, bytes_, Content::Window(next_));
  plain().sealed_frontier = Content::Window(next_).time();
  at_ = right_.last ? At::kLast : At::kReading;
  plain().published = std::move(right_);
}

// --- What others look at -------------------------------------------------------------------------------------

void ModelledWorker::ShowLowWatermark() {
  const EventTime some[] = {EventTime::Unset(), EventTime::Forever(), EventTime(60), EventTime(61), EventTime(90)};
  plain().clock = {random().Pick(some), random().Chance(0.5), EventTime(60 * random().Between(1, 3))};
  plain().partition_count = partition_count_;
  view_.ShowLowWatermark(plain().clock, partition_count_);
}

void ModelledWorker::WantClock() {
  plain().wants_low_watermark = random().Chance(0.5);
  view_.WantsLowWatermark(plain().wants_low_watermark);
}

void ModelledWorker::BeatAndDecode() {
  plain().heartbeat_ms = ++world_->now_ms;
  view_.Beat(world_->now_ms);
  if (plain().decoding) {
    plain().decoding.reset();
    return view_.Decoded();
  }
  plain().decoding = {static_cast<int32_t>(place_), random().Between(0, 99)};
  view_.Decoding(PartitionId(plain().decoding->first), Offset(plain().decoding->second));
}

void ModelledWorker::ShowStatus() {
  plain().status.records += random().Below(100);
  plain().status.record_bytes += random().Below(1000);
  plain().status.open_windows = random().Below(10);
  plain().status.open_users = random().Below(1000);
  plain().status.batches.Add(random().Between(0, 40'000'000));
  plain().status.unattributed.late = random().Below(10);
  plain().status.judged = store_->judged_counts();
  view_.ShowWorker(plain().status);
  const PartitionId p = partitions_[random().Below(partitions_.size())];
  shm::PartitionStatus status;
  status.position = Offset(random().Between(-1, 99));
  status.watermark = EventTime(random().Between(0, 99));
  status.idle_reason = random().Chance(0.5) ? shm::IdleReason::kSilent : shm::IdleReason::kNone;
  view_.ShowPartition(p, status);
  world_->plain.partitions[static_cast<size_t>(p.value())].shown = status;
}

// --- The writer ----------------------------------------------------------------------------------------------

void ModelledWriter::Step(bool grows) {
  switch (at_) {
    case At::kStarting: return Open();
    case At::kCounted: return TakeOver();
    case At::kRound: return BeginRound(grows);
    case At::kTaking: return Take();
    case At::kMerging: return Merge();
    case At::kCommitting: return Commit();
    case At::kStoringPoints: return StoreNextPoint();
    case At::kTelling: return Tell();
    case At::kDone: return;
  }
}

void ModelledWriter::CheckUnconfirmed() const {
  for (size_t s = 0; s < unconfirmed_.size(); ++s) {
    if (unconfirmed_[s]) right_[s]->CompareWindows(*unconfirmed_[s], world_->plain.closed);
  }
}

void ModelledWriter::Open() {
  const size_t count = stored().points.size();
  for (size_t p = 0; p < count; ++p) view_.OpenPartition(PartitionId(static_cast<int32_t>(p)));
  view_.RaisePartitionCount(static_cast<int32_t>(count));
  view_.EnterState(shm::WriterState::kCounted);
  plain().partitions.assign(count, PlainPartition{"", -1, {}});
  plain().state = shm::WriterState::kCounted;
  at_ = At::kCounted;
}

void ModelledWriter::TakeOver() {
  for (size_t p = 0; p < stored().points.size(); ++p) StoreSafePoint(p);
  view_.CloseUpTo(Content::Window(stored().closed), RunId(1), Sequence(stored().sequence));
  view_.EnterState(shm::WriterState::kTakenOver);
  plain().closed = stored().closed;
  plain().state = shm::WriterState::kTakenOver;
  at_ = At::kRound;
}

void ModelledWriter::BeginRound(bool grows) {
  unconfirmed_.clear();
  right_.clear();
  if (grows && stored().points.size() < 6 && world_->random.Chance(0.05)) return AddPartition();
  view_.Acknowledge();
  for (PlainSlot& slot : plain().slots) {
    if (slot.acknowledged != slot.raised) slot.closed = {};
    slot.acknowledged = slot.raised;
  }
  at_ = At::kTaking;
}

// It holds nothing in windows that a worker may have begun, so that nobody has to call anything late.
void ModelledWriter::AddPartition() {
  int64_t sealed = stored().closed;
  for (const PlainSlot& slot : plain().slots) {
    if (slot.published) sealed = std::max(sealed, slot.published->sealed);
  }
  stored().first_windows.push_back(sealed + 3);
  stored().points.emplace_back();
  plain().partitions.emplace_back();
  const size_t p = plain().partitions.size() - 1;
  view_.OpenPartition(PartitionId(static_cast<int32_t>(p)));
  StoreSafePoint(p);
  view_.RaisePartitionCount(static_cast<int32_t>(p) + 1);
}

void ModelledWriter::Take() {
  const size_t s = unconfirmed_.size();
  const PlainHandOff* right = plain().slots[s].Takeable();
  unconfirmed_.push_back(view_.TakeHandOff(SlotId(static_cast<int32_t>(s)), Content::Window(stored().closed)));
  Expect(unconfirmed_[s].has_value() == (right != nullptr), "whether the writer gets a publication");
  if (right != nullptr) right->Compare(*unconfirmed_[s], stored().closed);
  right_.push_back(right == nullptr ? std::nullopt : std::optional<PlainHandOff>(*right));
  if (unconfirmed_.size() == std::min(plain().slots.size(), plain().partitions.size())) at_ = At::kMerging;
}

void ModelledWriter::Merge() {
  const WindowStart closed = Content::Window(stored().closed);
  const WindowStart sealed = SealedByAll(unconfirmed_, static_cast<int32_t>(plain().partitions.size()));
  frontier_ = BoundedFrontier(unconfirmed_, std::max(closed, sealed), 60, 1 + world_->random.Below(4));
  records_ = MergeWindows(unconfirmed_, frontier_, 60);
  at_ = frontier_ > closed ? At::kCommitting : sealed.is_set() && AllLast(unconfirmed_) ? At::kDone : At::kRound;
}

// If the writer dies before this, nothing has happened; after it, everything has.
void ModelledWriter::Commit() {
  for (const CountRecord& record : records_) {
    Expect(stored().records.emplace(Content::NumberOf(record.start), record).second, "a window is published twice");
  }
  for (const PartitionSafePoint& point : SafePoints(unconfirmed_, frontier_)) {
    stored().points[static_cast<size_t>(point.partition.value())] = point.safe;
  }
  stored().closed = Content::NumberOf(frontier_);
  ++stored().sequence;
  points_stored_ = 0;
  at_ = At::kStoringPoints;
}

void ModelledWriter::StoreSafePoint(size_t partition) {
  const CommitHeader header{RunId(1), Sequence(stored().sequence), Content::Window(stored().closed), 60};
  const SafePoint& safe = stored().points[partition];
  PlainPartition& right = plain().partitions[partition];
  right.state = ToText(header, safe);
  right.safe_offset = safe.state.offset.value();
  view_.StoreSafePoint(PartitionId(static_cast<int32_t>(partition)), right.state, safe.state.offset);
}

void ModelledWriter::StoreNextPoint() {
  if (points_stored_ < plain().partitions.size()) return StoreSafePoint(points_stored_++);
  for (const CountRecord& record : records_) plain().published += record.counts;
  plain().minutes += records_.size();
  view_.ShowPublished(plain().published, plain().minutes);
  at_ = At::kTelling;
}

void ModelledWriter::Tell() {
  for (size_t s = 0; s < unconfirmed_.size(); ++s) {
    if (!unconfirmed_[s]) continue;
    VerdictCounts closed;
    for (const shm::SealedWindow& window : unconfirmed_[s]->windows) {
      if (window.start < frontier_) closed += window.counts;
    }
    view_.ShowClosed(SlotId(static_cast<int32_t>(s)), closed);
    plain().slots[s].closed += closed;
  }
  view_.CloseUpTo(frontier_, RunId(1), Sequence(stored().sequence));
  plain().closed = Content::NumberOf(frontier_);
  at_ = At::kRound;
}

}  // namespace headcount::test
