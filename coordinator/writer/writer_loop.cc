#include "coordinator/writer/writer_loop.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "common/base/limits.h"
#include "common/base/units.h"
#include "common/job/reset_advice.h"
#include "common/job/selection.h"
#include "common/log/crash_point.h"
#include "common/log/log.h"
#include "coordinator/text/number_text.h"

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

// The key whose value the reason speaks of; empty: it speaks of the whole frame.
std::string_view FieldOf(InvalidReason reason, const FieldNames& names) {
  switch (reason) {
    case InvalidReason::kNoTs:
    case InvalidReason::kBadTs: return names.time;
    case InvalidReason::kNoUid:
    case InvalidReason::kBadUid: return names.id;
    default: return {};
  }
}

// A minute of which more than a few frames are missing looks like a quiet one.
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
    Log(LogAction::kClaimUnconfirmed, "cannot start yet (" + started.error().message + "), trying again",
        {{LogLabel::kOutcome, "unavailable"}});
    view_.Beat(MonotonicMs());
    WaitReadable({start_.parent_fd}, limits::kMaxRetryPauseMs);
  }
}

void WriterLoop::ShowStart(const Standing& standing) {
  points_ = standing.plan.points;
  for (size_t n = 0; n < points_.size(); ++n) {
    const PartitionId p(static_cast<int32_t>(n));
    view_.StorePoint(p, ToText(header_, points_[n]), points_[n].point.offset);
    if (standing.until[n]) view_.StoreUntil(p, *standing.until[n], standing.began_empty[n]);
    positions_.push_back(points_[n].point.offset);
  }
  last_boundary_ = standing.last_boundary;
  view_.StoreLastBoundary(last_boundary_);
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
  LogLeftOpen();
  LogAllThatWasLeftOut();  // after this the coordinator may end it all before we are gone
  view_.EnterState(shm::WriterState::kDone);
  start_.wakeups->coordinator().Signal();
  return {};
}

// --until-end: says which minutes wait for the next start, and why.
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
      BoundedUpTo(publications, upto, start_.options->rule.window_s, outlet_->WindowsPerTransaction());
  if (MustCommit(publications, bounded, ending)) {
    // What has become of the points that this commit would replace? A topic that was made anew took them along.
    if (MonotonicMs() - points_watched_ms_ >= limits::kLookBeforeCommitMs) {
      const Result<bool> may_commit = LookAtPoints();
      if (!may_commit) return may_commit.error();
      if (!*may_commit) return false;
    }
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
  view_.CommittingSince(MonotonicMs());
  if (Result<void> committed = outlet_->Commit(records, AllPoints(), header_); !committed) return committed;
  view_.CommittingSince(0);
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
    LogInvalidShare(record, start_.options->fields);
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
  // No topic loses partitions.
  if (*count < static_cast<int32_t>(points_.size())) return InputMadeAnew();
  if (*count > static_cast<int32_t>(points_.size())) AddPartitions(*count);
  return {};
}

Result<void> WriterLoop::WatchPoints() {
  const int64_t now_ms = MonotonicMs();
  // A job that ends by itself commits all points once more at its end.
  if (start_.options->until_end || view_.draining() || now_ms - points_watched_ms_ < limits::kWatchPointsMs) return {};
  const Result<bool> looked = LookAtPoints();
  if (!looked) return looked.error();
  return {};
}

// Answers whether a commit may replace them. Not where it cannot be told whether the topic is the one that was read.
Result<bool> WriterLoop::LookAtPoints() {
  // Before the look: where the points stand then, so did the topic that this was read from.
  std::vector<Read> read;
  for (size_t p = 0; p < points_.size(); ++p) read.push_back(ReadOf(PartitionId(static_cast<int32_t>(p))));
  const Result<PointsSeen> seen = outlet_->LookAtPoints();
  points_watched_ms_ = MonotonicMs();
  if (!seen && seen.error().exit_code == ExitCode::kHumanNeeded) return seen.error();
  points_disturbed_ = seen.ok() && *seen != PointsSeen::kStand;
  if (!points_disturbed_) {
    if (seen.ok()) read_ = std::move(read);
    return true;
  }
  if (*seen == PointsSeen::kChanged) return true;
  const Result<bool> another = *seen == PointsSeen::kAnotherTopic ? Result<bool>(true) : InputIsAnother();
  if (another.ok() && !*another) {
    Log(LogAction::kOffsetsChanged,
        "the committed offsets of group " + start_.options->group + " are gone, though " + start_.options->input_topic +
            " is the topic that is read: headcount sets its own again (to set offsets by "
            "hand, stop headcount first)",
        {{LogLabel::kTopic, start_.options->input_topic}, {LogLabel::kGroup, start_.options->group}});
    return true;
  }
  if (another.ok()) {
    if (Result<void> anew = InputMadeAnew(); !anew) return anew.error();
  }
  // Nothing is committed on a guess: the next start refuses where points are missing, not where they are wrong.
  points_watched_ms_ = 0;
  return false;
}

WriterLoop::Read WriterLoop::ReadOf(PartitionId p) const { return {view_.Mark(p), view_.Position(p)}; }

Result<bool> WriterLoop::InputIsAnother() {
  std::vector<PlacedMark> tried;
  for (size_t n = 0; n < points_.size() && tried.size() < limits::kMarksTried; ++n) {
    const PartitionId p(static_cast<int32_t>(n));
    // The first mark of a life stands for a while: it is likely to be of the old topic, too.
    const bool is_known = n < read_.size() && read_[n].mark;
    const std::optional<RecordMark> mark = is_known ? read_[n].mark : view_.Mark(p);
    if (mark) tried.push_back({p, *mark});
  }
  return outlet_->InputIsAnother(tried);
}

// --- A topic that was made anew --------------------------------------------------------------------------------

// Ends this life with an error: with it go the open windows, in which frames of the old topic may stand. No error: the
// new topic is not there yet.
Result<void> WriterLoop::InputMadeAnew() {
  const RunOptions& options = *start_.options;
  const std::string what = "topic " + options.input_topic + " was deleted and made anew while it was read";
  if (options.on_lost_input == OnLostInput::kFail) {
    return Error{ExitCode::kHumanNeeded,
                 what + "; nothing is published of what stands in it now. To go on from its beginning, " +
                     ResetAdvice(options.group, options.input_topic) +
                     ", and start again; --on-lost-input=continue does that by itself"};
  }
  const Result<int32_t> count = outlet_->CountPartitions();
  if (!count) return {};
  const Result<uint64_t> lost = BeginAnew(*count);
  if (!lost) return lost.error();
  Log(LogAction::kInputMadeAnew,
      what + "; going on from its beginning, where what is published stays as it is: about " + std::to_string(*lost) +
          " offsets that were read stand in no minute",
      {{LogLabel::kTopic, options.input_topic}, {LogLabel::kGroup, options.group}, {LogLabel::kLostRecords, *lost}});
  return Error{ExitCode::kBroken, what + ": everybody starts over at its beginning"};
}

// Commits the beginning of every partition, so that the next life goes on from there. Answers how many offsets of the
// old topic were read and are in no published minute: some more may have been read since it was looked at last.
Result<uint64_t> WriterLoop::BeginAnew(int32_t partition_count) {
  uint64_t lost = 0;
  for (size_t n = 0; n < points_.size(); ++n) {
    const int64_t safe = points_[n].point.first_needed().value();
    const bool is_known = n < read_.size() && read_[n].position;
    const std::optional<Offset> position =
        is_known ? read_[n].position : view_.Position(PartitionId(static_cast<int32_t>(n)));
    if (position && position->value() > safe) lost += static_cast<uint64_t>(position->value() - safe);
  }
  points_.assign(static_cast<size_t>(partition_count),
                 NewPartitionStart(header_.closed_upto, WallClock(), start_.options->rule));
  header_.sequence = Sequence(header_.sequence.value() + 1);
  if (Result<void> committed = outlet_->Commit({}, AllPoints(), header_); !committed) return committed.error();
  view_.ShowLost(lost);
  return lost;
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
