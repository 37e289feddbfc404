// What a random job looks at on its way, and what it holds its minutes against.
#include <algorithm>
#include <tuple>

#include "common/base/limits.h"
#include "common/judge/commit_metadata.h"
#include "tests/jobs/random_job.h"

namespace headcount::test {

// --- What is watched -----------------------------------------------------------------------------------------

void RandomJob::OnCrashPoint(const char* name) {
  if (std::string_view(name) == "check.failed") throw Wrong{"a broken invariant: see its line in the log"};
  if (std::string_view(name) == "worker.published") {
    Slot& slot = At(*acting_);
    NoteDecisions(&slot);
    slot.published = slot.decisions;
  }
  if (crash_in_ == 0 || --crash_in_ > 0) return;
  --deaths_left_;
  Note(name);
  throw Died{};
}

void RandomJob::NoteDecisions(Slot* slot) {
  for (const auto& reader : slot->loop->readers()) {
    const shm::PartitionProgress step = reader->Progress();
    std::map<Offset, size_t> idle_reasons;
    for (const Decision& decision : step.rest.decisions) {
      size_t number = 0;
      if (decision.kind == Decision::Kind::kIdle) number = idle_reasons[decision.offset]++;
      // Those that were part of the point where this life began are in the list no more.
      const auto begun = slot->begun.find(step.partition);
      if (decision.kind == Decision::Kind::kIdle && begun != slot->begun.end() &&
          begun->second.offset == decision.offset) {
        number += begun->second.idle_here;
      }
      slot->decisions[step.partition][{decision.offset, decision.kind, number}] = decision;
    }
    judged_[step.partition] = std::max(judged_[step.partition], step.position);
    NoteMost("moves of a partition", step.rest.decisions.size());
  }
  const WindowStart latest = slot->loop->windows().latest();
  if (latest.is_set()) latest_end_ = std::max(latest_end_, case_.rule.EndOf(latest));
}

void RandomJob::OnCommit(const std::vector<CountRecord>& records, const std::vector<PartitionSafePoint>& points,
                         const CommitHeader& header) {
  Note("commits");
  // A silence has raised watermarks to an end and the lateness; a start with less of it may close by them what lies
  // between.
  int64_t longest_s = options_.rule.lateness_s;
  for (const CaseRun& run : case_.runs) longest_s = std::max(longest_s, run.rule.lateness_s);
  if (header.closed_frontier.time() > latest_end_.plus(longest_s - options_.rule.lateness_s)) {
    throw Wrong{"closed beyond the newest window that has anything in it"};
  }
  WindowStart last;
  for (const CountRecord& record : records) {
    if (kafka_.minutes.count(record.start) > 0) throw Wrong{"a minute was published twice"};
    if (record.start >= header.closed_frontier || record.start <= last) throw Wrong{"a minute out of place"};
    last = record.start;
    if (record.counts.late > 0) Note("late frames published");
    if (record.counts.future > 0) Note("future frames published");
    if (record.counts.invalid() > 0) Note("invalid frames published");
  }
  for (const PartitionSafePoint& state : points) {
    CheckPoint(state, header);
    // Added while it ran.
    if (starts_[state.partition].empty()) starts_[state.partition] = {{Offset(0), 0, {}, options_.rule}};
  }
  for (const Slot& slot : slots_) {
    for (const auto& [p, decisions] : slot.published) {
      for (const auto& [key, decision] : decisions) committed_decisions_[p][key] = decision;
    }
  }
}

RandomJob::Start RandomJob::StartAt(PartitionId p, const JudgeState& state) const {
  Start start{state.offset, 0, {}, {}};
  const auto decisions = committed_decisions_.find(p);
  if (!state.idle_here || decisions == committed_decisions_.end()) return start;
  for (const auto& [key, decision] : decisions->second) {
    if (decision.offset == state.offset && decision.kind == Decision::Kind::kIdle) ++start.idle_here;
  }
  return start;
}

void RandomJob::OnTakeOver(const StartPlan& plan) {
  for (size_t n = 0; n < plan.points.size(); ++n) {
    const PartitionId p(static_cast<int32_t>(n));
    const JudgeState& state = plan.points[n].state;
    // One that was never committed is new, whoever has seen it before.
    if (!kafka_.At(p).committed) starts_[p].clear();
    starts_[p].push_back(StartAt(p, state));
    starts_[p].back().closed_frontier = plan.closed_frontier;
    starts_[p].back().rule = options_.rule;
    if (!state.rules.to_come.empty()) Note("partitions that come to another rule later");
    NoteMost("rules to come", state.rules.to_come.size());
  }
  if (plan.rule_before) Note("starts with another rule");
}

void RandomJob::CheckPoint(const PartitionSafePoint& state, const CommitHeader& header) {
  const std::string text = ToText(header, state.safe);
  const Result<CommitMetadata> read = ParseCommitMetadata(text);
  if (!read || !(read->safe == state.safe) || !(read->header == header))
    throw Wrong{"metadata does not read back: " + text + (read ? "" : "\n" + read.error().message)};
  if (text.size() > limits::kMaxMetadataBytes) throw Wrong{"metadata too long"};
  NoteMost("bytes of metadata", text.size());
  NoteMost("held frames in a point", state.safe.state.unconfirmed.size());
  for (const UnconfirmedRef& unconfirmed : state.safe.state.unconfirmed) {
    if (unconfirmed.score > 0) NoteMost("score of a held frame", static_cast<uint64_t>(unconfirmed.score));
  }
  const auto decisions = committed_decisions_.find(state.partition);
  if (state.safe.state.watermark.is_set() && decisions == committed_decisions_.end() && state.safe.decisions.empty()) {
    Note("clocks started by confirmations alone");
  }
  if (!state.safe.state.rules.to_come.empty()) Note("points before a change of the rule");
  if (state.safe.state.rules.late_before.is_set()) Note("points where lateness alone does not say what is late");
  if (!state.safe.state.unattributed.empty()) Note("verdicts that wait in a point");
  if (state.safe.state.idle_here) Note("points behind an excuse");
  for (const Decision& decision : state.safe.decisions) {
    if (decision.kind == Decision::Kind::kPoison) Note("poison in a point");
    if (decision.kind == Decision::Kind::kIdle)
      Note(decision.passed_frontier.is_set() ? "raises in a point" : "settling in a point");
  }
}

// --- What is right -------------------------------------------------------------------------------------------

RandomJob::DecisionsByPartition RandomJob::AllDecisions() const {
  DecisionsByPartition all = committed_decisions_;
  for (const Slot& slot : slots_) {
    for (const auto& [p, decisions] : slot.published) {
      for (const auto& [key, decision] : decisions) all[p][key] = decision;
    }
  }
  return all;
}

OraclePartition RandomJob::Reference(PartitionId p, const DecisionsByPartition& decisions) const {
  const std::vector<Start>& starts = starts_.at(p);
  OraclePartition oracle(starts.front().rule, {}, kCaseMaxFrameBytes);
  const FakePartition& partition = kafka_.partitions[static_cast<size_t>(p.value())];
  const auto found = decisions.find(p);
  const Decisions none;
  const Decisions& mine = found == decisions.end() ? none : found->second;
  auto start = starts.begin() + 1;
  const auto start_again_frontier = [&](Offset offset, size_t idle_here) {
    for (; start != starts.end() && std::tie(start->offset, start->idle_here) <= std::tie(offset, idle_here); ++start) {
      std::optional<int64_t> published_frontier;
      if (start->closed_frontier.is_set()) published_frontier = start->closed_frontier.seconds();
      oracle.StartAgain(published_frontier, start->rule.lateness_s, start->rule.max_jump_s);
    }
  };
  auto decision = mine.begin();
  const auto repeat_frontier = [&](Offset offset) {
    for (; decision != mine.end() && decision->second.offset <= offset; ++decision) {
      if (decision->second.kind != Decision::Kind::kIdle) continue;
      start_again_frontier(decision->second.offset, std::get<size_t>(decision->first));
      oracle.End(decision->second.wall_clock.seconds());
      if (decision->second.passed_frontier.is_set()) oracle.RaiseClock(decision->second.passed_frontier.seconds());
    }
    start_again_frontier(offset, SIZE_MAX);
  };
  for (size_t i = 0; i < partition.visible; ++i) {
    const FakeRecord& record = (*partition.log)[i];
    repeat_frontier(record.offset);
    const bool too_large = record.value && record.value->size() > kCaseMaxFrameBytes;
    if (record.value && !too_large && mine.count({record.offset, Decision::Kind::kPoison, 0}) > 0) {
      oracle.Invalid(InvalidReason::kPoison);
    } else {
      oracle.Record(record.value);
    }
  }
  repeat_frontier(partition.LastStable());
  return oracle;
}

uint64_t RandomJob::Waiting() const {
  uint64_t unattributed = 0;
  const shm::CoordinatorView view(&*memory_);
  for (size_t s = 0; s < slots_.size(); ++s) {
    unattributed += view.Slot(SlotId(static_cast<int32_t>(s))).status.unattributed.records();
  }
  return unattributed;
}

namespace {

std::string Text(const OracleMinute& m) {
  return std::to_string(m.window_start) + ": users " + std::to_string(m.unique_users) + " events " +
         std::to_string(m.events) + " late " + std::to_string(m.late) + " invalid " + std::to_string(m.invalid) +
         " future " + std::to_string(m.future) + "\n";
}

// What differs, minute by minute; nothing where all is right.
std::string Differences(const std::vector<OracleMinute>& wanted, const std::map<WindowStart, CountRecord>& minutes) {
  std::map<int64_t, OracleMinute> got;
  for (const auto& [start, record] : minutes) {
    const VerdictCounts& c = record.counts;
    got[start.seconds()] = {start.seconds(), record.unique_users, c.counted, c.late, c.invalid(), c.future};
  }
  std::string out;
  for (const OracleMinute& minute : wanted) {
    const auto found = got.find(minute.window_start);
    if (found == got.end()) {
      out += "missing " + Text(minute);
    } else if (!(found->second == minute)) {
      out += "wanted  " + Text(minute) + "    got " + Text(found->second);
    }
    if (found != got.end()) got.erase(found);
  }
  for (const auto& [start, minute] : got) out += "too much " + Text(minute);
  return out;
}

}  // namespace

// After --until-end: every record read by now stands in a minute that is published, or waits.
void RandomJob::CompareWithOracle(const CaseRun& run) const {
  const DecisionsByPartition decisions = AllDecisions();
  std::vector<OraclePartition> partitions;
  std::vector<const OraclePartition*> pointers;
  partitions.reserve(kafka_.partitions.size());
  pointers.reserve(kafka_.partitions.size());
  for (size_t p = 0; p < kafka_.partitions.size(); ++p) {
    partitions.push_back(Reference(PartitionId(static_cast<int32_t>(p)), decisions));
  }
  for (const OraclePartition& partition : partitions) pointers.push_back(&partition);
  OracleCounts wanted = OracleUnion(pointers);
  if (!options_.publish_open) {
    Note("ends before the newest minute was over");
    const int64_t boundary = shm::WorkerView(&*memory_, SlotId(0)).last_boundary().seconds();
    const auto is_open = [&](const OracleMinute& minute) {
      return minute.window_start >= boundary && kafka_.minutes.count(WindowStart(minute.window_start)) == 0;
    };
    wanted.minutes.erase(std::remove_if(wanted.minutes.begin(), wanted.minutes.end(), is_open), wanted.minutes.end());
    const std::string differ = Differences(wanted.minutes, kafka_.minutes);
    if (!differ.empty()) throw Wrong{"of what was over the minutes are not those of the oracle:\n" + differ};
    return;
  }
  const std::string differ = Differences(wanted.minutes, kafka_.minutes);
  if (!differ.empty()) throw Wrong{"the minutes are not those of the oracle:\n" + differ};
  VerdictCounts totals;
  for (const auto& [start, record] : kafka_.minutes) totals += record.counts;
  if (!(totals == wanted.totals)) throw Wrong{"the reasons are not those of the oracle"};
  uint64_t records = 0;
  for (size_t p = 0; p < kafka_.partitions.size(); ++p) records += run.ends[p];
  const uint64_t counted = totals.records() + Waiting();
  if (counted != records) {
    throw Wrong{std::to_string(records) + " records, but verdicts for " + std::to_string(counted)};
  }
  if (case_.wall_stands) CompareWithPlainRule(decisions);
}

// The wall clock stood still, so that even what it settled is known beforehand.
void RandomJob::CompareWithPlainRule(const DecisionsByPartition& decisions) const {
  std::vector<OracleLog> logs(case_.logs.size());
  for (size_t p = 0; p < logs.size(); ++p) {
    for (const FakeRecord& record : case_.logs[p]) logs[p].push_back(record.value);
  }
  if (std::any_of(decisions.begin(), decisions.end(), [](const auto& of_partition) {
        return std::any_of(of_partition.second.begin(), of_partition.second.end(),
                           [](const auto& decision) { return decision.second.kind == Decision::Kind::kPoison; });
      })) {
    return;
  }
  const OracleCounts plain = OracleCount(logs, case_.rule, clock_.wall_ms / 1000, kCaseMaxFrameBytes);
  const std::string differ_plainly = Differences(plain.minutes, kafka_.minutes);
  if (!differ_plainly.empty()) throw Wrong{"the minutes are not those of the plain rule:\n" + differ_plainly};
}

}  // namespace headcount::test
