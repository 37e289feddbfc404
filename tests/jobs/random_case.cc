#include "tests/jobs/random_case.h"

#include <algorithm>
#include <cmath>

namespace headcount::test {
namespace {

constexpr int64_t kBase = 1'500'000'000 / 60 * 60;  // the minute the logs begin near

enum class Kind { kPlain, kSparse, kBurst, kFar, kTiny, kEmpty, kHostAhead, kHalfAhead, kGarbage, kFlipped };

std::string FrameText(Random* rng, int64_t ts, int64_t user) {
  const std::string uid = rng->Chance(0.1) ? std::to_string(user) : "\"u" + std::to_string(user) + "\"";
  const std::string time = rng->Chance(0.1)   ? "\"" + std::to_string(ts) + "\""
                           : rng->Chance(0.1) ? std::to_string(ts) + "000"
                                              : std::to_string(ts);
  return R"({"ts":)" + time + R"(,"uid":)" + uid + "}";
}

std::optional<std::string> InvalidText(Random* rng) {
  switch (rng->Below(5)) {
    case 0: return std::nullopt;
    case 1: return "x";
    case 2: return R"({"ts":1500000000})";
    case 3: return R"({"ts":-1,"uid":"u1"})";
    default: return std::string(kCaseMaxFrameBytes + 1, '{');
  }
}

// What a frame made at `at` says it is from.
int64_t TimeSaid(Random* rng, Kind kind, int64_t at) {
  constexpr int64_t kAhead[] = {6, 61, 200};
  const double ahead = kind == Kind::kHostAhead ? 0.2 : kind == Kind::kHalfAhead ? 0.45 : 0;
  if (rng->Chance(ahead)) return at + 3600;
  if (rng->Chance(kind == Kind::kFlipped ? 0.3 : 0.06)) return at ^ (int64_t{1} << rng->Below(34));
  if (rng->Chance(0.06)) return std::max<int64_t>(0, at - rng->Between(4, 4000));
  if (rng->Chance(0.04)) return at + rng->Pick(kAhead);
  return at;
}

size_t LengthOf(Random* rng, Kind kind) {
  constexpr size_t kLengths[] = {20, 40, 40, 100, 100, 320};
  if (kind == Kind::kEmpty) return 0;
  if (kind == Kind::kTiny) return 1 + rng->Below(5);
  if (kind == Kind::kHalfAhead) return 320;
  return rng->Chance(0.02) ? 1500 : rng->Pick(kLengths);
}

Kind AnyKind(Random* rng) {
  constexpr Kind kKinds[] = {Kind::kPlain,     Kind::kPlain,     Kind::kPlain,   Kind::kSparse,
                             Kind::kBurst,     Kind::kFar,       Kind::kTiny,    Kind::kEmpty,
                             Kind::kHostAhead, Kind::kHalfAhead, Kind::kGarbage, Kind::kFlipped};
  return rng->Pick(kKinds);
}

FakeLog MakeLog(Random* rng, Kind kind, Offset begin) {
  constexpr double kSteps[] = {0.3, 2, 9};
  constexpr double kPauses[] = {20, 70, 400, 4000};
  double now = static_cast<double>(kBase + rng->Between(0, 90));
  if (kind == Kind::kFar) now += rng->Chance(0.5) ? -900 : 700;
  const double step = kind == Kind::kSparse ? 40 : kind == Kind::kBurst ? 0.05 : rng->Pick(kSteps);
  FakeLog log;
  int64_t offset = begin.value();
  for (size_t n = LengthOf(rng, kind); n > 0; --n) {
    now += -std::log(1 - rng->Unit()) * step + (rng->Chance(0.03) ? rng->Pick(kPauses) : 0);
    FakeRecord record;
    record.offset = Offset(offset + (rng->Chance(0.02) ? rng->Between(1, 9) : 0));
    record.at = static_cast<int64_t>(now);
    record.value = rng->Chance(kind == Kind::kGarbage ? 0.7 : 0.05)
                       ? InvalidText(rng)
                       : FrameText(rng, TimeSaid(rng, kind, record.at), rng->Between(0, 30));
    record.gap_after = rng->Chance(0.05) ? rng->Between(1, 3) : 0;
    offset = record.offset.value() + 1 + record.gap_after;
    log.push_back(std::move(record));
  }
  return log;
}

std::vector<CaseRun> MakeRuns(Random* rng, Scene scene, const std::vector<FakeLog>& logs) {
  std::vector<CaseRun> runs;
  std::vector<size_t> ends(logs.size(), 0);
  size_t partitions = 1 + rng->Below(logs.size());
  for (int64_t n = scene == Scene::kUntilEnd ? 0 : rng->Between(1, 3); n > 0; --n) {
    for (size_t p = 0; p < logs.size(); ++p) ends[p] += rng->Below(logs[p].size() - ends[p] + 1);
    constexpr Mode kAny[] = {Mode::kUntilEnd, Mode::kLeaveOpen, Mode::kStream};
    const Mode mode = scene == Scene::kMixed       ? rng->Pick(kAny)
                      : scene == Scene::kLeaveOpen ? Mode::kLeaveOpen
                                                   : Mode::kStream;
    runs.push_back({mode, ends, partitions});
    if (rng->Chance(0.3))
      partitions =
          static_cast<size_t>(rng->Between(static_cast<int64_t>(partitions), static_cast<int64_t>(logs.size())));
  }
  for (size_t p = 0; p < logs.size(); ++p) ends[p] = logs[p].size();
  runs.push_back({Mode::kUntilEnd, ends, logs.size()});
  return runs;
}

// A user may change lateness and jump at every start.
void ChangeRules(Random* rng, RandomCase* c) {
  constexpr int64_t kLateness[] = {0, 1, 5, 30, 90, 700};
  const bool often = rng->Chance(0.3);
  CountingRule rule = c->rule;
  for (CaseRun& run : c->runs) {
    run.rule = rule;
    if (!rng->Chance(often ? 0.9 : 0.2)) continue;
    rule.lateness_s = rng->Pick(kLateness);
    rule.max_jump_s = rng->Chance(0.3) ? rng->Between(0, rule.lateness_s) : std::min<int64_t>(5, rule.lateness_s);
  }
}

}  // namespace

RandomCase MakeCase(uint64_t seed, Scene scene) {
  Random rng(Random::Mix(seed));
  constexpr int64_t kLateness[] = {5, 5, 30, 90};
  constexpr int64_t kWindows[] = {60, 60, 60, 10, 600};
  constexpr int64_t kSkews[] = {120, 120, 60, 600};
  constexpr int64_t kHolds[] = {0, 0, 0, 20'000};
  constexpr int64_t kIdle[] = {10'000, 10'000, 500};
  constexpr WallMode kWalls[] = {WallMode::kFarAhead, WallMode::kNear,     WallMode::kNear,
                                 WallMode::kHourSlow, WallMode::kHourFast, WallMode::kStepped};
  RandomCase c;
  c.rule.lateness_s = rng.Pick(kLateness);
  c.rule.window_s = rng.Pick(kWindows);
  c.rule.max_jump_s = rng.Chance(0.1) ? rng.Between(0, c.rule.lateness_s) : 5;
  c.max_skew_s = std::max(c.rule.window_s, rng.Pick(kSkews));
  c.max_hold_ms = rng.Pick(kHolds);
  c.idle_timeout_ms = rng.Pick(kIdle);
  c.workers = static_cast<int32_t>(rng.Between(1, 3));
  c.wall = rng.Pick(kWalls);
  constexpr double kRestless[] = {0, 0.1, 0.3};
  constexpr double kTransactions[] = {0, 0.1, 0.5};
  c.restless = rng.Pick(kRestless);
  c.transactions = rng.Pick(kTransactions);
  c.wall_stands = scene == Scene::kUntilEnd && rng.Chance(0.5);
  // Silence after silence in one long window, and frames to settle in each: as many moves as there is room for.
  const bool many_decisions = scene != Scene::kUntilEnd && rng.Chance(0.05);
  if (many_decisions) {
    c.rule.window_s = c.max_skew_s = 600;
    c.idle_timeout_ms = 500;
    c.wall = WallMode::kHourSlow;
    c.restless = 0.7;
    c.more_at_once = 3;
  }
  for (int64_t n = rng.Between(1, many_decisions ? 2 : 4); n > 0; --n) {
    const Kind kind = many_decisions ? Kind::kHalfAhead : AnyKind(&rng);
    c.begins.emplace_back(rng.Chance(0.2) ? rng.Between(1, 500) : 0);
    c.logs.push_back(MakeLog(&rng, kind, c.begins.back()));
  }
  c.runs = MakeRuns(&rng, scene, c.logs);
  ChangeRules(&rng, &c);
  return c;
}

// --- For a person --------------------------------------------------------------------------------------------

namespace {

const char* Name(Mode mode) {
  switch (mode) {
    case Mode::kUntilEnd: return "until-end";
    case Mode::kLeaveOpen: return "leave-open";
    case Mode::kStream: return "stream";
  }
  return "?";
}

const char* Name(WallMode wall) {
  switch (wall) {
    case WallMode::kFarAhead: return "a day ahead";
    case WallMode::kNear: return "right";
    case WallMode::kHourSlow: return "an hour slow";
    case WallMode::kHourFast: return "an hour fast";
    case WallMode::kStepped: return "stepped";
  }
  return "?";
}

}  // namespace

std::string Describe(const RandomCase& c) {
  const auto text = [](auto number) { return std::to_string(number); };
  std::string out = "  window " + text(c.rule.window_s) + " s, lateness " + text(c.rule.lateness_s) + " s, jump " +
                    text(c.rule.max_jump_s) + " s, skew " + text(c.max_skew_s) + " s, idle timeout " +
                    text(c.idle_timeout_ms) + " ms, max hold " + text(c.max_hold_ms) + " ms, workers " +
                    text(c.workers) + "; the wall clock is " + Name(c.wall) + (c.wall_stands ? " and stands\n" : "\n");
  for (const CaseRun& run : c.runs) {
    out += std::string("  run ") + Name(run.mode) + ", partitions " + text(run.partitions) + ", records";
    for (const size_t end : run.ends) out += " " + text(end);
    out += "; lateness " + text(run.rule.lateness_s) + " s, jump " + text(run.rule.max_jump_s) + " s\n";
  }
  for (size_t p = 0; p < c.logs.size(); ++p) {
    out += "  log " + text(p) + " from " + text(c.begins[p].value()) + ":";
    for (const FakeRecord& record : c.logs[p]) {
      out += " " + text(record.offset.value()) + (record.gap_after > 0 ? "+" + text(record.gap_after) : "") + ":" +
             record.value.value_or("null").substr(0, kCaseMaxFrameBytes);
    }
    out += "\n";
  }
  return out;
}

// --- Smaller -------------------------------------------------------------------------------------------------

namespace {

RandomCase WithoutRecords(RandomCase c, size_t p, size_t from, size_t count) {
  FakeLog& log = c.logs[p];
  log.erase(log.begin() + static_cast<std::ptrdiff_t>(from), log.begin() + static_cast<std::ptrdiff_t>(from + count));
  for (CaseRun& run : c.runs) {
    size_t& end = run.ends[p];
    end -= std::min(end, from + count) - std::min(end, from);
  }
  return c;
}

RandomCase WithoutLog(RandomCase c, size_t p) {
  const auto at = static_cast<std::ptrdiff_t>(p);
  c.logs.erase(c.logs.begin() + at);
  c.begins.erase(c.begins.begin() + at);
  for (CaseRun& run : c.runs) {
    run.ends.erase(run.ends.begin() + at);
    run.partitions = std::min(run.partitions, c.logs.size());
  }
  return c;
}

// The simplest changes first.
std::vector<RandomCase> SmallerOnes(const RandomCase& c, size_t records) {
  std::vector<RandomCase> smaller;
  for (size_t p = 0; c.logs.size() > 1 && p < c.logs.size(); ++p) smaller.push_back(WithoutLog(c, p));
  for (size_t r = 0; r + 1 < c.runs.size(); ++r) {
    smaller.push_back(c);
    smaller.back().runs.erase(smaller.back().runs.begin() + static_cast<std::ptrdiff_t>(r));
  }
  if (c.workers > 1) {
    smaller.push_back(c);
    smaller.back().workers = c.workers - 1;
  }
  for (size_t p = 0; p < c.logs.size(); ++p) {
    for (size_t from = 0; from + records <= c.logs[p].size(); from += records) {
      smaller.push_back(WithoutRecords(c, p, from, records));
    }
  }
  return smaller;
}

}  // namespace

RandomCase Shrink(RandomCase c, int tries, const std::function<bool(const RandomCase&)>& is_wrong) {
  for (size_t records = 64; records > 0;) {
    bool shrunk = false;
    for (RandomCase& smaller : SmallerOnes(c, records)) {
      if (tries-- <= 0) return c;
      if (!is_wrong(smaller)) continue;
      c = std::move(smaller);
      shrunk = true;
      break;
    }
    if (!shrunk) records /= 2;
  }
  return c;
}

}  // namespace headcount::test
