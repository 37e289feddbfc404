// How the committed points and the input topic stand, as others may change both while the job runs: the part of
// KafkaOutlet that looks, and commits nothing. Runs in the writer.
#include <algorithm>

#include "common/base/limits.h"
#include "common/kafka/group_members.h"
#include "common/kafka/input_identity.h"
#include "common/log/log.h"
#include "coordinator/writer/kafka_outlet.h"
#include "coordinator/writer/long_call.h"

namespace headcount {

// Offsets of a group can be set by whoever names it, transaction or not: a tool, or a consumer of the same name. Left
// as they are they would pass for offsets reset by hand at the next start.
Result<PointsSeen> KafkaOutlet::LookAtPoints() {
  if (HasAnotherId()) return PointsSeen::kAnotherTopic;
  Result<std::vector<kafka::CommittedPoint>> committed = ReadCommitted(partitions_, limits::kWatchTimeoutMs);
  if (!committed) return Error{ExitCode::kUnavailable, committed.error().message};
  const bool any = std::any_of(committed->begin(), committed->end(), [](const auto& point) { return point.offset; });
  if (!any && !committed->empty()) return PointsSeen::kGone;
  for (size_t p = 0; p < committed->size(); ++p) {
    const kafka::CommittedPoint& point = (*committed)[p];
    const Result<CommittedPoint> read = ParsePointText(point.metadata);
    if (read.ok() && read->header.run != run_) return TakenOver(read->header.run);
    if (read.ok() && read->header.sequence == sequence_) continue;
    LogStranger(PartitionId(static_cast<int32_t>(p)), point.offset);
    return PointsSeen::kChanged;
  }
  return PointsSeen::kStand;
}

bool KafkaOutlet::HasAnotherId() const {
  if (!topic_id_ || !producer_) return false;
  const auto id = kafka::TopicId(producer_->handle(), options_->input_topic, limits::kWatchTimeoutMs);
  return id && id->has_value() && *id != topic_id_;
}

// Asked where all points are gone. With an id that is the same, they were deleted by hand.
Result<bool> KafkaOutlet::InputIsAnother(const std::vector<PlacedMark>& marks) {
  if (topic_id_) return HasAnotherId();
  if (marks.empty()) return false;
  const LongCall call(around_);
  const Result<kafka::MarkSeen> seen =
      kafka::LookForMarks(config_, options_->input_topic, marks, limits::kReadMarksTimeoutMs);
  if (!seen) return seen.error();
  return *seen == kafka::MarkSeen::kAnother;
}

void KafkaOutlet::LogStranger(PartitionId p, const std::optional<Offset>& offset) const {
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
