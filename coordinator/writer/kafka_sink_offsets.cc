// The part of KafkaSink that watches the committed offsets and the input topic, which other programs may change while
// the job runs. It commits nothing. Runs in the writer.
#include <algorithm>

#include "common/base/limits.h"
#include "common/kafka/group_members.h"
#include "common/kafka/input_identity.h"
#include "common/log/log.h"
#include "coordinator/writer/kafka_sink.h"
#include "coordinator/writer/long_call.h"

namespace headcount {

// Every program that names the group can set its offsets, in a transaction or not: a tool, or a consumer of the same
// group. If they stayed, the next start would take them for offsets that a person has reset.
Result<OffsetsSeen> KafkaSink::LookAtOffsets() {
  if (HasAnotherId()) return OffsetsSeen::kAnotherTopic;
  Result<std::vector<kafka::CommittedOffset>> committed = ReadCommitted(partitions_, limits::kWatchTimeoutMs);
  if (!committed) return Error{ExitCode::kUnavailable, committed.error().message};
  const bool any = std::any_of(committed->begin(), committed->end(), [](const auto& point) { return point.offset; });
  if (!any && !committed->empty()) return OffsetsSeen::kGone;
  for (size_t p = 0; p < committed->size(); ++p) {
    const kafka::CommittedOffset& point = (*committed)[p];
    const Result<CommitMetadata> read = ParseCommitMetadata(point.metadata);
    if (read.ok() && read->header.run != run_) return TakenOver(read->header.run);
    if (read.ok() && read->header.sequence == sequence_) continue;
    LogForeignCommit(PartitionId(static_cast<int32_t>(p)), point.offset);
    return OffsetsSeen::kChanged;
  }
  return OffsetsSeen::kStand;
}

bool KafkaSink::HasAnotherId() const {
  if (!topic_id_ || !producer_) return false;
  const auto id = kafka::TopicId(producer_->handle(), options_->input_topic, limits::kWatchTimeoutMs);
  return id && id->has_value() && *id != topic_id_;
}

// Called if all committed offsets are gone. If the topic's id is the same, a person deleted them.
Result<bool> KafkaSink::InputIsAnother(const std::vector<PlacedMark>& marks) {
  if (topic_id_) return HasAnotherId();
  if (marks.empty()) return false;
  const LongCall call(around_);
  const Result<kafka::MarkSeen> seen =
      kafka::LookForMarks(config_, options_->input_topic, marks, limits::kReadMarksTimeoutMs);
  if (!seen) return seen.error();
  return *seen == kafka::MarkSeen::kAnother;
}

void KafkaSink::LogForeignCommit(PartitionId p, const std::optional<Offset>& offset) const {
  std::string members;
  for (const std::string& member : kafka::GroupMembers(producer_->handle(), options_->group, limits::kWatchTimeoutMs)) {
    members += (members.empty() ? " (a member of it now: " : ", ") + member;
  }
  if (!members.empty()) members += ")";
  Log(LogAction::kOffsetsChanged,
      "somebody else has " +
          (offset ? "committed offset " + std::to_string(offset->value()) : std::string("deleted the offset")) +
          " of partition " + std::to_string(p.value()) + " of " + options_->input_topic + " under group " +
          options_->group + members + ": headcount sets its own again; give the other program another group (to set " +
          "offsets by hand, stop headcount first)",
      {{LogLabel::kTopic, options_->input_topic},
       {LogLabel::kGroup, options_->group},
       {LogLabel::kPartition, p.value()},
       {LogLabel::kOffset, offset ? std::optional<int64_t>(offset->value()) : std::nullopt}});
}

}  // namespace headcount
