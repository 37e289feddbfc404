#include "worker/worker_loop.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "common/base/check.h"
#include "common/base/limits.h"
#include "common/judge/commit_metadata.h"
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
      rejections_(start.options) {}

// --- Start ---------------------------------------------------------------------------------------------------

bool WorkerLoop::WaitForTakeOver() {
  while (!view_.taken_over()) {
    view_.Beat(MonotonicMs());
    if (parent_gone()) return false;
    WaitReadable({start_.wakeups->worker(start_.slot).fd(), start_.parent_fd}, limits::kIdleWaitMs);
    start_.wakeups->worker(start_.slot).Clear();
  }
  return true;
}

SafePoint WorkerLoop::StartOf(PartitionId p) const {
  const Result<CommitMetadata> state = ParseCommitMetadata(view_.commit_metadata(p));
  HC_CHECK(state.ok(), "the start of partition " + std::to_string(p.value()) + ": " + state.error().message);
  return state->safe;
}

// Adds this slot's partitions up to `partition_count` that it does not read yet.
Result<void> WorkerLoop::AddPartitions(int32_t partition_count) {
  const ReadingTools tools{start_.options, source_.get(), &decoder_, start_.key, store_.get(), &view_, &rejections_};
  const bool first = partition_count_ == 0;
  std::vector<StartPosition> starts;
  for (int32_t n = start_.slot.value(); n < partition_count; n += view_.slots()) {
    const PartitionId p(n);
    if (n < partition_count_) continue;
    SafePoint start = StartOf(p);
    // For a partition that joins, this worker's sealed windows count as closed.
    if (!first && store_->sealed_frontier().is_set()) {
      start.decisions = {{start.state.offset, Decision::Kind::kIdle, store_->sealed_frontier(), WallClock()}};
    }
    starts.push_back({p, start.state.first_needed()});
    readers_.push_back(
        std::make_unique<PartitionReader>(tools, p, readers_.size(), start, view_.stop_offset(p), now_ms_));
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

void WorkerLoop::BeginGeneration() {
  now_ms_ = MonotonicMs();
  view_.BeginGeneration(start_.generation, now_ms_);
}

Result<void> WorkerLoop::StartReading() {
  closed_frontier_ = handed_off_frontier_ = view_.closed_frontier();
  store_ = std::make_unique<WindowStore>(view_.slice(), start_.generation, closed_frontier_,
                                         [this] { return WaitForMemory(); });
  if (Result<void> added = AddPartitions(view_.partition_count()); !added) return added;
  handed_off_ms_ = now_ms_;
  return {};
}

Result<void> WorkerLoop::Run() {
  BeginGeneration();
  // Done while the writer makes its takeover.
  const int32_t ours = (view_.partition_count() - start_.slot.value() + view_.slots() - 1) / view_.slots();
  if (Result<void> prepared = source_->Prepare(static_cast<size_t>(ours)); !prepared) return prepared;
  if (!WaitForTakeOver()) return CoordinatorGone();
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
  rejections_.Update(now_ms_);
  if (Result<void> news = TakeNews(); !news) return news.error();
  const bool draining = view_.draining();
  const Result<bool> read = draining ? Result<bool>(false) : ReadOneBatch();
  if (!read) return read.error();
  UpdateIdleness();
  if (Result<void> sealed = SealWhatIsPossible(); !sealed) return sealed.error();
  if (draining || NothingLeftToDo()) {
    ShowStatus();
    // Flushed before the last hand-off: after it the whole job may be over before this process is.
    rejections_.FlushAll();
    FlushAllSuppressed();
    if (Result<void> published = HandOff(true); !published) return published.error();
    return RoundEnd::kLast;
  }
  if (Result<void> published = HandOffIfDue(); !published) return published.error();
  ShowStatusIfDue();
  return *read ? RoundEnd::kBusy : RoundEnd::kIdle;
}

Result<void> WorkerLoop::TakeNews() {
  const WindowStart closed = view_.closed_frontier();
  if (closed > closed_frontier_) {
    closed_frontier_ = closed;
    store_->ReleaseUpTo(closed);
    for (const auto& reader : readers_) reader->ForgetClosedDecisions();
  }
  const int32_t count = view_.partition_count();
  if (count > partition_count_ && !start_.options->until_end) {
    if (Result<void> added = AddPartitions(count); !added) return added;
    // No window closes before every worker has said that it knows the new partitions.
    return HandOff(false);
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

// Reads from the partition that is furthest behind, or from a later one if that has no record here. True: it read
// something.
Result<bool> WorkerLoop::ReadOneBatch() {
  source_->ClearReady();
  RefreshLowWatermarks();
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
    if (reader->HasMore()) source_->WakeFetcherIfIdle(reader->partition());
    view_.Beat(MonotonicMs());  // a source in trouble asks its leader before it gives up
    // An idle partition holds back no other: its silence must not delay the partition that does.
    if (UnderMemoryPressure() && !reader->idle()) break;
  }
  return false;
}

void WorkerLoop::UpdateIdleness() {
  // Without one partition the job could seal up to the next slowest one, here or in another worker.
  EventTime slowest = EventTime::Forever();
  EventTime second = EventTime::Forever();
  for (const auto& reader : readers_) {
    if (reader->idle()) continue;
    second = std::min(second, std::max(slowest, reader->watermark()));
    slowest = std::min(slowest, reader->watermark());
  }
  bool asked = false;
  for (size_t i = 0; i < readers_.size(); ++i) {
    const size_t index = (next_to_ask_ + i) % readers_.size();
    PartitionReader& reader = *readers_[index];
    const EventTime others =
        std::min(others_low_watermark_.slowest, !reader.idle() && reader.watermark() == slowest ? second : slowest);
    // If no other partition goes on, this one holds none back: Forever allows no frontier.
    if (reader.UpdateIdleness(start_.options->rule.SealableBy(others), !asked, now_ms_)) {
      asked = true;
      next_to_ask_ = index + 1;
      view_.Beat(MonotonicMs());
    }
  }
  RefreshLowWatermarks();
}

WindowStart WorkerLoop::SealableNow() const {
  const CountingRule& rule = start_.options->rule;
  const bool any_idle =
      std::any_of(readers_.begin(), readers_.end(), [](const auto& reader) { return reader->idle(); });
  const EventTime slowest = any_idle ? JobLowWatermark().slowest : own_low_watermark_.slowest;
  const WindowStart frontier = slowest == EventTime::Forever() ? SealableWhereAllAreIdle() : rule.SealableBy(slowest);
  return std::min(frontier, WindowStart(view_.last_boundary().seconds()));
}

// No partition holds back the low watermark. If all is read, the job seals to the end of the last window. While it
// streams, it seals to the end of the last window that the wall clock has passed, and no further. Frames of a later
// window may have any time. Until its first frame a topic that is filled with history is as silent as a topic at night.
WindowStart WorkerLoop::SealableWhereAllAreIdle() const {
  const shm::LowWatermark job = JobLowWatermark();
  if (!start_.options->until_end) return WindowStart(job.overdue_end.seconds());
  return start_.options->leave_open ? WindowStart::Unset() : WindowStart(job.latest_end.seconds());
}

Result<void> WorkerLoop::SealWhatIsPossible() {
  const WindowStart frontier = SealableNow();
  if (frontier <= store_->sealed_frontier()) return {};
  for (const auto& reader : readers_) {
    if (reader->idle()) reader->Pass(frontier);
  }
  CrashPoint("worker.sealing");
  store_->SealUpTo(frontier, partitions_);
  CrashPoint("worker.sealed");
  if (store_->out_of_memory()) return OutOfMemory();
  for (const auto& reader : readers_) reader->ForgetWindow();
  RefreshLowWatermarks();
  if (Result<void> published = HandOff(false); !published) return published;
  Log(LogAction::kWindowSealed, "sealed upto=" + std::to_string(frontier.seconds()),
      {{LogLabel::kUpto, frontier.seconds()}});
  return {};
}

Result<void> WorkerLoop::HandOffIfDue() {
  if (records_ == records_handed_off_ || now_ms_ - handed_off_ms_ < limits::kHandOffEveryMs) return {};
  return HandOff(false);
}

Result<void> WorkerLoop::HandOff(bool last) {
  shm::HandOff hand_off{start_.generation, store_->sealed_frontier(), partition_count_, last, {}, {}};
  for (const auto& reader : readers_) hand_off.partitions.push_back(reader->Progress());
  view_.BeginHandOff();
  const uint64_t bytes = shm::BytesOf(store_->sealed(), hand_off.partitions);
  const WindowStore::Space space = store_->HandOffSpace(bytes);
  if (space.begin == nullptr) return OutOfMemory();
  shm::Store(space.begin, hand_off, store_->sealed());
  CrashPoint("worker.publishing");
  view_.FinishHandOff(space.at, bytes, store_->sealed_frontier());
  handed_off_frontier_ = store_->sealed_frontier();
  records_handed_off_ = records_;
  handed_off_ms_ = now_ms_;
  start_.wakeups->writer().Signal();
  CrashPoint("worker.published");
  return {};
}

bool WorkerLoop::NothingLeftToDo() const {
  if (!start_.options->until_end) return false;
  const shm::LowWatermark job = JobLowWatermark();
  if (start_.options->leave_open) {
    // A partition ahead of the slowest one is not read on either, if the slowest one stands still for this run.
    return job.final && std::none_of(readers_.begin(), readers_.end(), [this](const auto& reader) {
             return !reader->reached_stop_offset() && reader->MayRead(NotBeyond());
           });
  }
  if (job.slowest != EventTime::Forever() || !job.final) return false;
  return store_->sealed_frontier().time() >= std::min(job.latest_end, view_.last_boundary());
}

void WorkerLoop::ShowStatusIfDue() {
  if (now_ms_ - status_shown_ms_ >= limits::kShowStatusEveryMs) ShowStatus();
}

void WorkerLoop::ShowStatus() {
  status_shown_ms_ = now_ms_;
  FlushSuppressed(now_ms_);
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
    status.unattributed += reader->unattributed();
    status.record_bytes += reader->record_bytes();
    status.lost_records += reader->lost_unconfirmed();
    status.tombstones += reader->tombstones();
    reader->TellIfUncounted(now_ms_);
  }
  view_.ShowWorker(status);
  view_.ShowRejected(rejections_.last());
}

void WorkerLoop::WaitForWork() {
  const EventTime not_beyond = NotBeyond();
  const bool starved = std::any_of(readers_.begin(), readers_.end(), [not_beyond](const auto& reader) {
    return reader->MayRead(not_beyond) && reader->HasMore();
  });
  view_.WantsLowWatermark(true);
  const shm::LowWatermark others = view_.OthersLowWatermark();
  // Without this check the worker would see a move between the last look and the wish only when its time is up.
  if (others.slowest == others_low_watermark_.slowest && others.final == others_low_watermark_.final) {
    WaitReadable({start_.wakeups->worker(start_.slot).fd(), start_.parent_fd, source_->ReadyFd()},
                 starved ? limits::kStarvedWaitMs : limits::kIdleWaitMs);
  }
  view_.WantsLowWatermark(false);
  start_.wakeups->worker(start_.slot).Clear();
}

// --- The low watermark ---------------------------------------------------------------------------------------

shm::LowWatermark WorkerLoop::OwnLowWatermark() const {
  shm::LowWatermark low_watermark;
  for (const auto& reader : readers_) {
    // An idle partition whose decisions are full waits for the commit that lets it read on. The job is not over before.
    const bool final = reader->reached_stop_offset() || (reader->idle() && start_.options->leave_open);
    const EventTime watermark = reader->idle() ? EventTime::Forever() : reader->watermark();
    low_watermark = Slower(low_watermark, {watermark, final});
  }
  const CountingRule& rule = start_.options->rule;
  if (store_->latest().is_set()) low_watermark.latest_end = rule.EndOf(store_->latest());
  // A window that is sealed here still counts: other workers may not have sealed up to it yet.
  low_watermark.overdue_end = own_low_watermark_.overdue_end;
  if (low_watermark.slowest == EventTime::Forever()) {
    const WindowStart overdue = store_->NewestNotClosedBefore(rule.SealableBy(WallClock()));
    if (overdue.is_set()) low_watermark.overdue_end = std::max(low_watermark.overdue_end, rule.EndOf(overdue));
  }
  return low_watermark;
}

// Stores this worker's low watermark, and wakes the workers that wait for it.
void WorkerLoop::ShowOwnLowWatermark() {
  const shm::LowWatermark own = OwnLowWatermark();
  const bool moved = own.slowest != own_low_watermark_.slowest || own.final != own_low_watermark_.final ||
                     own.overdue_end != own_low_watermark_.overdue_end;
  own_low_watermark_ = own;
  view_.ShowLowWatermark(own, partition_count_);
  if (!moved) return;
  for (const SlotId slot : view_.WaitingForLowWatermark()) start_.wakeups->worker(slot).Signal();
}

// Stores this worker's low watermark and looks at the others'. If another worker woke the job, the partitions here hold
// from now on. The next seal by the low watermarks seen here must not pass them.
void WorkerLoop::RefreshLowWatermarks() {
  ShowOwnLowWatermark();
  others_low_watermark_ = view_.OthersLowWatermark();
  if (const int64_t woken_ms = view_.WokenMs(); woken_ms > woken_ms_) {
    Wake(woken_ms);
  } else if (JobLowWatermark().slowest == EventTime::Forever() && !start_.options->until_end && !view_.asleep()) {
    view_.ShowAsleep(now_ms_);
  }
}

// A record with an event time has come. If all partitions of the job were idle until then, all of them hold again. So
// the job waits for those whose first record comes a little later.
void WorkerLoop::WakeIfAsleep() {
  if (!view_.asleep()) return;
  const int64_t now_ms = MonotonicMs();
  view_.ShowWoken(now_ms);
  Wake(now_ms);
}

void WorkerLoop::Wake(int64_t woken_ms) {
  woken_ms_ = woken_ms;
  for (const auto& reader : readers_) reader->OnJobWoken(woken_ms);
  ShowOwnLowWatermark();
}

// --- Memory --------------------------------------------------------------------------------------------------

bool WorkerLoop::UnderMemoryPressure() const {
  return store_->used_bytes() >
         store_->total_bytes() / limits::kMemoryPressureDenominator * limits::kMemoryPressureNumerator;
}

// Whether the writer can close a handed-over window of ours without waiting for another event.
bool WorkerLoop::WriterCanCloseSome() const {
  if (store_->sealed().empty()) return false;
  const EventTime closable = std::min(view_.OthersSealedFrontier(), handed_off_frontier_.time());
  return store_->sealed().front().start.time() < closable;
}

// Whether a handed-over window of ours is not closed yet. A worker that has not sealed it is behind us, or has died and
// its next generation reads it again. The writer closes the window once all workers have sealed it.
bool WorkerLoop::MayGetMemory() const {
  return !store_->sealed().empty() && store_->sealed().front().start < handed_off_frontier_;
}

// The slice is full: waits while windows may be closed. True: there is more memory now.
bool WorkerLoop::WaitForMemory() {
  const uint64_t used = store_->used_bytes();
  const int64_t deadline = MonotonicMs() + limits::kWaitForMemoryMs;
  while (MayGetMemory() && MonotonicMs() < deadline && !parent_gone()) {
    view_.Beat(MonotonicMs());
    WaitReadable({start_.wakeups->worker(start_.slot).fd(), start_.parent_fd}, limits::kIdleWaitMs);
    start_.wakeups->worker(start_.slot).Clear();
    store_->ReleaseUpTo(view_.closed_frontier());
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
