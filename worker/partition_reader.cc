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

PartitionReader::PartitionReader(const ReadingTools& tools, PartitionId partition, size_t place, const SafePoint& start,
                                 std::optional<Offset> until, int64_t now_ms)
    : tools_(tools),
      partition_(partition),
      place_(place),
      until_(until),
      sink_(tools.store, place),
      judge_(tools.options->rule, start, &sink_),
      policy_(*tools.options, now_ms),
      uncounted_(!tools.options->until_end) {
  sink_.set_judge(&judge_);
  sink_.set_notes(tools.notes, partition);
}

// --- Reading -------------------------------------------------------------------------------------------------

bool PartitionReader::MayRead(EventTime not_beyond) const {
  if (read_to_until_ || judge_.moves_full() || StandsBeforePoison()) return false;
  return judge_.restoring() || watermark() <= not_beyond;
}

Result<size_t> PartitionReader::ReadSome(size_t max, EventTime not_beyond, int64_t now_ms) {
  const EventTime before = judge_.watermark();
  const size_t held_before = judge_.held();
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
    if (until_ && frame.offset >= *until_) break;
    // Where the log has gaps, a move is met only here; it may be the last one that there is room for.
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
  told_time_ = moved || judge_.held() > held_before;
  policy_.OnRecord(moved, now_ms);
  return taken;
}

void PartitionReader::JudgeFrame(const SourceFrame& frame) {
  // No record to the judge, also where it counts records: by a replay compaction may have removed it.
  if (!frame.has_value && tools_.options->ignore_tombstones) {
    ++tombstones_;
    return;
  }
  if (judge_.PassOver(frame.offset)) return;
  if (!frame.has_value) return JudgeInvalid(frame, InvalidReason::kNoValue);
  if (!poison_left_.empty()) TakePoisonLeft(frame.offset);
  // Too large comes before poison in the order of reasons, and needs no decoding either.
  if (frame.bytes.size() > tools_.options->max_frame_bytes) return JudgeInvalid(frame, InvalidReason::kTooLarge);
  if (!judge_.moves().empty() && judge_.IsPoison(frame.offset)) {
    Log(LogAction::kFramePoison,
        Place(frame.offset) + ": counted as invalid (poison), undecoded: decoding it has killed workers",
        {{LogLabel::kTopic, TopicOf(*tools_.options)},
         {LogLabel::kFile, FileOf(*tools_.options, partition_)},
         {LogLabel::kPartition, partition_.value()},
         {LogLabel::kOffset, frame.offset.value()}});
    if (tools_.notes != nullptr) tools_.notes->Poison(partition_, frame.offset);
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

// Named before, if it is only read again for the sake of held frames.
void PartitionReader::JudgeInvalid(const SourceFrame& frame, InvalidReason reason) {
  if (tools_.notes != nullptr && frame.offset >= judge_.offset()) {
    tools_.notes->Invalid(partition_, frame.offset, reason);
    Describe(frame, reason);
  }
  uncounted_.OnInvalid(reason, now_ms_);
  judge_.JudgeInvalid(frame.offset, reason);
}

// The first of its partition, and the first of a reason that this worker meets. The mark stands meanwhile: whatever the
// bytes do here, they do not do it for ever.
void PartitionReader::Describe(const SourceFrame& frame, InvalidReason reason) {
  const bool first_here = uncounted_.MayBeDue() && first_invalid_.empty();
  if (!tools_.notes->WantsShape(reason) && !first_here) return;
  tools_.view->Decoding(partition_, frame.offset);
  const RunOptions& options = *tools_.options;
  const FrameInput input = options.reads_files() ? FrameInput::kFile : FrameInput::kTopic;
  const std::string place =
      ShortPlaceOf(options, partition_, frame.offset, tools_.source->LineOf(partition_, frame.offset));
  std::string text = ShapeText(place, ShapeOf(frame.bytes, reason, options.fields, input));
  tools_.view->Decoded();
  tools_.view->ShowFirstInvalid(reason, text);
  if (first_here) first_invalid_ = std::move(text);
}

void PartitionReader::TellIfUncounted(int64_t now_ms) {
  if (tools_.notes == nullptr || !uncounted_.TakeDue(now_ms)) return;
  tools_.notes->Uncounted(partition_, uncounted_.before_valid(), std::exchange(first_invalid_, {}));
}

void PartitionReader::AddPoison(Offset offset) {
  if (offset >= judge_.offset() && !judge_.AddPoison(offset)) poison_left_.push_back(offset);
}

// Without a clock there is no window to close, and so no way to make room.
Error PartitionReader::NothingButPoison() const {
  return {ExitCode::kHumanNeeded, Place(batch_.frames[next_].offset) + ": more than " +
                                      std::to_string(limits::kMaxPoisonMoves) +
                                      " frames before the first that can be counted kill their decoder; report it, "
                                      "and begin after them (--from, or offsets set by hand)"};
}

// The record at `offset` is met: there is room for its move, or it was not read on to here.
void PartitionReader::TakePoisonLeft(Offset offset) {
  const auto found = std::find(poison_left_.begin(), poison_left_.end(), offset);
  if (found == poison_left_.end()) return;
  HC_CHECK(judge_.AddPoison(offset), "no room for poison met at offset " + std::to_string(offset.value()));
  poison_left_.erase(found);
}

// The next frame is poison, and there is no room for its move before a commit: to decode it would be to die of it.
bool PartitionReader::StandsBeforePoison() const {
  return !poison_left_.empty() && next_ < batch_.count && judge_.poison_full() &&
         std::find(poison_left_.begin(), poison_left_.end(), batch_.frames[next_].offset) != poison_left_.end();
}

bool PartitionReader::HasMore() const {
  if (read_to_until_) return false;
  return next_ < batch_.count || tools_.source->KnownEnd(partition_) > tools_.source->Position(partition_) ||
         tools_.source->KnownEnd(partition_) < Offset(0);
}

bool PartitionReader::AtUntil() const {
  if (next_ < batch_.count) return until_ && batch_.frames[next_].offset >= *until_;
  if (until_) return tools_.source->Position(partition_) >= *until_;
  return tools_.source->AskEnd(partition_, 0) == EndAnswer::kAtEnd;
}

// --- Excuses -------------------------------------------------------------------------------------------------

PartitionFacts PartitionReader::Facts(WindowStart boundary_of_others) const {
  PartitionFacts facts;
  facts.position = next_ < batch_.count ? batch_.frames[next_].offset : tools_.source->Position(partition_);
  facts.known_end = tools_.source->KnownEnd(partition_);
  // Frames taken but not judged are more to read, whatever the leader says.
  if (next_ < batch_.count) facts.known_end = std::max(facts.known_end, Offset(facts.position.value() + 1));
  facts.read_to_until = read_to_until_;
  // Not by the end alone: with --leave-open a partition that begins with an open transaction ends at 0, too.
  facts.began_empty = until_ ? tools_.view->began_empty(partition_) : facts.position == Offset(0);
  facts.own_boundary = tools_.options->rule.SealableBy(watermark());
  facts.boundary_of_others = boundary_of_others;
  return facts;
}

bool PartitionReader::UpdateExcuse(WindowStart boundary_of_others, bool may_ask, int64_t now_ms) {
  policy_.OnContact(tools_.source->Contact(partition_), now_ms);
  const bool was_excused = policy_.excused();
  if (tools_.options->until_end && !read_to_until_) read_to_until_ = AtUntil();
  // Nothing is left below the frame that waits, or below the position.
  judge_.ReachedEnd(next_ < batch_.count ? batch_.frames[next_].offset : tools_.source->Position(partition_));
  if (judge_.restoring()) return false;

  if (judge_.moves_full()) {
    WaitForSpaceForMoves();
  } else if (StandsBeforePoison()) {
    MakeRoomForPoison();
  }
  const PartitionFacts facts = Facts(boundary_of_others);
  policy_.Update(facts, now_ms);
  const bool asks = may_ask && policy_.WantsEnd(facts, now_ms);
  if (asks) policy_.OnEndAnswer(tools_.source->AskEnd(partition_, limits::kAskEndTimeoutMs), facts, MonotonicMs());
  // The clock of a partition that has just been added may lie behind what this worker has sealed.
  if (policy_.excused() && !was_excused) judge_.Excuse(WallClock(), tools_.store->sealed_upto());
  return asks;
}

// Asked where nothing may be read on before a commit frees moves.
PartitionReader::Space PartitionReader::SpaceForMoves() const {
  const CountingRule& rule = tools_.options->rule;
  const EventTime last = tools_.view->last_boundary();
  if (tools_.view->closed_upto().time() < std::min(rule.SealableBy(watermark()).time(), last)) return Space::kMayCome;
  const bool never_closes = watermark().is_set() && rule.EndOf(rule.WindowOf(watermark())) > last;
  return never_closes ? Space::kInNextRun : Space::kNone;
}

// What lies unread has not been silent, so it holds the clock, as long as the windows that this lets close may free
// moves. If they did not, all moves lie in one window: then it must not hold up the commit of that window, and is
// excused where it was last.
void PartitionReader::WaitForSpaceForMoves() {
  switch (SpaceForMoves()) {
    case Space::kMayCome:
      if (HasMore()) policy_.EndExcuse();
      return;
    case Space::kNone: policy_.StayExcused(); return;
    case Space::kInNextRun: read_to_until_ = true; return;
  }
}

// Where too many poison frames lie in a window that the clock cannot close without the frames behind, the clock goes to
// its end without those; they will be late.
void PartitionReader::MakeRoomForPoison() {
  const Space space = SpaceForMoves();
  if (space == Space::kInNextRun) read_to_until_ = true;
  if (space != Space::kNone) return;
  const CountingRule& rule = tools_.options->rule;
  const WindowStart end(rule.EndOf(rule.WindowOf(judge_.watermark())).seconds());
  const Offset offset = batch_.frames[next_].offset;
  Log(LogAction::kWindowClosedEarly,
      Place(offset) + ": more than " + std::to_string(limits::kMaxPoisonMoves) +
          " frames of open minutes kill their decoder; to go on, the minutes before " + std::to_string(end.seconds()) +
          " are closed without what follows",
      {{LogLabel::kTopic, TopicOf(*tools_.options)},
       {LogLabel::kFile, FileOf(*tools_.options, partition_)},
       {LogLabel::kPartition, partition_.value()},
       {LogLabel::kOffset, offset.value()},
       {LogLabel::kUpto, end.seconds()}});
  judge_.Excuse(WallClock(), end);
}

// --- Publications --------------------------------------------------------------------------------------------

shm::Step PartitionReader::MakeStep() const {
  shm::Step step{partition_, judge_.offset(), judge_.watermark(), {judge_.point(), judge_.moves()}};
  const Point* first = tools_.store->EarliestFirstPoint(place_);
  if (first != nullptr && Earlier(*first, step.rest.point)) step.rest.point = *first;
  return step;
}

shm::PartitionStatus PartitionReader::Status(EventTime not_beyond, int64_t now_ms) const {
  shm::PartitionStatus status;
  status.position = tools_.source->Position(partition_);
  status.end = tools_.source->KnownEnd(partition_);
  status.watermark = judge_.watermark();
  status.held = static_cast<uint32_t>(judge_.held());
  status.excuse = policy_.excuse();
  status.hold_reason = policy_.hold_reason(now_ms);
  status.invalid_in_a_row = uncounted_.in_a_row();
  status.invalid_reason = uncounted_.last();
  if (next_ == batch_.count) status.open_transaction_end = tools_.source->OpenTransactionEnd(partition_);
  // A pipe has no end before it ends, and no leader to hear of it from: it is read.
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
