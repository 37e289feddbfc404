#include "coordinator/writer/writer_loop.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "common/crash_point.h"
#include "common/limits.h"
#include "common/log.h"
#include "common/selection.h"
#include "common/units.h"
#include "coordinator/number_text.h"

namespace headcount {
namespace {

using Clock = std::chrono::steady_clock;

// Of a backfill's minutes the first ten are named each minute, the others counted.
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

std::string RuleText(int64_t lateness_s, int64_t max_jump_s) {
  return "--allowed-lateness " + FormatDurationMs(lateness_s * 1000) + " --max-jump " +
         FormatDurationMs(max_jump_s * 1000);
}

// What this start does otherwise than the one before it, and from which minute on.
void LogChanges(const StartPlan& plan, const RunOptions& options) {
  const std::string where = plan.closed_upto.is_set() ? "from minute " + TimeText(plan.closed_upto.seconds()) +
                                                            " on; those before it are published and stay as they are"
                                                      : "for every minute: none is published yet";
  std::optional<int64_t> closed_upto;
  if (plan.closed_upto.is_set()) closed_upto = plan.closed_upto.seconds();
  if (plan.rule_before) {
    Log(LogAction::kOptionsChanged,
        RuleText(options.rule.lateness_s, options.rule.max_jump_s) + " now, where the last start had " +
            RuleText(plan.rule_before->lateness_s, plan.rule_before->max_jump_s) + ": " + where,
        {{LogLabel::kClosedUpto, closed_upto}});
  }
  if (plan.selection_changed) {
    Log(LogAction::kOptionsChanged,
        "--time-field " + options.fields.time + " --id-field " + options.fields.id +
            " now, where the last start had others: " + where,
        {{LogLabel::kClosedUpto, closed_upto}});
  }
}

}  // namespace

WriterLoop::WriterLoop(const WriterStart& start, std::unique_ptr<Outlet> outlet)
    : start_(start), plan_(start.options->workers), view_(start.memory), outlet_(std::move(outlet)) {}

// --- Start ---------------------------------------------------------------------------------------------------

Result<void> WriterLoop::Start() {
  view_.Beat(MonotonicMs());
  const Result<int32_t> count = outlet_->CountPartitions();
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
  Result<Standing> standing = outlet_->Claim(*count, &header_);
  if (!standing) return standing.error();
  ShowStart(*standing);
  return {};
}

// Only the first life of a job may find that there is no broker; a later one waits for it to come back.
Result<void> WriterLoop::StartPatiently() {
  const int64_t deadline = MonotonicMs() + limits::kBrokerLostMs;
  for (;;) {
    Result<void> started = Start();
    if (started || started.error().exit_code != ExitCode::kUnavailable || start_.generation == Generation(1)) {
      return started;
    }
    if (MonotonicMs() > deadline || view_.draining() || IsHungUp(start_.parent_fd)) {
      return Error{ExitCode::kTryAgain, started.error().message};
    }
    view_.Beat(MonotonicMs());
    WaitReadable({start_.parent_fd}, limits::kMaxRetryPauseMs);
  }
}

void WriterLoop::ShowStart(const Standing& standing) {
  points_ = standing.plan.points;
  for (size_t n = 0; n < points_.size(); ++n) {
    const PartitionId p(static_cast<int32_t>(n));
    view_.StorePoint(p, ToText(header_, points_[n]), points_[n].point.offset);
    if (standing.until[n]) view_.StoreUntil(p, *standing.until[n]);
    positions_.push_back(points_[n].point.offset);
  }
  view_.CloseUpTo(header_.closed_upto, header_.run, header_.sequence);
  view_.EnterState(shm::WriterState::kClaimed);
  start_.wakeups->SignalAllWorkers();
  start_.wakeups->coordinator().Signal();
  committed_ms_ = partitions_watched_ms_ = points_watched_ms_ = MonotonicMs();
  const std::string run = RunText(header_.run);
  std::optional<int64_t> closed_upto;
  if (header_.closed_upto.is_set()) closed_upto = header_.closed_upto.seconds();
  Log(LogAction::kClaimMade,
      "claimed run=" + run + " start=" + Name(standing.plan.kind) + " partitions=" + std::to_string(points_.size()) +
          " closed_upto=" + (closed_upto ? std::to_string(*closed_upto) : "none"),
      {{LogLabel::kRun, run},
       {LogLabel::kStart, Name(standing.plan.kind)},
       {LogLabel::kPartitionCount, points_.size()},
       {LogLabel::kClosedUpto, closed_upto}});
  LogChanges(standing.plan, *start_.options);
}

// --- Running -------------------------------------------------------------------------------------------------

Result<void> WriterLoop::Run() {
  view_.EnterState(shm::WriterState::kStarting);
  if (Result<void> started = StartPatiently(); !started) return started;
  for (;;) {
    view_.Beat(MonotonicMs());
    if (IsHungUp(start_.parent_fd)) return Error{ExitCode::kTryAgain, "the coordinator is gone"};
    const Result<bool> done = Round();
    if (!done) return done.error();
    if (*done) break;
    if (Result<void> watched = WatchPartitions(); !watched) return watched;
    if (Result<void> watched = WatchPoints(); !watched) return watched;
    LogWhatWasLeftOut(MonotonicMs());
    WaitReadable({start_.wakeups->writer().fd(), start_.parent_fd}, limits::kIdleWaitMs);
    start_.wakeups->writer().Clear();
    Gather();
  }
  LogAllThatWasLeftOut();  // after this the coordinator may end it all before we are gone
  view_.EnterState(shm::WriterState::kDone);
  start_.wakeups->coordinator().Signal();
  return {};
}

// Minutes that end soon after a transaction share the next one: a backfill would otherwise commit them one by one, and
// pay more for transactions than for reading. Whatever is the last does not wait. Not every publication is looked at:
// there may be thousands meanwhile.
void WriterLoop::Gather() {
  const int64_t until_ms = committed_ms_ + outlet_->GatherMs();
  for (int64_t now_ms = MonotonicMs(); now_ms < until_ms; now_ms = MonotonicMs()) {
    if (view_.draining() || IsHungUp(start_.parent_fd) || AllLast(TakePublications())) return;
    view_.Beat(now_ms);
    WaitReadable({start_.parent_fd}, static_cast<int>(std::min(until_ms - now_ms, limits::kGatherLookMs)));
  }
}

Publications WriterLoop::TakePublications() const {
  const int32_t count = static_cast<int32_t>(points_.size());
  Publications publications;
  for (int32_t s = 0; s < plan_.NeededSlots(count); ++s) {
    publications.push_back(view_.TakePublication(SlotId(s), header_.closed_upto));
  }
  return publications;
}

Result<bool> WriterLoop::Round() {
  view_.Acknowledge();
  const Publications publications = TakePublications();
  const WindowStart sealed = SealedByAll(publications, static_cast<int32_t>(points_.size()));
  const bool ending = AllLast(publications) || DrainTimeIsUp();
  const WindowStart upto = std::max(header_.closed_upto, sealed);
  const WindowStart bounded =
      BoundedUpTo(publications, upto, start_.options->rule.window_s, limits::kWindowsPerTransaction);
  if (MustCommit(publications, bounded, ending)) {
    if (Result<void> closed = CloseUpTo(publications, bounded); !closed) return closed.error();
  }
  if (!ending || bounded < upto) return false;
  if (MustCloseAll() && !ClosesAllWindows(publications, upto)) {
    return Error{ExitCode::kBroken,
                 "a worker that had died and read again found a later minute than those that had said goodbye before: "
                 "everybody starts over"};
  }
  return true;
}

// Whether every window is to be closed in this run. The workers that finish first seal up to the last window that
// anyone has opened. If another one then dies and reads again, a later wall clock may let it accept a held frame
// beyond.
bool WriterLoop::MustCloseAll() const {
  return start_.options->until_end && !start_.options->leave_open && !view_.draining();
}

// Whether there is anything to close, or somebody else has changed the points, or they have moved and this is the last
// chance to say so, or so long nothing was committed that Kafka might forget us.
bool WriterLoop::MustCommit(const Publications& publications, WindowStart upto, bool ending) const {
  if (upto > header_.closed_upto || points_disturbed_) return true;
  if (!ending) return MonotonicMs() - committed_ms_ >= limits::kCommitAtLeastEveryMs;
  for (const auto& publication : publications) {
    if (!publication) continue;
    for (const shm::Step& step : publication->steps) {
      if (step.position != positions_[static_cast<size_t>(step.partition.value())]) return true;
    }
  }
  return false;
}

std::vector<PartitionPoint> WriterLoop::AllPoints() const {
  std::vector<PartitionPoint> all;
  for (size_t p = 0; p < points_.size(); ++p) all.push_back({PartitionId(static_cast<int32_t>(p)), points_[p]});
  return all;
}

Result<void> WriterLoop::CloseUpTo(const Publications& publications, WindowStart upto) {
  CrashPoint("writer.merging");
  const auto began = Clock::now();
  const std::vector<CountRecord> records =
      MergeWindows(publications, upto, start_.options->rule.window_s, [this] { view_.Beat(MonotonicMs()); });
  TakePoints(publications, upto);
  header_.sequence = Sequence(header_.sequence.value() + 1);
  header_.closed_upto = upto;
  CrashPoint("writer.merged");
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began);
  Log(LogAction::kWindowsUnited,
      "united upto=" + std::to_string(upto.seconds()) + " united_us=" + std::to_string(took.count()),
      {{LogLabel::kUpto, upto.seconds()}, {LogLabel::kUnitedUs, took.count()}});
  const int64_t committing_us = MonotonicUs();
  if (Result<void> committed = outlet_->Commit(records, AllPoints(), header_); !committed) return committed;
  transactions_.Add(MonotonicUs() - committing_us);

  // From here on the minutes are published: what follows only tells the others.
  for (const auto& publication : publications) {
    if (!publication) continue;
    for (const shm::Step& step : publication->steps) {
      const SafePoint& safe = points_[static_cast<size_t>(step.partition.value())];
      view_.StorePoint(step.partition, ToText(header_, safe), safe.point.offset);
    }
  }
  const int64_t now_ms = WallClockMs();
  for (const CountRecord& record : records) {
    published_ += record.counts;
    view_.ShowMinute(minutes_++, {record.start, record.unique_users, record.counts, now_ms});
    // On stdout they can be seen themselves.
    if (!start_.options->reads_files()) LogMinute(record);
  }
  ShowClosed(publications, upto);
  view_.ShowPublished(published_, minutes_);
  view_.ShowTransactions(transactions_);
  CrashPoint("writer.telling");
  view_.CloseUpTo(upto, header_.run, header_.sequence);
  CrashPoint("writer.told");
  start_.wakeups->SignalAllWorkers();
  committed_ms_ = MonotonicMs();
  points_disturbed_ = false;
  return {};
}

void WriterLoop::ShowClosed(const Publications& publications, WindowStart upto) {
  for (size_t s = 0; s < publications.size(); ++s) {
    if (!publications[s]) continue;
    VerdictCounts closed;
    for (const shm::SealedWindow& window : publications[s]->windows) {
      if (window.start < upto) closed += window.counts;
    }
    view_.ShowClosed(SlotId(static_cast<int32_t>(s)), closed);
  }
}

void WriterLoop::TakePoints(const Publications& publications, WindowStart upto) {
  for (PartitionPoint& point : SafePoints(publications, upto)) {
    points_[static_cast<size_t>(point.partition.value())] = std::move(point.safe);
  }
  for (const auto& publication : publications) {
    if (!publication) continue;
    for (const shm::Step& step : publication->steps) {
      positions_[static_cast<size_t>(step.partition.value())] = step.position;
    }
  }
}

bool WriterLoop::DrainTimeIsUp() {
  if (!view_.draining()) return false;
  const int64_t now_ms = MonotonicMs();
  if (draining_since_ms_ == 0) draining_since_ms_ = now_ms;
  return now_ms - draining_since_ms_ >= limits::kDrainWaitMs;
}

// --- Partitions added to the topic ---------------------------------------------------------------------------

Result<void> WriterLoop::WatchPartitions() {
  const int64_t now_ms = MonotonicMs();
  // With --until-end the job is what was there at the start; files do not multiply.
  if (start_.options->until_end || view_.draining() || now_ms - partitions_watched_ms_ < limits::kWatchPartitionsMs) {
    return {};
  }
  partitions_watched_ms_ = now_ms;
  const Result<int32_t> count = outlet_->CountPartitions();
  if (!count && count.error().exit_code == ExitCode::kHumanNeeded) {
    if (missing_since_ms_ == 0) missing_since_ms_ = now_ms;
    if (now_ms - missing_since_ms_ >= limits::kMissingTopicMs) return count.error();
  }
  if (!count) return {};
  missing_since_ms_ = 0;
  if (*count > limits::kMaxPartitions) return TooManyPartitions(*count);
  if (*count > static_cast<int32_t>(points_.size())) AddPartitions(*count);
  return {};
}

Result<void> WriterLoop::WatchPoints() {
  const int64_t now_ms = MonotonicMs();
  // A job that ends by itself commits all points once more at its end.
  if (start_.options->until_end || view_.draining() || now_ms - points_watched_ms_ < limits::kWatchPointsMs) return {};
  points_watched_ms_ = now_ms;
  const Result<bool> stand = outlet_->PointsStand();
  if (!stand && stand.error().exit_code == ExitCode::kHumanNeeded) return stand.error();
  points_disturbed_ = stand.ok() && !*stand;
  return {};
}

Error WriterLoop::TooManyPartitions(int32_t count) const {
  return {ExitCode::kHumanNeeded, start_.options->input_topic + " has " + std::to_string(count) +
                                      " partitions; headcount reads at most " + std::to_string(limits::kMaxPartitions)};
}

void WriterLoop::AddPartitions(int32_t count) {
  Log(LogAction::kTopicGrown,
      "the topic has grown from " + std::to_string(points_.size()) + " to " + std::to_string(count) + " partitions",
      {{LogLabel::kTopic, start_.options->input_topic}, {LogLabel::kPartitionCount, count}});
  for (int32_t n = static_cast<int32_t>(points_.size()); n < count; ++n) {
    const PartitionId p(n);
    points_.push_back(NewPartitionStart(header_.closed_upto, WallClock(), start_.options->rule));
    positions_.emplace_back(0);
    view_.OpenPartition(p);
    view_.StorePoint(p, ToText(header_, points_.back()), Offset(0));
  }
  view_.RaisePartitionCount(count);
  start_.wakeups->SignalAllWorkers();
  start_.wakeups->coordinator().Signal();
}

}  // namespace headcount
