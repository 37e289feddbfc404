#include "worker/worker_loop.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "common/base/check.h"
#include "common/base/limits.h"
#include "common/judge/point_text.h"
#include "common/log/crash_point.h"
#include "common/log/log.h"

namespace headcount {
namespace {

void LogFirstRecord(PartitionId p) {
  Log(LogAction::kReadingBegun, "first record partition=" + std::to_string(p.value()),
      {{LogLabel::kPartition, p.value()}});
}

Error CoordinatorGone() { return {ExitCode::kTryAgain, "the coordinator is gone"}; }

}  // namespace

WorkerLoop::WorkerLoop(const WorkerStart& start, std::unique_ptr<FrameSource> source)
    : start_(start),
      view_(start.memory, start.slot),
      source_(std::move(source)),
      decoder_(start.options->max_frame_bytes, start.options->fields),
      notes_(start.options) {}

// --- Start ---------------------------------------------------------------------------------------------------

bool WorkerLoop::WaitForClaim() {
  while (!view_.claimed()) {
    view_.Beat(MonotonicMs());
    if (parent_gone()) return false;
    WaitReadable({start_.wakeups->worker(start_.slot).fd(), start_.parent_fd}, limits::kIdleWaitMs);
    start_.wakeups->worker(start_.slot).Clear();
  }
  return true;
}

SafePoint WorkerLoop::StartOf(PartitionId p) const {
  const Result<CommittedPoint> point = ParsePointText(view_.point_text(p));
  HC_CHECK(point.ok(), "the start of partition " + std::to_string(p.value()) + ": " + point.error().message);
  return point->safe;
}

// Partitions up to `partition_count` that are this slot's and not read yet.
Result<void> WorkerLoop::AddPartitions(int32_t partition_count) {
  const ReadingTools tools{start_.options, source_.get(), &decoder_, start_.key, store_.get(), &view_, &notes_};
  const bool first = partition_count_ == 0;
  std::vector<StartPosition> starts;
  for (int32_t n = start_.slot.value(); n < partition_count; n += view_.slots()) {
    const PartitionId p(n);
    if (n < partition_count_) continue;
    SafePoint start = StartOf(p);
    // What this worker has sealed is closed to a partition that joins it.
    if (!first && store_->sealed_upto().is_set()) {
      start.moves = {{start.point.offset, Move::Kind::kExcuse, store_->sealed_upto(), WallClock()}};
    }
    starts.push_back({p, start.point.first_needed()});
    readers_.push_back(std::make_unique<PartitionReader>(tools, p, readers_.size(), start, view_.until(p), now_ms_));
    partitions_.push_back(p);
  }
  for (const PoisonFrame& poison : start_.poison) {
    for (const auto& reader : readers_) {
      if (first && reader->partition() == poison.partition) reader->AddPoison(poison.offset);
    }
  }
  partition_count_ = partition_count;
  return first ? source_->Start(starts) : starts.empty() ? Result<void>() : source_->Add(starts);
}

void WorkerLoop::BeginLife() {
  now_ms_ = MonotonicMs();
  view_.BeginLife(start_.generation, now_ms_);
}

Result<void> WorkerLoop::StartReading() {
  closed_upto_ = published_sealed_upto_ = view_.closed_upto();
  store_ =
      std::make_unique<WindowStore>(view_.slice(), start_.generation, closed_upto_, [this] { return WaitForRoom(); });
  if (Result<void> added = AddPartitions(view_.partition_count()); !added) return added;
  published_ms_ = now_ms_;
  return {};
}

Result<void> WorkerLoop::Run() {
  BeginLife();
  // While the writer makes its claim.
  const int32_t ours = (view_.partition_count() - start_.slot.value() + view_.slots() - 1) / view_.slots();
  if (Result<void> prepared = source_->Prepare(static_cast<size_t>(ours)); !prepared) return prepared;
  if (!WaitForClaim()) return CoordinatorGone();
  if (Result<void> started = StartReading(); !started) return started;
  for (;;) {
    if (parent_gone()) return CoordinatorGone();
    const Result<RoundEnd> ended = Round();
    if (!ended) return ended.error();
    if (*ended == RoundEnd::kLast) return {};
    if (*ended == RoundEnd::kIdle) WaitForWork();
  }
}

// --- One round of the loop -----------------------------------------------------------------------------------

Result<WorkerLoop::RoundEnd> WorkerLoop::Round() {
  now_ms_ = MonotonicMs();
  view_.Beat(now_ms_);
  notes_.Update(now_ms_);
  if (Result<void> news = TakeNews(); !news) return news.error();
  const bool draining = view_.draining();
  const Result<bool> read = draining ? Result<bool>(false) : ReadOneBatch();
  if (!read) return read.error();
  UpdateExcuses();
  if (Result<void> sealed = SealWhatIsPossible(); !sealed) return sealed.error();
  if (draining || NothingLeftToDo()) {
    ShowStatus();
    // Once the last publication is made the whole job may be over before we are.
    notes_.TellAll();
    LogAllThatWasLeftOut();
    if (Result<void> published = Publish(true); !published) return published.error();
    return RoundEnd::kLast;
  }
  if (Result<void> published = PublishIfDue(); !published) return published.error();
  ShowStatusIfDue();
  return *read ? RoundEnd::kBusy : RoundEnd::kIdle;
}

Result<void> WorkerLoop::TakeNews() {
  const WindowStart closed = view_.closed_upto();
  if (closed > closed_upto_) {
    closed_upto_ = closed;
    store_->ReleaseUpTo(closed);
    for (const auto& reader : readers_) reader->ForgetClosedMoves();
  }
  const int32_t count = view_.partition_count();
  if (count > partition_count_ && !start_.options->until_end) {
    if (Result<void> added = AddPartitions(count); !added) return added;
    // Nothing closes before every worker has said that it knows them.
    return Publish(false);
  }
  return {};
}

std::vector<PartitionReader*> WorkerLoop::ReadersByWatermark() const {
  std::vector<PartitionReader*> order;
  order.reserve(readers_.size());
  for (const auto& reader : readers_) order.push_back(reader.get());
  std::stable_sort(order.begin(), order.end(),
                   [](const PartitionReader* a, const PartitionReader* b) { return a->watermark() < b->watermark(); });
  return order;
}

// Reads from the partition that is furthest behind; from a later one where that has nothing here. Answers
// whether anything was read.
Result<bool> WorkerLoop::ReadOneBatch() {
  source_->ClearReady();
  RefreshClocks();
  if (store_->sealed().size() > limits::kSealedBacklog && WriterCanCloseSome()) return false;
  const EventTime not_beyond = NotBeyond();
  for (PartitionReader* reader : ReadersByWatermark()) {
    if (!reader->MayRead(not_beyond)) continue;
    const int64_t began_us = MonotonicUs();
    Result<size_t> taken = reader->ReadSome(limits::kBatchFrames, not_beyond, now_ms_);
    if (!taken) return taken.error();
    if (store_->out_of_memory()) return OutOfMemory();
    if (*taken > 0) {
      if (records_ == 0) LogFirstRecord(reader->partition());
      records_ += *taken;
      batches_.Add(MonotonicUs() - began_us);
      if (reader->told_time()) WakeIfAsleep();
      return true;
    }
    if (reader->HasMore()) source_->Nudge(reader->partition());
    view_.Beat(MonotonicMs());  // a source in trouble asks its leader before it gives up
    // An excused one holds nobody back: its silence must not keep the one that does from being read.
    if (Crowded() && !reader->excused()) break;
  }
  return false;
}

void WorkerLoop::UpdateExcuses() {
  // What the job could seal without a partition is up to the next slowest, here or elsewhere.
  EventTime slowest = EventTime::Forever();
  EventTime second = EventTime::Forever();
  for (const auto& reader : readers_) {
    if (reader->excused()) continue;
    second = std::min(second, std::max(slowest, reader->watermark()));
    slowest = std::min(slowest, reader->watermark());
  }
  bool asked = false;
  for (size_t i = 0; i < readers_.size(); ++i) {
    const size_t place = (next_to_ask_ + i) % readers_.size();
    PartitionReader& reader = *readers_[place];
    const EventTime others =
        std::min(others_clock_.slowest, !reader.excused() && reader.watermark() == slowest ? second : slowest);
    // Where nobody else is left to go on, nobody is held back: Forever allows no boundary.
    if (reader.UpdateExcuse(start_.options->rule.SealableBy(others), !asked, now_ms_)) {
      asked = true;
      next_to_ask_ = place + 1;
      view_.Beat(MonotonicMs());
    }
  }
  RefreshClocks();
}

WindowStart WorkerLoop::SealableNow() const {
  const CountingRule& rule = start_.options->rule;
  const bool any_excused =
      std::any_of(readers_.begin(), readers_.end(), [](const auto& reader) { return reader->excused(); });
  const EventTime slowest = any_excused ? JobClock().slowest : own_clock_.slowest;
  const WindowStart upto = slowest == EventTime::Forever() ? SealableWhereAllAreExcused() : rule.SealableBy(slowest);
  return std::min(upto, WindowStart(view_.last_boundary().seconds()));
}

// No watermark holds anything back. Where all is read, the job goes to the end of the last window. While it streams,
// the wall clock lets it go to the end of the last window that it has passed by, and no further: frames of a later
// window may be of any time, since a topic that is filled with history is as silent as one at night until the first
// frame.
WindowStart WorkerLoop::SealableWhereAllAreExcused() const {
  const shm::Clock job = JobClock();
  if (!start_.options->until_end) return WindowStart(job.overdue_end.seconds());
  return start_.options->leave_open ? WindowStart::Unset() : WindowStart(job.latest_end.seconds());
}

Result<void> WorkerLoop::SealWhatIsPossible() {
  const WindowStart upto = SealableNow();
  if (upto <= store_->sealed_upto()) return {};
  for (const auto& reader : readers_) {
    if (reader->excused()) reader->Pass(upto);
  }
  CrashPoint("worker.sealing");
  store_->SealUpTo(upto, partitions_);
  CrashPoint("worker.sealed");
  if (store_->out_of_memory()) return OutOfMemory();
  for (const auto& reader : readers_) reader->ForgetWindow();
  RefreshClocks();
  if (Result<void> published = Publish(false); !published) return published;
  Log(LogAction::kWindowSealed, "sealed upto=" + std::to_string(upto.seconds()), {{LogLabel::kUpto, upto.seconds()}});
  return {};
}

Result<void> WorkerLoop::PublishIfDue() {
  if (records_ == records_published_ || now_ms_ - published_ms_ < limits::kPublishEveryMs) return {};
  return Publish(false);
}

Result<void> WorkerLoop::Publish(bool last) {
  shm::Publication publication{start_.generation, store_->sealed_upto(), partition_count_, last, {}, {}};
  for (const auto& reader : readers_) publication.steps.push_back(reader->MakeStep());
  view_.BeginPublication();
  const uint64_t bytes = shm::BytesOf(store_->sealed(), publication.steps);
  const WindowStore::Room room = store_->PublicationRoom(bytes);
  if (room.begin == nullptr) return OutOfMemory();
  shm::Store(room.begin, publication, store_->sealed());
  CrashPoint("worker.publishing");
  view_.FinishPublication(room.at, bytes, store_->sealed_upto());
  published_sealed_upto_ = store_->sealed_upto();
  records_published_ = records_;
  published_ms_ = now_ms_;
  start_.wakeups->writer().Signal();
  CrashPoint("worker.published");
  return {};
}

bool WorkerLoop::NothingLeftToDo() const {
  if (!start_.options->until_end) return false;
  const shm::Clock job = JobClock();
  if (start_.options->leave_open) {
    // A partition ahead of a slowest one that stands still for good will not be read on either.
    return job.final && std::none_of(readers_.begin(), readers_.end(), [this](const auto& reader) {
             return !reader->read_to_until() && reader->MayRead(NotBeyond());
           });
  }
  if (job.slowest != EventTime::Forever() || !job.final) return false;
  return store_->sealed_upto().time() >= std::min(job.latest_end, view_.last_boundary());
}

void WorkerLoop::ShowStatusIfDue() {
  if (now_ms_ - status_shown_ms_ >= limits::kShowStatusEveryMs) ShowStatus();
}

void WorkerLoop::ShowStatus() {
  status_shown_ms_ = now_ms_;
  LogWhatWasLeftOut(now_ms_);
  const WindowStore::NotClosed not_closed = store_->CountNotClosed();
  shm::WorkerStatus status;
  status.records = records_;
  status.memory_bytes = store_->used_bytes();
  status.lost_records = source_->LostRecords();
  status.open_windows = not_closed.windows;
  status.open_users = not_closed.users;
  status.batches = batches_;
  status.judged = store_->judged_counts();
  for (const auto& reader : readers_) {
    view_.ShowPartition(reader->partition(), reader->Status(NotBeyond(), now_ms_));
    if (const std::optional<RecordMark> mark = source_->Mark(reader->partition())) {
      view_.ShowMark(reader->partition(), *mark);
    }
    status.waiting += reader->waiting();
    status.record_bytes += reader->record_bytes();
    status.lost_records += reader->lost_held();
    status.tombstones += reader->tombstones();
    reader->TellIfUncounted(now_ms_);
  }
  view_.ShowWorker(status);
  view_.ShowRejected(notes_.last());
}

void WorkerLoop::WaitForWork() {
  const EventTime not_beyond = NotBeyond();
  const bool starved = std::any_of(readers_.begin(), readers_.end(), [not_beyond](const auto& reader) {
    return reader->MayRead(not_beyond) && reader->HasMore();
  });
  view_.WantsClock(true);
  const shm::Clock others = view_.OthersClock();
  // Otherwise a clock that moved before we said that we wait would be seen only when the time is up.
  if (others.slowest == others_clock_.slowest && others.final == others_clock_.final) {
    WaitReadable({start_.wakeups->worker(start_.slot).fd(), start_.parent_fd, source_->ReadyFd()},
                 starved ? limits::kStarvedWaitMs : limits::kIdleWaitMs);
  }
  view_.WantsClock(false);
  start_.wakeups->worker(start_.slot).Clear();
}

// --- The clock -----------------------------------------------------------------------------------------------

shm::Clock WorkerLoop::OwnClock() const {
  shm::Clock clock;
  for (const auto& reader : readers_) {
    // An excused one whose moves are full waits for the commit that lets it read on: the job is not over before.
    const bool final = reader->read_to_until() || (reader->excused() && start_.options->leave_open);
    const EventTime watermark = reader->excused() ? EventTime::Forever() : reader->watermark();
    clock = Slower(clock, {watermark, final});
  }
  const CountingRule& rule = start_.options->rule;
  if (store_->latest().is_set()) clock.latest_end = rule.EndOf(store_->latest());
  // A window that is sealed here still counts: other workers may not have sealed up to it yet.
  clock.overdue_end = own_clock_.overdue_end;
  if (clock.slowest == EventTime::Forever()) {
    const WindowStart overdue = store_->NewestNotClosedBefore(rule.SealableBy(WallClock()));
    if (overdue.is_set()) clock.overdue_end = std::max(clock.overdue_end, rule.EndOf(overdue));
  }
  return clock;
}

// Shows the own clock, and wakes the workers that wait for it.
void WorkerLoop::ShowOwnClock() {
  const shm::Clock own = OwnClock();
  const bool moved =
      own.slowest != own_clock_.slowest || own.final != own_clock_.final || own.overdue_end != own_clock_.overdue_end;
  own_clock_ = own;
  view_.ShowClock(own, partition_count_);
  if (!moved) return;
  for (const SlotId slot : view_.WaitingForClock()) start_.wakeups->worker(slot).Signal();
}

// Shows the own clock and looks at the others'. Where one of them was woken, the partitions here hold the clock from
// now on: what is sealed next by the clocks seen here must not pass them.
void WorkerLoop::RefreshClocks() {
  ShowOwnClock();
  others_clock_ = view_.OthersClock();
  if (const int64_t woken_ms = view_.WokenMs(); woken_ms > woken_ms_) {
    Wake(woken_ms);
  } else if (JobClock().slowest == EventTime::Forever() && !start_.options->until_end && !view_.asleep()) {
    view_.ShowAsleep(now_ms_);
  }
}

// A record has come that tells the time. Where all partitions of the job were excused until then, all hold the clock
// again, so that those whose first record comes a little later are waited for.
void WorkerLoop::WakeIfAsleep() {
  if (!view_.asleep()) return;
  const int64_t now_ms = MonotonicMs();
  view_.ShowWoken(now_ms);
  Wake(now_ms);
}

void WorkerLoop::Wake(int64_t woken_ms) {
  woken_ms_ = woken_ms;
  for (const auto& reader : readers_) reader->OnJobWoken(woken_ms);
  ShowOwnClock();
}

// --- Memory --------------------------------------------------------------------------------------------------

bool WorkerLoop::Crowded() const {
  return store_->used_bytes() > store_->total_bytes() / limits::kCrowdedDenominator * limits::kCrowdedNumerator;
}

// Whether the writer can close a published window of ours without anything else happening first.
bool WorkerLoop::WriterCanCloseSome() const {
  if (store_->sealed().empty()) return false;
  const EventTime closable = std::min(view_.OthersSealedUpto(), published_sealed_upto_.time());
  return store_->sealed().front().start.time() < closable;
}

// Whether a published window of ours is not closed yet. Who has not sealed it is behind us, or has died and will
// read it again; the writer closes it once everybody has.
bool WorkerLoop::MayGetRoom() const {
  return !store_->sealed().empty() && store_->sealed().front().start < published_sealed_upto_;
}

// The slice is full: waits while windows may be closed. Answers whether there is more room now.
bool WorkerLoop::WaitForRoom() {
  const uint64_t used = store_->used_bytes();
  const int64_t deadline = MonotonicMs() + limits::kWaitForRoomMs;
  while (MayGetRoom() && MonotonicMs() < deadline && !parent_gone()) {
    view_.Beat(MonotonicMs());
    WaitReadable({start_.wakeups->worker(start_.slot).fd(), start_.parent_fd}, limits::kIdleWaitMs);
    start_.wakeups->worker(start_.slot).Clear();
    store_->ReleaseUpTo(view_.closed_upto());
    if (store_->used_bytes() < used) return true;
  }
  return false;
}

Error WorkerLoop::OutOfMemory() const {
  return {ExitCode::kHumanNeeded,
          "the open windows of worker " + std::to_string(start_.slot.value()) + " do not fit into its " +
              std::to_string(store_->total_bytes() >> 20) +
              " MiB of memory: nothing wrong was published; start again with a bigger --memory"};
}

}  // namespace headcount
