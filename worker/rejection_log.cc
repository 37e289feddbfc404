#include "worker/rejection_log.h"

#include "common/log/log.h"

namespace headcount {
namespace {

// Looks for reasons whose minute is over no more often than this.
constexpr int64_t kLookEveryMs = 1'000;

}  // namespace

std::string_view TopicOf(const RunOptions& options) {
  return options.reads_files() ? std::string_view() : options.input_topic;
}

std::string_view FileOf(const RunOptions& options, PartitionId p) {
  return options.reads_files() ? options.files[static_cast<size_t>(p.value())] : std::string_view();
}

std::string PlaceOf(const RunOptions& options, PartitionId p, Offset offset) {
  const std::string input = options.reads_files()
                                ? std::string(FileOf(options, p))
                                : "partition " + std::to_string(p.value()) + " of topic " + options.input_topic;
  return input + ", offset " + std::to_string(offset.value());
}

std::string ShortPlaceOf(const RunOptions& options, PartitionId p, Offset offset, std::optional<uint64_t> line) {
  if (!options.reads_files()) {
    return options.input_topic + "/" + std::to_string(p.value()) + "/" + std::to_string(offset.value());
  }
  const std::string file = FileOf(options, p) == "-" ? std::string("stdin") : std::string(FileOf(options, p));
  return file + (line ? ":" + std::to_string(*line) : "@" + std::to_string(offset.value()));
}

void RejectionLog::Update(int64_t now_ms) {
  now_ms_ = now_ms;
  if (now_ms < next_look_ms_) return;
  next_look_ms_ = now_ms + kLookEveryMs;
  FlushDue(now_ms);
}

void RejectionLog::FlushDue(int64_t now_ms) {
  for (size_t reason = 0; reason < invalid_.size(); ++reason) {
    const uint64_t lines = invalid_[reason].TakeDue(now_ms);
    if (lines > 0) LogSuppressed(LogAction::kFrameInvalid, kInvalidReasonNames[reason], lines);
  }
  if (const uint64_t lines = future_.TakeDue(now_ms); lines > 0) LogSuppressed(LogAction::kFrameFuture, "", lines);
  if (const uint64_t lines = late_.TakeDue(now_ms); lines > 0) LogSuppressed(LogAction::kFrameLate, "", lines);
}

void RejectionLog::Invalid(PartitionId p, Offset offset, InvalidReason reason) {
  last_[static_cast<size_t>(reason)] = FramePlace{p, offset};
  if (!invalid_[static_cast<size_t>(reason)].Admit(now_ms_)) return;
  Log(LogAction::kFrameInvalid, PlaceOf(*options_, p, offset) + ": counted as invalid (" + Name(reason) + ")",
      {{LogLabel::kTopic, TopicOf(*options_)},
       {LogLabel::kFile, FileOf(*options_, p)},
       {LogLabel::kPartition, p.value()},
       {LogLabel::kOffset, offset.value()},
       {LogLabel::kReason, Name(reason)}});
}

void RejectionLog::Future(PartitionId p, Offset offset) {
  last_[kFutureKind] = FramePlace{p, offset};
  if (!future_.Admit(now_ms_)) return;
  Log(LogAction::kFrameFuture,
      PlaceOf(*options_, p, offset) +
          ": counted as future: its time is far ahead, and what came after did not confirm it",
      {{LogLabel::kTopic, TopicOf(*options_)},
       {LogLabel::kFile, FileOf(*options_, p)},
       {LogLabel::kPartition, p.value()},
       {LogLabel::kOffset, offset.value()}});
}

void RejectionLog::Late(PartitionId p, Offset offset) {
  last_[kLateKind] = FramePlace{p, offset};
  if (!late_.Admit(now_ms_)) return;
  Log(LogAction::kFrameLate, PlaceOf(*options_, p, offset) + ": counted as late: its minute had been given up",
      {{LogLabel::kTopic, TopicOf(*options_)},
       {LogLabel::kFile, FileOf(*options_, p)},
       {LogLabel::kPartition, p.value()},
       {LogLabel::kOffset, offset.value()}});
}

void RejectionLog::Uncounted(PartitionId p, const VerdictCounts& invalid, const std::string& what) {
  const std::string input = options_->reads_files()
                                ? "file " + std::string(FileOf(*options_, p))
                                : "partition " + std::to_string(p.value()) + " of topic " + options_->input_topic;
  Log(LogAction::kInputUncounted,
      input + ": none of its first " + std::to_string(invalid.invalid()) +
          " records could be counted: " + ReasonsText(invalid) + ". " + what,
      {{LogLabel::kTopic, TopicOf(*options_)},
       {LogLabel::kFile, FileOf(*options_, p)},
       {LogLabel::kPartition, p.value()},
       {LogLabel::kReason, Name(*MostFrequent(invalid))},
       {LogLabel::kRecords, invalid.invalid()}});
}

}  // namespace headcount
