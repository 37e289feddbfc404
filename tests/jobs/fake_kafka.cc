#include "tests/jobs/fake_kafka.h"

#include <algorithm>

#include "common/base/clock.h"
#include "common/job/selection.h"
#include "common/judge/commit_metadata.h"
#include "common/log/crash_point.h"
#include "coordinator/writer/start_plan.h"

namespace headcount::test {

// --- The consumer --------------------------------------------------------------------------------------------

Result<void> FakeSource::Add(const std::vector<StartPosition>& partitions) {
  for (const StartPosition& start : partitions) {
    const FakeLog& log = *kafka_->At(start.partition).log;
    const auto first = std::lower_bound(log.begin(), log.end(), start.offset,
                                        [](const FakeRecord& record, Offset offset) { return record.offset < offset; });
    Reading& reading = readings_[start.partition];
    reading.next = static_cast<size_t>(first - log.begin());
    reading.position = start.offset;
  }
  return {};
}

Result<FrameBatch> FakeSource::Fetch(PartitionId p, size_t max) {
  CrashPoint("worker.fetching");
  const FakePartition& partition = kafka_->At(p);
  Reading& reading = readings_.at(p);
  reading.frames.clear();
  if (!*patient_ && rng_->Chance(0.3)) return FrameBatch{};
  constexpr size_t kAtOnce[] = {1, 4, 30, 512};
  const size_t here = partition.visible - std::min(partition.visible, reading.next);
  const size_t count = std::min({here, max, *patient_ ? max : rng_->Pick(kAtOnce)});
  for (size_t i = 0; i < count; ++i) {
    const FakeRecord& record = (*partition.log)[reading.next++];
    reading.frames.push_back(
        {record.offset, record.value ? std::string_view(*record.value) : std::string_view(), record.value.has_value()});
    reading.position = Offset(record.offset.value() + 1);
  }
  reading.last_fetched = partition.HighWatermark();
  // Past the control records at the end, once the consumer has met it.
  if (reading.next == partition.visible && (*patient_ || rng_->Chance(0.5))) {
    reading.position = std::max(reading.position, partition.LastStable());
    if (partition.transaction == 0) reading.end = reading.position;
  }
  return FrameBatch{reading.frames.data(), reading.frames.size()};
}

Offset FakeSource::KnownEnd(PartitionId p) const {
  const Reading& reading = readings_.at(p);
  if (reading.end == reading.position) return reading.position;
  return reading.last_fetched < Offset(0) ? Offset(-1) : std::max(reading.last_fetched, reading.position);
}

EndAnswer FakeSource::AskEnd(PartitionId p, int /*timeout_ms*/) {
  if (!*patient_ && rng_->Chance(0.15)) return EndAnswer::kUnanswered;
  Reading& reading = readings_.at(p);
  if (kafka_->At(p).HighWatermark() != reading.position) return EndAnswer::kMore;
  reading.end = reading.position;
  return EndAnswer::kAtEnd;
}

LeaderContact FakeSource::Contact(PartitionId p) const {
  LeaderContact& contact = readings_.at(p).contact;
  if (*patient_) {
    contact.answers = true;
  } else if (rng_->Chance(contact.answers ? 0.002 : 0.2)) {
    contact.answers = !contact.answers;
    if (!contact.answers) ++contact.losses;
  }
  return contact;
}

// --- The producer --------------------------------------------------------------------------------------------

Result<int32_t> FakeSink::CountPartitions() {
  if (taken_over_ && rng_->Chance(0.1)) return Error{ExitCode::kUnavailable, "no answer"};
  return static_cast<int32_t>(kafka_->partitions.size());
}

Result<StartState> FakeSink::TakeOver(int32_t partition_count, CommitHeader* header) {
  StartFacts facts;
  facts.rule = options_->rule;
  facts.selection = HashOf(SelectionText(*options_));
  facts.wall_clock = WallClock();
  for (int32_t p = 0; p < partition_count; ++p) {
    const FakePartition& partition = kafka_->At(PartitionId(p));
    facts.committed.push_back({partition.committed, partition.metadata});
    facts.from.push_back(partition.begin);
  }
  if (!kafka_->minutes.empty()) facts.newest_minute = kafka_->minutes.rbegin()->first;
  Result<StartPlan> plan = PlanStart(facts);
  if (!plan) return plan.error();
  header->closed_frontier = plan->closed_frontier;
  std::vector<PartitionSafePoint> points;
  for (size_t p = 0; p < plan->points.size(); ++p) {
    points.push_back({PartitionId(static_cast<int32_t>(p)), plan->points[p]});
  }
  CrashPoint("writer.claiming");
  on_take_over_(*plan);
  MakeDurable({}, points, *header);
  CrashPoint("writer.claimed");
  taken_over_ = true;
  const EventTime last_boundary = options_->until_end && !options_->publish_open
                                      ? options_->rule.SealableBy(WallClock()).time()
                                      : EventTime::Forever();
  const auto count = static_cast<size_t>(partition_count);
  StartState start_state{std::move(*plan), std::vector<std::optional<Offset>>(count), std::vector<bool>(count),
                         last_boundary};
  for (int32_t p = 0; options_->until_end && p < partition_count; ++p) {
    // What is open here ends in nothing: where it does not, a job with --until-end would wait for it.
    start_state.stop_offsets[static_cast<size_t>(p)] = kafka_->At(PartitionId(p)).LastStable();
    start_state.began_empty[static_cast<size_t>(p)] = kafka_->At(PartitionId(p)).HighWatermark() == Offset(0);
  }
  return start_state;
}

Result<void> FakeSink::Commit(const std::vector<CountRecord>& records, const std::vector<PartitionSafePoint>& points,
                              const CommitHeader& header) {
  CrashPoint("writer.committing");
  on_commit_(records, points, header);
  MakeDurable(records, points, header);
  CrashPoint("writer.committed");
  return {};
}

void FakeSink::MakeDurable(const std::vector<CountRecord>& records, const std::vector<PartitionSafePoint>& points,
                           const CommitHeader& header) {
  for (const PartitionSafePoint& state : points) {
    FakePartition& partition = kafka_->At(state.partition);
    partition.committed = state.safe.state.offset;
    partition.metadata = ToText(header, state.safe);
  }
  for (const CountRecord& record : records) kafka_->minutes[record.start] = record;
}

}  // namespace headcount::test
