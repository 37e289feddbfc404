// What a random job looks at on its way, and what it holds its minutes against.
#include <algorithm>
#include <tuple>

#include "common/base/limits.h"
#include "common/judge/point_text.h"
#include "tests/jobs/random_job.h"

namespace headcount::test {

// --- What is watched -----------------------------------------------------------------------------------------

void RandomJob::OnCrashPoint(const char* name) {
  if (std::string_view(name) == "check.failed") throw Wrong{"a broken invariant: see its line in the log"};
  if (std::string_view(name) == "worker.published") {
    Slot& slot = At(*acting_);
    NoteMoves(&slot);
    slot.published = slot.moves;
  }
  if (crash_in_ == 0 || --crash_in_ > 0) return;
  --deaths_left_;
  Note(name);
  throw Died{};
}

void RandomJob::NoteMoves(Slot* slot) {
  for (const auto& reader : slot->loop->readers()) {
    const shm::Step step = reader->MakeStep();
    std::map<Offset, size_t> excuses;
    for (const Move& move : step.rest.moves) {
      size_t number = 0;
      if (move.kind == Move::Kind::kExcuse) number = excuses[move.offset]++;
      // Those that were part of the point where this life began are in the list no more.
      const auto begun = slot->begun.find(step.partition);
      if (move.kind == Move::Kind::kExcuse && begun != slot->begun.end() && begun->second.offset == move.offset) {
        number += begun->second.excuses_here;
      }
      slot->moves[step.partition][{move.offset, move.kind, number}] = move;
    }
    judged_[step.partition] = std::max(judged_[step.partition], step.position);
    NoteMost("moves of a partition", step.rest.moves.size());
  }
  const WindowStart latest = slot->loop->windows().latest();
  if (latest.is_set()) latest_end_ = std::max(latest_end_, case_.rule.EndOf(latest));
}

void RandomJob::OnCommit(const std::vector<CountRecord>& records, const std::vector<PartitionPoint>& points,
                         const CommitHeader& header) {
  Note("commits");
  // A silence has raised watermarks to an end and the lateness; a start with less of it may close by them what lies
  // between.
  int64_t longest_s = options_.rule.lateness_s;
  for (const CaseRun& run : case_.runs) longest_s = std::max(longest_s, run.rule.lateness_s);
  if (header.closed_upto.time() > latest_end_.plus(longest_s - options_.rule.lateness_s)) {
    throw Wrong{"closed beyond the newest window that has anything in it"};
  }
  WindowStart last;
  for (const CountRecord& record : records) {
    if (kafka_.minutes.count(record.start) > 0) throw Wrong{"a minute was published twice"};
    if (record.start >= header.closed_upto || record.start <= last) throw Wrong{"a minute out of place"};
    last = record.start;
    if (record.counts.late > 0) Note("late frames published");
    if (record.counts.future > 0) Note("future frames published");
    if (record.counts.invalid() > 0) Note("invalid frames published");
  }
  for (const PartitionPoint& point : points) {
    CheckPoint(point, header);
    // Added while it ran.
    if (starts_[point.partition].empty()) starts_[point.partition] = {{Offset(0), 0, {}, options_.rule}};
  }
  for (const Slot& slot : slots_) {
    for (const auto& [p, moves] : slot.published) {
      for (const auto& [key, move] : moves) committed_moves_[p][key] = move;
    }
  }
}

RandomJob::Start RandomJob::StartAt(PartitionId p, const Point& point) const {
  Start start{point.offset, 0, {}, {}};
  const auto moves = committed_moves_.find(p);
  if (!point.excused_here || moves == committed_moves_.end()) return start;
  for (const auto& [key, move] : moves->second) {
    if (move.offset == point.offset && move.kind == Move::Kind::kExcuse) ++start.excuses_here;
  }
  return start;
}

void RandomJob::OnClaim(const StartPlan& plan) {
  for (size_t n = 0; n < plan.points.size(); ++n) {
    const PartitionId p(static_cast<int32_t>(n));
    const Point& point = plan.points[n].point;
    // One that was never committed is new, whoever has seen it before.
    if (!kafka_.At(p).committed) starts_[p].clear();
    starts_[p].push_back(StartAt(p, point));
    starts_[p].back().closed_upto = plan.closed_upto;
    starts_[p].back().rule = options_.rule;
    if (!point.rules.to_come.empty()) Note("partitions that come to another rule later");
    NoteMost("rules to come", point.rules.to_come.size());
  }
  if (plan.rule_before) Note("starts with another rule");
}

void RandomJob::CheckPoint(const PartitionPoint& point, const CommitHeader& header) {
  const std::string text = ToText(header, point.safe);
  const Result<CommittedPoint> read = ParsePointText(text);
  if (!read || !(read->safe == point.safe) || !(read->header == header))
    throw Wrong{"metadata does not read back: " + text + (read ? "" : "\n" + read.error().message)};
  if (text.size() > limits::kMaxMetadataBytes) throw Wrong{"metadata too long"};
  NoteMost("bytes of metadata", text.size());
  NoteMost("held frames in a point", point.safe.point.held.size());
  for (const HeldRef& held : point.safe.point.held) {
    if (held.score > 0) NoteMost("score of a held frame", static_cast<uint64_t>(held.score));
  }
  const auto moves = committed_moves_.find(point.partition);
  if (point.safe.point.watermark.is_set() && moves == committed_moves_.end() && point.safe.moves.empty()) {
    Note("clocks started by confirmations alone");
  }
  if (!point.safe.point.rules.to_come.empty()) Note("points before a change of the rule");
  if (point.safe.point.rules.late_before.is_set()) Note("points where lateness alone does not say what is late");
  if (!point.safe.point.waiting.empty()) Note("verdicts that wait in a point");
  if (point.safe.point.excused_here) Note("points behind an excuse");
  for (const Move& move : point.safe.moves) {
    if (move.kind == Move::Kind::kPoison) Note("poison in a point");
    if (move.kind == Move::Kind::kExcuse) Note(move.passed_upto.is_set() ? "raises in a point" : "settling in a point");
  }
}

// --- What is right -------------------------------------------------------------------------------------------

RandomJob::MovesByPartition RandomJob::AllMoves() const {
  MovesByPartition all = committed_moves_;
  for (const Slot& slot : slots_) {
    for (const auto& [p, moves] : slot.published) {
      for (const auto& [key, move] : moves) all[p][key] = move;
    }
  }
  return all;
}

OraclePartition RandomJob::Reference(PartitionId p, const MovesByPartition& moves) const {
  const std::vector<Start>& starts = starts_.at(p);
  OraclePartition oracle(starts.front().rule, {}, kCaseMaxFrameBytes);
  const FakePartition& partition = kafka_.partitions[static_cast<size_t>(p.value())];
  const auto found = moves.find(p);
  const Moves none;
  const Moves& mine = found == moves.end() ? none : found->second;
  auto start = starts.begin() + 1;
  const auto start_again_upto = [&](Offset offset, size_t excuses_here) {
    for (; start != starts.end() && std::tie(start->offset, start->excuses_here) <= std::tie(offset, excuses_here);
         ++start) {
      std::optional<int64_t> published_upto;
      if (start->closed_upto.is_set()) published_upto = start->closed_upto.seconds();
      oracle.StartAgain(published_upto, start->rule.lateness_s, start->rule.max_jump_s);
    }
  };
  auto move = mine.begin();
  const auto repeat_upto = [&](Offset offset) {
    for (; move != mine.end() && move->second.offset <= offset; ++move) {
      if (move->second.kind != Move::Kind::kExcuse) continue;
      start_again_upto(move->second.offset, std::get<size_t>(move->first));
      oracle.End(move->second.clock.seconds());
      if (move->second.passed_upto.is_set()) oracle.RaiseClock(move->second.passed_upto.seconds());
    }
    start_again_upto(offset, SIZE_MAX);
  };
  for (size_t i = 0; i < partition.visible; ++i) {
    const FakeRecord& record = (*partition.log)[i];
    repeat_upto(record.offset);
    const bool too_large = record.value && record.value->size() > kCaseMaxFrameBytes;
    if (record.value && !too_large && mine.count({record.offset, Move::Kind::kPoison, 0}) > 0) {
      oracle.Invalid(InvalidReason::kPoison);
    } else {
      oracle.Record(record.value);
    }
  }
  repeat_upto(partition.LastStable());
  return oracle;
}

uint64_t RandomJob::Waiting() const {
  uint64_t waiting = 0;
  const shm::CoordinatorView view(&*memory_);
  for (size_t s = 0; s < slots_.size(); ++s) {
    waiting += view.Slot(SlotId(static_cast<int32_t>(s))).status.waiting.records();
  }
  return waiting;
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
  const MovesByPartition moves = AllMoves();
  std::vector<OraclePartition> partitions;
  std::vector<const OraclePartition*> pointers;
  partitions.reserve(kafka_.partitions.size());
  pointers.reserve(kafka_.partitions.size());
  for (size_t p = 0; p < kafka_.partitions.size(); ++p) {
    partitions.push_back(Reference(PartitionId(static_cast<int32_t>(p)), moves));
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
  if (case_.wall_stands) CompareWithPlainRule(moves);
}

// The wall clock stood still, so that even what it settled is known beforehand.
void RandomJob::CompareWithPlainRule(const MovesByPartition& moves) const {
  std::vector<OracleLog> logs(case_.logs.size());
  for (size_t p = 0; p < logs.size(); ++p) {
    for (const FakeRecord& record : case_.logs[p]) logs[p].push_back(record.value);
  }
  if (std::any_of(moves.begin(), moves.end(), [](const auto& of_partition) {
        return std::any_of(of_partition.second.begin(), of_partition.second.end(),
                           [](const auto& move) { return move.second.kind == Move::Kind::kPoison; });
      })) {
    return;
  }
  const OracleCounts plain = OracleCount(logs, case_.rule, clock_.wall_ms / 1000, kCaseMaxFrameBytes);
  const std::string differ_plainly = Differences(plain.minutes, kafka_.minutes);
  if (!differ_plainly.empty()) throw Wrong{"the minutes are not those of the plain rule:\n" + differ_plainly};
}

}  // namespace headcount::test
