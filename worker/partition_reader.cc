#include "worker/partition_reader.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/base/check.h"
#include "common/base/limits.h"
#include "common/base/wakeup.h"
#include "common/decode/frame_shape.h"
#include "common/log/crash_point.h"
#include "common/log/log.h"

namespace headcount {

PartitionReader::PartitionReader(const ReadingTools& tools, PartitionId partition, size_t index, const SafePoint& start,
                                 std::optional<Offset> stop_offset, int64_t now_ms)
    : tools_(tools),
      partition_(partition),
      index_(index),
      stop_offset_(stop_offset),
      sink_(tools.store, index),
      judge_(tools.options->rule, start, &sink_),
      policy_(*tools.options, now_ms),
      uncounted_(!tools.options->until_end) {
  sink_.set_judge(&judge_);
  sink_.set_rejections(tools.rejections, partition);
}

// --- Reading -------------------------------------------------------------------------------------------------

bool PartitionReader::MayRead(EventTime not_beyond) const {
  if (reached_stop_offset_ || judge_.decisions_full() || StandsBeforePoison()) return false;
  return judge_.restoring() || watermark() <= not_beyond;
}

Result<size_t> PartitionReader::ReadSome(size_t max, EventTime not_beyond, int64_t now_ms) {
  const EventTime before = judge_.watermark();
  const size_t unconfirmed_before = judge_.unconfirmed();
  now_ms_ = now_ms;
  size_t taken = 0;
  size_t bytes = 0;
  while (taken < max && bytes < limits::kBatchBytes && MayRead(not_beyond)) {
    if (next_ == batch_.count) {
      Result<FrameBatch> fetched = tools_.source->Fetch(partition_, max - taken);
      if (!fetched) return fetched.error();
      batch_ = *fetched;
      next_ = 0;
      if (batch_.count == 0) break;
      CrashPoint("worker.taking");
    }
    const SourceFrame& frame = batch_.frames[next_];
    if (stop_offset_ && frame.offset >= *stop_offset_) break;
    // If the log has gaps, the judge meets a decision only here, and this decision may fill the space.
    judge_.ReachedEnd(frame.offset);
    if (!MayRead(not_beyond)) break;
    JudgeFrame(frame);
    bytes += frame.bytes.size();
    ++next_;
    ++taken;
  }
  if (StandsBeforePoison() && !judge_.watermark().is_set()) return NothingButPoison();
  if (taken == 0) return taken;
  record_bytes_ += bytes;
  CrashPoint("worker.taken");
  const bool moved = judge_.watermark() > before;
  told_time_ = moved || judge_.unconfirmed() > unconfirmed_before;
  policy_.OnRecord(moved, now_ms);
  return taken;
}

void PartitionReader::JudgeFrame(const SourceFrame& frame) {
  // The judge does not see the record, not even in its counts: compaction may remove it before a replay.
  if (!frame.has_value && tools_.options->ignore_tombstones) {
    ++tombstones_;
    return;
  }
  if (judge_.PassOver(frame.offset)) return;
  if (!frame.has_value) return JudgeInvalid(frame, InvalidReason::kNoValue);
  if (!poison_left_.empty()) TakePoisonLeft(frame.offset);
  // Too large comes before poison in the order of reasons, and needs no decoding either.
  if (frame.bytes.size() > tools_.options->max_frame_bytes) return JudgeInvalid(frame, InvalidReason::kTooLarge);
  if (!judge_.decisions().empty() && judge_.IsPoison(frame.offset)) {
    Log(LogAction::kFramePoison,
        Place(frame.offset) + ": counted as invalid (poison), undecoded: decoding it has killed workers",
        {{LogLabel::kTopic, TopicOf(*tools_.options)},
         {LogLabel::kFile, FileOf(*tools_.options, partition_)},
         {LogLabel::kPartition, partition_.value()},
         {LogLabel::kOffset, frame.offset.value()}});
    if (tools_.rejections != nullptr) tools_.rejections->Poison(partition_, frame.offset);
    return judge_.JudgeInvalid(frame.offset, InvalidReason::kPoison);
  }
  DecodedFrame decoded;
  InvalidReason reason{};
  tools_.view->Decoding(partition_, frame.offset);
  CrashOnPoison(frame.bytes);
  const bool valid = tools_.decoder->Decode(frame.bytes, &decoded, &reason);
  tools_.view->Decoded();
  if (!valid) return JudgeInvalid(frame, reason);
  uncounted_.OnValid();
  judge_.JudgeValid(frame.offset, {decoded.ts, FingerprintOf(tools_.key, decoded.uid)});
}

// A frame that the reader only reads again for the unconfirmed frames was logged before.
void PartitionReader::JudgeInvalid(const SourceFrame& frame, InvalidReason reason) {
  if (tools_.rejections != nullptr && frame.offset >= judge_.offset()) {
    tools_.rejections->Invalid(partition_, frame.offset, reason);
    Describe(frame, reason);
  }
  uncounted_.OnInvalid(reason, now_ms_);
  judge_.JudgeInvalid(frame.offset, reason);
}

// Describes the first invalid record of its partition, and the first of each reason that this worker meets. The frame
// stays marked as decoding meanwhile. So if its bytes kill the worker here, the frame becomes poison.
void PartitionReader::Describe(const SourceFrame& frame, InvalidReason reason) {
  const bool first_here = uncounted_.MayBeDue() && first_invalid_.empty();
  if (!tools_.rejections->WantsShape(reason) && !first_here) return;
  tools_.view->Decoding(partition_, frame.offset);
  const RunOptions& options = *tools_.options;
  const FrameInput input = options.reads_files() ? FrameInput::kFile : FrameInput::kTopic;
  const std::string index =
      ShortPlaceOf(options, partition_, frame.offset, tools_.source->LineOf(partition_, frame.offset));
  std::string text = ShapeText(index, ShapeOf(frame.bytes, reason, options.fields, input));
  tools_.view->Decoded();
  tools_.view->ShowFirstInvalid(reason, text);
  if (first_here) first_invalid_ = std::move(text);
}

void PartitionReader::TellIfUncounted(int64_t now_ms) {
  if (tools_.rejections == nullptr || !uncounted_.TakeDue(now_ms)) return;
  tools_.rejections->Uncounted(partition_, uncounted_.before_valid(), std::exchange(first_invalid_, {}));
}

void PartitionReader::AddPoison(Offset offset) {
  if (offset >= judge_.offset() && !judge_.AddPoison(offset)) poison_left_.push_back(offset);
}

// Without a watermark there is no window to close, and so no way to make space.
Error PartitionReader::NothingButPoison() const {
  return {ExitCode::kHumanNeeded, Place(batch_.frames[next_].offset) + ": more than " +
                                      std::to_string(limits::kMaxPoisonDecisions) +
                                      " frames before the first that can be counted kill their decoder; report it, "
                                      "and begin after them (--from, or offsets set by hand)"};
}

// The reader meets the record at `offset`. There is space for its decision now, or the reader would not have read on.
void PartitionReader::TakePoisonLeft(Offset offset) {
  const auto found = std::find(poison_left_.begin(), poison_left_.end(), offset);
  if (found == poison_left_.end()) return;
  HC_CHECK(judge_.AddPoison(offset), "no room for poison met at offset " + std::to_string(offset.value()));
  poison_left_.erase(found);
}

// Whether the next frame is poison and there is no space for its decision before a commit. To decode it would kill the
// worker.
bool PartitionReader::StandsBeforePoison() const {
  return !poison_left_.empty() && next_ < batch_.count && judge_.poison_full() &&
         std::find(poison_left_.begin(), poison_left_.end(), batch_.frames[next_].offset) != poison_left_.end();
}

bool PartitionReader::HasMore() const {
  if (reached_stop_offset_) return false;
  return next_ < batch_.count || tools_.source->KnownEnd(partition_) > tools_.source->Position(partition_) ||
         tools_.source->KnownEnd(partition_) < Offset(0);
}

bool PartitionReader::ReachedStopOffset() const {
  if (next_ < batch_.count) return stop_offset_ && batch_.frames[next_].offset >= *stop_offset_;
  if (stop_offset_) return tools_.source->Position(partition_) >= *stop_offset_;
  return tools_.source->AskEnd(partition_, 0) == EndAnswer::kAtEnd;
}

// --- Idleness -------------------------------------------------------------------------------------------------

PartitionFacts PartitionReader::Facts(WindowStart frontier_of_others) const {
  PartitionFacts facts;
  facts.position = next_ < batch_.count ? batch_.frames[next_].offset : tools_.source->Position(partition_);
  facts.known_end = tools_.source->KnownEnd(partition_);
  // Frames taken but not judged are more to read, whatever the leader says.
  if (next_ < batch_.count) facts.known_end = std::max(facts.known_end, Offset(facts.position.value() + 1));
  facts.reached_stop_offset = reached_stop_offset_;
  // Not by the end alone: with --leave-open a partition that begins with an open transaction ends at 0, too.
  facts.began_empty = stop_offset_ ? tools_.view->began_empty(partition_) : facts.position == Offset(0);
  facts.own_frontier = tools_.options->rule.SealableBy(watermark());
  facts.frontier_of_others = frontier_of_others;
  return facts;
}

bool PartitionReader::UpdateIdleness(WindowStart frontier_of_others, bool may_ask, int64_t now_ms) {
  policy_.OnContact(tools_.source->Contact(partition_), now_ms);
  const bool was_idle = policy_.idle();
  if (tools_.options->until_end && !reached_stop_offset_) reached_stop_offset_ = ReachedStopOffset();
  // No record is left below the waiting frame, or below the position.
  judge_.ReachedEnd(next_ < batch_.count ? batch_.frames[next_].offset : tools_.source->Position(partition_));
  if (judge_.restoring()) return false;

  if (judge_.decisions_full()) {
    WaitForSpaceForDecisions();
  } else if (StandsBeforePoison()) {
    MakeSpaceForPoison();
  }
  const PartitionFacts facts = Facts(frontier_of_others);
  policy_.Update(facts, now_ms);
  const bool asks = may_ask && policy_.WantsEnd(facts, now_ms);
  if (asks) policy_.OnEndAnswer(tools_.source->AskEnd(partition_, limits::kAskEndTimeoutMs), facts, MonotonicMs());
  // The watermark of a partition that was just added may lie behind this worker's sealed frontier.
  if (policy_.idle() && !was_idle) judge_.MarkIdle(WallClock(), tools_.store->sealed_frontier());
  return asks;
}

// Called when the reader may read nothing before a commit frees decisions.
PartitionReader::Space PartitionReader::SpaceForDecisions() const {
  const CountingRule& rule = tools_.options->rule;
  const EventTime last = tools_.view->last_boundary();
  if (tools_.view->closed_frontier().time() < std::min(rule.SealableBy(watermark()).time(), last))
    return Space::kMayCome;
  const bool never_closes = watermark().is_set() && rule.EndOf(rule.WindowOf(watermark())) > last;
  return never_closes ? Space::kInNextRun : Space::kNone;
}

// A partition with unread records is not silent. So it holds as long as the windows that this closes may free
// decisions. If they free none, all decisions lie in one window. Then the partition must not delay the commit of that
// window, and stays idle at its last idleness.
void PartitionReader::WaitForSpaceForDecisions() {
  switch (SpaceForDecisions()) {
    case Space::kMayCome:
      if (HasMore()) policy_.EndIdleness();
      return;
    case Space::kNone: policy_.StayIdle(); return;
    case Space::kInNextRun: reached_stop_offset_ = true; return;
  }
}

// Too many poison frames lie in one window, and only frames behind them could move the watermark past it. So the judge
// raises the watermark to the end of that window; the frames behind become late.
void PartitionReader::MakeSpaceForPoison() {
  const Space space = SpaceForDecisions();
  if (space == Space::kInNextRun) reached_stop_offset_ = true;
  if (space != Space::kNone) return;
  const CountingRule& rule = tools_.options->rule;
  const WindowStart end(rule.EndOf(rule.WindowOf(judge_.watermark())).seconds());
  const Offset offset = batch_.frames[next_].offset;
  Log(LogAction::kWindowClosedEarly,
      Place(offset) + ": more than " + std::to_string(limits::kMaxPoisonDecisions) +
          " frames of open minutes kill their decoder; to go on, the minutes before " + std::to_string(end.seconds()) +
          " are closed without what follows",
      {{LogLabel::kTopic, TopicOf(*tools_.options)},
       {LogLabel::kFile, FileOf(*tools_.options, partition_)},
       {LogLabel::kPartition, partition_.value()},
       {LogLabel::kOffset, offset.value()},
       {LogLabel::kUpto, end.seconds()}});
  judge_.MarkIdle(WallClock(), end);
}

// --- Hand-offs -----------------------------------------------------------------------------------------------

shm::PartitionProgress PartitionReader::Progress() const {
  shm::PartitionProgress progress{
      partition_, judge_.offset(), judge_.watermark(), {judge_.state(), judge_.decisions()}};
  const JudgeState* first = tools_.store->EarliestFirstContribution(index_);
  if (first != nullptr && Earlier(*first, progress.rest.state)) progress.rest.state = *first;
  return progress;
}

shm::PartitionStatus PartitionReader::Status(EventTime not_beyond, int64_t now_ms) const {
  shm::PartitionStatus status;
  status.position = tools_.source->Position(partition_);
  status.end = tools_.source->KnownEnd(partition_);
  status.watermark = judge_.watermark();
  status.unconfirmed = static_cast<uint32_t>(judge_.unconfirmed());
  status.idle_reason = policy_.idle_reason();
  status.hold_reason = policy_.hold_reason(now_ms);
  status.invalid_in_a_row = uncounted_.in_a_row();
  status.invalid_reason = uncounted_.last();
  if (next_ == batch_.count) status.open_transaction_end = tools_.source->OpenTransactionEnd(partition_);
  // A pipe has no end before it ends, and no leader to learn the end from. The worker just reads it.
  if (status.hold_reason == shm::HoldReason::kLeaderAway ||
      (status.end < Offset(0) && !tools_.options->reads_files())) {
    status.reading = shm::ReadingState::kUnknown;
  } else if (!HasMore()) {
    status.reading = shm::ReadingState::kCaughtUp;
  } else {
    status.reading = MayRead(not_beyond) ? shm::ReadingState::kReading : shm::ReadingState::kAhead;
  }
  return status;
}

}  // namespace headcount
