#include "coordinator/writer/writer_loop.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "common/base/limits.h"
#include "common/base/units.h"
#include "common/job/selection.h"
#include "common/log/crash_point.h"
#include "common/log/log.h"
#include "coordinator/text/number_text.h"

namespace headcount {
namespace {

using Clock = std::chrono::steady_clock;

// In each minute the log names the first ten published minutes and counts the rest, because a backfill publishes many.
void LogMinute(const CountRecord& record) {
  const VerdictCounts& counts = record.counts;
  Log(LogAction::kMinutePublished,
      "published " + TimeText(record.start.seconds()) + ": users=" + Short(record.unique_users) +
          " events=" + Short(counts.counted) + " late=" + Short(counts.late) + " invalid=" + Short(counts.invalid()) +
          " future=" + Short(counts.future),
      {{LogLabel::kWindowStart, record.start.seconds()},
       {LogLabel::kUsers, record.unique_users},
       {LogLabel::kEvents, counts.counted},
       {LogLabel::kLate, counts.late},
       {LogLabel::kInvalid, counts.invalid()},
       {LogLabel::kFuture, counts.future}});
}

// The key of the field that the reason is about; empty: the reason is about the whole frame.
std::string_view FieldOf(InvalidReason reason, const FieldNames& names) {
  switch (reason) {
    case InvalidReason::kNoTs:
    case InvalidReason::kBadTs: return names.time;
    case InvalidReason::kNoUid:
    case InvalidReason::kBadUid: return names.id;
    default: return {};
  }
}

// A minute that lacks more than a few frames would look like a quiet one.
void LogInvalidShare(const CountRecord& record, const FieldNames& names) {
  const VerdictCounts& counts = record.counts;
  const std::optional<InvalidReason> reason = MostFrequent(counts);
  if (!reason || counts.invalid() * 100 <= counts.records() * limits::kInvalidSharePercent) return;
  const std::string_view field = FieldOf(*reason, names);
  Log(LogAction::kMinuteInvalid,
      TimeText(record.start.seconds()) + ": " + std::to_string(counts.invalid() * 100 / counts.records()) +
          " % of its frames were invalid, " + Short(counts.invalid()) + " of " + Short(counts.records()) + ": " +
          ReasonsText(counts) + (field.empty() ? "" : "; the field is ") + std::string(field) +
          " (headcount explain --invalid)",
      {{LogLabel::kReason, Name(*reason)},
       {LogLabel::kWindowStart, record.start.seconds()},
       {LogLabel::kEvents, counts.counted},
       {LogLabel::kLate, counts.late},
       {LogLabel::kInvalid, counts.invalid()},
       {LogLabel::kFuture, counts.future}});
}

std::string RuleText(int64_t lateness_s, int64_t max_jump_s) {
  return "--allowed-lateness " + FormatDurationMs(lateness_s * 1000) + " --max-jump " +
         FormatDurationMs(max_jump_s * 1000);
}

// What this start does otherwise than the one before it, and from which minute on.
void LogChanges(const StartPlan& plan, const RunOptions& options) {
  const std::string where = plan.closed_frontier.is_set()
                                ? "from minute " + TimeText(plan.closed_frontier.seconds()) +
                                      " on; those before it are published and stay as they are"
                                : "for every minute: none is published yet";
  std::optional<int64_t> closed_frontier;
  if (plan.closed_frontier.is_set()) closed_frontier = plan.closed_frontier.seconds();
  if (plan.rule_before) {
    Log(LogAction::kOptionsChanged,
        RuleText(options.rule.lateness_s, options.rule.max_jump_s) + " now, where the last start had " +
            RuleText(plan.rule_before->lateness_s, plan.rule_before->max_jump_s) + ": " + where,
        {{LogLabel::kClosedUpto, closed_frontier}});
  }
  if (plan.selection_changed) {
    Log(LogAction::kOptionsChanged,
        "--time-field " + options.fields.time + " --id-field " + options.fields.id +
            " now, where the last start had others: " + where,
        {{LogLabel::kClosedUpto, closed_frontier}});
  }
}

}  // namespace

WriterLoop::WriterLoop(const WriterStart& start, std::unique_ptr<RecordSink> sink)
    : start_(start), plan_(start.options->workers), view_(start.memory), sink_(std::move(sink)) {}

// --- Start ---------------------------------------------------------------------------------------------------

Result<void> WriterLoop::Start() {
  view_.Beat(MonotonicMs());
  const Result<int32_t> count = sink_->CountPartitions();
  if (!count) return count.error();
  if (*count > limits::kMaxPartitions) {
    return TooManyPartitions(*count);
  }
  for (int32_t p = 0; p < *count; ++p) view_.OpenPartition(PartitionId(p));
  view_.RaisePartitionCount(*count);
  view_.EnterState(shm::WriterState::kCounted);
  start_.wakeups->coordinator().Signal();

  header_ = {start_.run, Sequence(0), WindowStart::Unset(), start_.options->rule.window_s,
             HashOf(SelectionText(*start_.options))};
  Result<StartState> start_state = sink_->TakeOver(*count, &header_);
  if (!start_state) return start_state.error();
  ShowStartState(*start_state);
  return {};
}

// Only the first generation of a job may fail because no broker answers; a later one waits for the broker to come back.
Result<void> WriterLoop::StartWithRetry() {
  const int64_t deadline = MonotonicMs() + limits::kBrokerLostMs;
  for (;;) {
    Result<void> started = Start();
    if (started || started.error().exit_code != ExitCode::kUnavailable || start_.generation == Generation(1)) {
      return started;
    }
    if (MonotonicMs() > deadline || view_.draining() || IsHungUp(start_.parent_fd)) {
      return Error{ExitCode::kTryAgain, started.error().message};
    }
    Log(LogAction::kTakeOverUnconfirmed, "cannot start yet (" + started.error().message + "), trying again",
        {{LogLabel::kOutcome, "unavailable"}});
    view_.Beat(MonotonicMs());
    WaitReadable({start_.parent_fd}, limits::kMaxRetryPauseMs);
  }
}

void WriterLoop::ShowStartState(const StartState& start_state) {
  points_ = start_state.plan.points;
  for (size_t n = 0; n < points_.size(); ++n) {
    const PartitionId p(static_cast<int32_t>(n));
    view_.StoreSafePoint(p, ToText(header_, points_[n]), points_[n].state.offset);
    if (start_state.stop_offsets[n]) view_.StoreStopOffset(p, *start_state.stop_offsets[n], start_state.began_empty[n]);
    positions_.push_back(points_[n].state.offset);
  }
  last_boundary_ = start_state.last_boundary;
  view_.StoreLastBoundary(last_boundary_);
  view_.CloseUpTo(header_.closed_frontier, header_.run, header_.sequence);
  view_.EnterState(shm::WriterState::kTakenOver);
  start_.wakeups->SignalAllWorkers();
  start_.wakeups->coordinator().Signal();
  committed_ms_ = partitions_watched_ms_ = MonotonicMs();
  // The first commit looks, however soon it comes: the topic may have been recreated since the takeover.
  offsets_watched_ms_ = committed_ms_ - limits::kLookBeforeCommitMs;
  const std::string run = RunText(header_.run);
  std::optional<int64_t> closed_frontier;
  if (header_.closed_frontier.is_set()) closed_frontier = header_.closed_frontier.seconds();
  Log(LogAction::kTakeOverDone,
      "claimed run=" + run + " start=" + Name(start_state.plan.kind) + " partitions=" + std::to_string(points_.size()) +
          " closed_upto=" + (closed_frontier ? std::to_string(*closed_frontier) : "none"),
      {{LogLabel::kRun, run},
       {LogLabel::kStart, Name(start_state.plan.kind)},
       {LogLabel::kPartitionCount, points_.size()},
       {LogLabel::kClosedUpto, closed_frontier}});
  LogChanges(start_state.plan, *start_.options);
}

// --- Running -------------------------------------------------------------------------------------------------

Result<void> WriterLoop::Run() {
  view_.EnterState(shm::WriterState::kStarting);
  if (Result<void> started = StartWithRetry(); !started) return started;
  for (;;) {
    view_.Beat(MonotonicMs());
    if (IsHungUp(start_.parent_fd)) return Error{ExitCode::kTryAgain, "the coordinator is gone"};
    const Result<bool> done = Round();
    if (!done) return done.error();
    if (*done) break;
    if (Result<void> watched = WatchPartitions(); !watched) return watched;
    if (Result<void> watched = WatchOffsets(); !watched) return watched;
    FlushSuppressed(MonotonicMs());
    WaitReadable({start_.wakeups->writer().fd(), start_.parent_fd}, limits::kIdleWaitMs);
    start_.wakeups->writer().Clear();
    Linger();
  }
  LogLeftOpen();
  FlushAllSuppressed();  // once the state is kDone, the coordinator may end this process
  view_.EnterState(shm::WriterState::kDone);
  start_.wakeups->coordinator().Signal();
  return {};
}

// With --until-end: logs which minutes stay open for the next start, and why.
void WriterLoop::LogLeftOpen() const {
  const EventTime end = view_.LatestEnd();
  if (end <= last_boundary_ || start_.options->leave_open || view_.draining()) return;
  const int64_t first = last_boundary_.seconds();
  const int64_t last = end.seconds() - start_.options->rule.window_s;
  Log(LogAction::kWindowLeftOpen,
      "what lies from " + TimeText(first) + " on was not over when the ends were asked for (up to minute " +
          TimeText(last) + "): it stays open for the next start; --publish-open publishes it too",
      {{LogLabel::kWindowStart, first}, {LogLabel::kUpto, end.seconds()}});
}

// Minutes that end soon after a transaction share the next one. Otherwise a backfill would commit them one by one, and
// the transactions would cost more than the reading. The last minutes do not wait. The writer does not look at every
// hand-off here, because there may be thousands meanwhile.
void WriterLoop::Linger() {
  const int64_t until_ms = committed_ms_ + sink_->LingerMs();
  for (int64_t now_ms = MonotonicMs(); now_ms < until_ms; now_ms = MonotonicMs()) {
    if (view_.draining() || IsHungUp(start_.parent_fd) || AllLast(TakeHandOffs())) return;
    view_.Beat(now_ms);
    WaitReadable({start_.parent_fd}, static_cast<int>(std::min(until_ms - now_ms, limits::kLingerLookMs)));
  }
}

HandOffs WriterLoop::TakeHandOffs() const {
  const int32_t count = static_cast<int32_t>(points_.size());
  HandOffs hand_offs;
  for (int32_t s = 0; s < plan_.NeededSlots(count); ++s) {
    hand_offs.push_back(view_.TakeHandOff(SlotId(s), header_.closed_frontier));
  }
  return hand_offs;
}

Result<bool> WriterLoop::Round() {
  view_.Acknowledge();
  const HandOffs hand_offs = TakeHandOffs();
  const WindowStart sealed = SealedByAll(hand_offs, static_cast<int32_t>(points_.size()));
  const bool ending = AllLast(hand_offs) || DrainTimeIsUp();
  const WindowStart frontier = std::max(header_.closed_frontier, sealed);
  const WindowStart bounded =
      BoundedFrontier(hand_offs, frontier, start_.options->rule.window_s, sink_->WindowsPerTransaction());
  if (MustCommit(hand_offs, bounded, ending)) {
    // This commit would replace the committed offsets, so the writer looks first whether they were deleted with a
    // recreated topic.
    if (MonotonicMs() - offsets_watched_ms_ >= limits::kLookBeforeCommitMs) {
      const Result<bool> may_commit = LookAtOffsets();
      if (!may_commit) return may_commit.error();
      if (!*may_commit) return false;
    }
    if (Result<void> closed = CloseUpTo(hand_offs, bounded); !closed) return closed.error();
  }
  if (!ending || bounded < frontier) return false;
  if (MustCloseAll() && !ClosesAllWindows(hand_offs, frontier)) {
    return Error{ExitCode::kBroken,
                 "a worker that had died and read again found a later minute than those that had said goodbye before: "
                 "everybody starts over"};
  }
  return true;
}

// Whether this run must close every window. The workers that finish first seal up to the last window that any worker
// has opened. If another worker then dies and reads again, a later wall clock may let it accept an unconfirmed frame
// beyond that.
bool WriterLoop::MustCloseAll() const {
  return start_.options->until_end && !start_.options->leave_open && !view_.draining();
}

// There are four reasons to commit. A window closes; another program has changed the offsets; or the job ends and the
// positions have moved. The fourth is a last commit that is so old that Kafka might expire the offsets.
bool WriterLoop::MustCommit(const HandOffs& hand_offs, WindowStart frontier, bool ending) const {
  if (frontier > header_.closed_frontier || offsets_overwritten_) return true;
  if (!ending) return MonotonicMs() - committed_ms_ >= limits::kCommitAtLeastEveryMs;
  for (const auto& hand_off : hand_offs) {
    if (!hand_off) continue;
    for (const shm::PartitionProgress& progress : hand_off->partitions) {
      if (progress.position != positions_[static_cast<size_t>(progress.partition.value())]) return true;
    }
  }
  return false;
}

std::vector<PartitionSafePoint> WriterLoop::AllPoints() const {
  std::vector<PartitionSafePoint> all;
  for (size_t p = 0; p < points_.size(); ++p) all.push_back({PartitionId(static_cast<int32_t>(p)), points_[p]});
  return all;
}

Result<void> WriterLoop::CloseUpTo(const HandOffs& hand_offs, WindowStart frontier) {
  CrashPoint("writer.merging");
  const auto began = Clock::now();
  const std::vector<CountRecord> records =
      MergeWindows(hand_offs, frontier, start_.options->rule.window_s, [this] { view_.Beat(MonotonicMs()); });
  TakePoints(hand_offs, frontier);
  header_.sequence = Sequence(header_.sequence.value() + 1);
  header_.closed_frontier = frontier;
  CrashPoint("writer.merged");
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began);
  Log(LogAction::kWindowsMerged,
      "united upto=" + std::to_string(frontier.seconds()) + " united_us=" + std::to_string(took.count()),
      {{LogLabel::kUpto, frontier.seconds()}, {LogLabel::kMergedUs, took.count()}});
  const int64_t committing_us = MonotonicUs();
  view_.CommittingSince(MonotonicMs());
  if (Result<void> committed = sink_->Commit(records, AllPoints(), header_); !committed) return committed;
  view_.CommittingSince(0);
  transactions_.Add(MonotonicUs() - committing_us);

  // From here on the minutes are published; the rest only reports them.
  for (const auto& hand_off : hand_offs) {
    if (!hand_off) continue;
    for (const shm::PartitionProgress& progress : hand_off->partitions) {
      const SafePoint& safe = points_[static_cast<size_t>(progress.partition.value())];
      view_.StoreSafePoint(progress.partition, ToText(header_, safe), safe.state.offset);
    }
  }
  const int64_t now_ms = WallClockMs();
  for (const CountRecord& record : records) {
    published_ += record.counts;
    view_.ShowMinute(minutes_++, {record.start, record.unique_users, record.counts, now_ms});
    // On stdout the user sees the minutes themselves.
    if (!start_.options->reads_files()) LogMinute(record);
    LogInvalidShare(record, start_.options->fields);
  }
  ShowClosed(hand_offs, frontier);
  view_.ShowPublished(published_, minutes_);
  view_.ShowTransactions(transactions_);
  CrashPoint("writer.telling");
  view_.CloseUpTo(frontier, header_.run, header_.sequence);
  CrashPoint("writer.told");
  start_.wakeups->SignalAllWorkers();
  committed_ms_ = MonotonicMs();
  offsets_overwritten_ = false;
  return {};
}

void WriterLoop::ShowClosed(const HandOffs& hand_offs, WindowStart frontier) {
  for (size_t s = 0; s < hand_offs.size(); ++s) {
    if (!hand_offs[s]) continue;
    VerdictCounts closed;
    for (const shm::SealedWindow& window : hand_offs[s]->windows) {
      if (window.start < frontier) closed += window.counts;
    }
    view_.ShowClosed(SlotId(static_cast<int32_t>(s)), closed);
  }
}

void WriterLoop::TakePoints(const HandOffs& hand_offs, WindowStart frontier) {
  for (PartitionSafePoint& state : SafePoints(hand_offs, frontier)) {
    points_[static_cast<size_t>(state.partition.value())] = std::move(state.safe);
  }
  for (const auto& hand_off : hand_offs) {
    if (!hand_off) continue;
    for (const shm::PartitionProgress& progress : hand_off->partitions) {
      positions_[static_cast<size_t>(progress.partition.value())] = progress.position;
    }
  }
}

bool WriterLoop::DrainTimeIsUp() {
  if (!view_.draining()) return false;
  const int64_t now_ms = MonotonicMs();
  if (draining_since_ms_ == 0) draining_since_ms_ = now_ms;
  return now_ms - draining_since_ms_ >= limits::kDrainWaitMs;
}

}  // namespace headcount
