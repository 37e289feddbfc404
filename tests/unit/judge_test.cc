// The judge gives every record the verdict and the window that the rule's text asks for, from whatever point
// of the log it starts. The text is the oracle (tests/support/oracle.h).
#include "common/judge/judge.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "common/judge/commit_metadata.h"
#include "tests/support/oracle.h"

namespace headcount {
namespace {

constexpr int64_t kBase = 1'500'000'000 / 60 * 60;

struct LogRecord {
  Offset offset;
  bool valid = true;
  int64_t ts = 0;
  uint64_t user = 0;
};

// A moment before a record at which the partition is excused, as a worker might find it.
struct IdleAt {
  size_t before;  // index of the record; the log's size: after all of them
  int64_t clock;
  WindowStart passed_frontier;
};

struct Case {
  CountingRule rule;
  JudgeBounds bounds;
  std::vector<LogRecord> log;
  std::vector<IdleAt> idle_reasons;
};

class Dice {
 public:
  explicit Dice(uint64_t seed) : rng_(seed) {}
  int64_t Below(int64_t bound) { return static_cast<int64_t>(rng_() % static_cast<uint64_t>(bound)); }
  bool OneIn(int64_t n) { return Below(n) == 0; }
  template <typename T>
  T OneOf(std::initializer_list<T> choices) {
    return *(choices.begin() + Below(static_cast<int64_t>(choices.size())));
  }

 private:
  std::mt19937_64 rng_;
};

int64_t HostileTime(Dice* rng, int64_t now) {
  switch (rng->Below(20)) {
    case 0: return now - rng->Below(4000) - 4;
    case 1: return now ^ (int64_t{1} << rng->Below(34));
    case 2: return now + rng->OneOf<int64_t>({6, 61, 200});
    case 3: return now + 3600;
    default: return now;
  }
}

Case MakeCase(uint64_t seed) {
  Dice rng(seed);
  Case made;
  made.rule.lateness_s = rng.OneOf<int64_t>({0, 3, 5, 30, 90});
  made.rule.max_jump_s = std::min<int64_t>(5, made.rule.lateness_s);
  const bool real = rng.OneIn(20);
  if (!real) {
    made.bounds.unconfirmed_frames = rng.OneOf<size_t>({2, 5, 100});
    made.bounds.unconfirmed_records = rng.OneOf<uint64_t>({3, 8, 25});
    made.bounds.confirmations = rng.OneOf<int32_t>({1, 3, 6});
  }
  int64_t offset = rng.Below(3);
  int64_t now = kBase + rng.Below(90);
  const int64_t pace = rng.OneOf<int64_t>({1, 3, 10, 40});
  const size_t length = static_cast<size_t>(rng.Below(real ? 1500 : 90));
  for (size_t i = 0; i < length; ++i) {
    now += rng.Below(pace) + (rng.OneIn(40) ? rng.OneOf<int64_t>({20, 70, 400, 4000}) : 0);
    made.log.push_back({Offset(offset), !rng.OneIn(12), std::max<int64_t>(0, HostileTime(&rng, now)),
                        static_cast<uint64_t>(rng.Below(30))});
    offset += 1 + (rng.OneIn(10) ? rng.Below(5) : 0);
  }
  for (int64_t n = rng.Below(6); n > 0; --n) {
    IdleAt idle_reason{static_cast<size_t>(rng.Below(static_cast<int64_t>(length) + 1)), 0, {}};
    idle_reason.clock = rng.OneIn(3) ? kBase + 300 : kBase + 86'400 * 30;
    made.idle_reasons.push_back(idle_reason);
  }
  std::sort(made.idle_reasons.begin(), made.idle_reasons.end(),
            [](const IdleAt& a, const IdleAt& b) { return a.before < b.before; });
  int64_t boundary = kBase;
  for (IdleAt& idle_reason : made.idle_reasons) {
    boundary += 60 * rng.Below(4);
    if (rng.OneIn(2)) idle_reason.passed_frontier = WindowStart(boundary);
  }
  return made;
}

struct Window {
  std::set<uint64_t> users;
  VerdictCounts counts;
  std::optional<JudgeState> first;

  friend bool operator==(const Window& a, const Window& b) { return a.users == b.users && a.counts == b.counts; }
};
using Windows = std::map<WindowStart, Window>;

// Keeps what it is given, from a boundary on, like a worker whose earlier windows are published.
class KeepingSink : public VerdictSink {
 public:
  explicit KeepingSink(WindowStart published_frontier) : published_frontier_(published_frontier) {}
  void set_judge(const Judge* judge) { judge_ = judge; }

  void AddCounted(WindowStart window, Fingerprint uid) override {
    if (Window* kept = Keep(window)) {
      ++kept->counts.counted;
      kept->users.insert(uid.low);
    }
  }
  void AddLate(WindowStart window) override {
    Add(window, [](VerdictCounts* counts) { ++counts->late; });
  }
  void AddFuture(WindowStart window) override {
    Add(window, [](VerdictCounts* counts) { ++counts->future; });
  }
  void AddInvalid(WindowStart window, InvalidReason reason) override {
    Add(window, [reason](VerdictCounts* counts) { ++counts->invalid_by_reason[static_cast<size_t>(reason)]; });
  }
  void AddUnattributed(WindowStart window, const VerdictCounts& waited) override {
    Add(window, [&waited](VerdictCounts* counts) { *counts += waited; });
  }

  const Windows& windows() const { return windows_; }

 private:
  Window* Keep(WindowStart window) {
    if (window < published_frontier_) return nullptr;
    Window& kept = windows_[window];
    if (!kept.first) kept.first = judge_->state_before();
    return &kept;
  }
  template <typename Change>
  void Add(WindowStart window, Change change) {
    if (Window* kept = Keep(window)) change(&kept->counts);
  }

  const WindowStart published_frontier_;
  const Judge* judge_ = nullptr;
  Windows windows_;
};

// A judge with its sink, somewhere along a case's log.
struct JudgeRun {
  JudgeRun(const Case& c, const SafePoint& start, WindowStart published_frontier)
      : sink(published_frontier), judge(c.rule, start, &sink, c.bounds) {
    sink.set_judge(&judge);
  }
  void Give(const LogRecord& record) {
    if (record.valid) {
      judge.JudgeValid(record.offset, {EventTime(record.ts), {record.user + 1, 1}});
    } else {
      judge.JudgeInvalid(record.offset, InvalidReason::kNotJson);
    }
  }
  void GiveUpTo(const Case& c, size_t from, size_t to) {
    for (size_t i = from; i <= to && i <= c.log.size(); ++i) {
      for (const IdleAt& idle_reason : c.idle_reasons) {
        // The last round only gives the excuses that stand before the stop.
        if (idle_reason.before == i && i >= idle_from)
          judge.MarkIdle(EventTime(idle_reason.clock), idle_reason.passed_frontier);
      }
      if (i < to && i < c.log.size()) Give(c.log[i]);
    }
  }

  KeepingSink sink;
  Judge judge;
  size_t idle_from = 0;  // excuses before this index come from the moves
};

Windows WindowsOfOracle(const Case& c) {
  test::OraclePartition oracle(c.rule,
                               {c.bounds.unconfirmed_frames, c.bounds.unconfirmed_records, c.bounds.confirmations});
  for (size_t i = 0; i <= c.log.size(); ++i) {
    for (const IdleAt& idle_reason : c.idle_reasons) {
      if (idle_reason.before != i) continue;
      oracle.End(idle_reason.clock);
      if (idle_reason.passed_frontier.is_set()) oracle.RaiseClock(idle_reason.passed_frontier.seconds());
    }
    if (i == c.log.size()) break;
    if (c.log[i].valid) {
      oracle.Frame(c.log[i].ts, std::to_string(c.log[i].user));
    } else {
      oracle.Invalid(InvalidReason::kNotJson);
    }
  }
  Windows windows;
  for (const auto& [start, window] : oracle.windows()) {
    Window& kept = windows[WindowStart(start)];
    kept.counts = window.counts;
    for (const std::string& user : window.users) kept.users.insert(std::stoull(user) + 1);
  }
  return windows;
}

// The oracle settles nothing and raises nothing when an excuse repeats at one offset with another clock: the
// judge keeps the first clock, so cases give one clock an offset.
Case WithOneClockAnOffset(Case c) {
  for (size_t i = 1; i < c.idle_reasons.size(); ++i) {
    if (c.idle_reasons[i].before == c.idle_reasons[i - 1].before) c.idle_reasons[i].clock = c.idle_reasons[i - 1].clock;
  }
  return c;
}

TEST(Judge, GivesEveryRecordTheVerdictAndTheWindowOfTheOracle) {
  const uint64_t seed = std::random_device{}();
  for (uint64_t i = 0; i < 5000; ++i) {
    SCOPED_TRACE("seed " + std::to_string(seed + i));
    const Case c = WithOneClockAnOffset(MakeCase(seed + i));
    JudgeRun run(c, {}, WindowStart::Unset());
    run.GiveUpTo(c, 0, c.log.size());
    ASSERT_TRUE(run.sink.windows() == WindowsOfOracle(c));
  }
}

Windows From(const Windows& windows, WindowStart boundary) {
  return Windows(windows.lower_bound(boundary), windows.end());
}

// The safe point a writer would commit with every window before `boundary` closed, through its text.
SafePoint SafePointOf(const JudgeRun& run, WindowStart boundary) {
  SafePoint safe{run.judge.state(), run.judge.decisions()};
  for (const auto& [start, window] : From(run.sink.windows(), boundary)) {
    if (Earlier(*window.first, safe.state)) safe.state = *window.first;
  }
  safe.decisions.erase(
      std::remove_if(safe.decisions.begin(), safe.decisions.end(),
                     [&safe](const Decision& decision) { return decision.offset < safe.state.offset; }),
      safe.decisions.end());
  const Result<CommitMetadata> read = ParseCommitMetadata(ToText({RunId(1), Sequence(1), boundary, 60}, safe));
  EXPECT_TRUE(read.ok());
  return read->safe;
}

TEST(Judge, StoppedAnywhereAndRestoredFromItsSafePointsGivesTheSameWindows) {
  const uint64_t seed = std::random_device{}();
  for (uint64_t i = 0; i < 5000; ++i) {
    SCOPED_TRACE("seed " + std::to_string(seed + i));
    Dice rng(seed + i);
    const Case c = WithOneClockAnOffset(MakeCase(seed + i));
    JudgeRun whole(c, {}, WindowStart::Unset());
    whole.GiveUpTo(c, 0, c.log.size());

    const size_t stop = static_cast<size_t>(rng.Below(static_cast<int64_t>(c.log.size()) + 1));
    JudgeRun stopped(c, {}, WindowStart::Unset());
    stopped.GiveUpTo(c, 0, stop);
    WindowStart boundary;
    for (const auto& [start, window] : stopped.sink.windows()) {
      if (rng.OneIn(2)) boundary = WindowStart(start.seconds() + 60);
    }
    const SafePoint safe = SafePointOf(stopped, boundary);
    JudgeRun again(c, safe, boundary);
    const auto first = std::find_if(c.log.begin(), c.log.end(), [&safe](const LogRecord& record) {
      return record.offset >= safe.state.first_needed();
    });
    again.idle_from = stop + 1;
    again.GiveUpTo(c, static_cast<size_t>(first - c.log.begin()), c.log.size());
    again.judge.ReachedEnd(Offset(INT64_MAX));
    ASSERT_EQ(again.judge.offset().value(), whole.judge.offset().value());
    ASSERT_TRUE(From(again.sink.windows(), boundary) == From(whole.sink.windows(), boundary));
  }
}

// --- The rule, sentence by sentence --------------------------------------------------------------------------

class OnePartition : public ::testing::Test {
 protected:
  OnePartition() : run_(case_, {}, WindowStart::Unset()) {}
  void At(int64_t ts) { run_.Give({Offset(next_++), true, ts, static_cast<uint64_t>(next_)}); }
  void Invalid() { run_.Give({Offset(next_++), false, 0, 0}); }
  VerdictCounts CountsOf(int64_t start) const {
    const auto found = run_.sink.windows().find(WindowStart(start));
    return found == run_.sink.windows().end() ? VerdictCounts{} : found->second.counts;
  }
  // A clock at `ts`: one frame is held until enough others confirm it.
  void StartClockAt(int64_t ts) {
    for (int i = 0; i < 17; ++i) At(ts);
  }

  Case case_;
  JudgeRun run_;
  int64_t next_ = 0;
};

TEST_F(OnePartition, HasNoWatermarkBeforeSixteenFramesConfirmTheFirst) {
  for (int i = 0; i < 16; ++i) At(kBase);
  EXPECT_FALSE(run_.judge.watermark().is_set());
  At(kBase);
  EXPECT_EQ(run_.judge.watermark(), EventTime(kBase));
  EXPECT_EQ(CountsOf(kBase).counted, 17U);
}

TEST_F(OnePartition, DoesNotFollowOneFrameFromTheYear2106) {
  StartClockAt(kBase);
  At(4'294'967'295);
  for (int i = 0; i < 300; ++i) At(kBase + 1);
  EXPECT_EQ(run_.judge.watermark(), EventTime(kBase + 1));
  EXPECT_EQ(CountsOf(kBase).future, 1U);
  EXPECT_EQ(CountsOf(kBase).counted, 317U);
}

TEST_F(OnePartition, CallsAFrameLateOnceItsWindowHasWaitedTheLateness) {
  StartClockAt(kBase);
  for (int64_t t = kBase; t <= kBase + 64; t += 5) At(t);
  At(kBase + 64);
  At(kBase + 59);
  EXPECT_EQ(CountsOf(kBase).late + CountsOf(kBase + 60).late, 0U);
  At(kBase + 65);
  At(kBase + 59);
  EXPECT_EQ(CountsOf(kBase + 60).late, 1U);
}

TEST_F(OnePartition, AttributesAnInvalidFrameToTheWindowItsWatermarkStandsIn) {
  Invalid();
  EXPECT_EQ(run_.judge.unattributed().invalid(), 1U);
  StartClockAt(kBase);
  EXPECT_EQ(run_.judge.unattributed().invalid(), 0U);
  Invalid();
  EXPECT_EQ(CountsOf(kBase).invalid(), 2U);
}

TEST_F(OnePartition, PoisonIsInvalidAgainInEveryReplay) {
  run_.judge.AddPoison(Offset(1));
  EXPECT_TRUE(run_.judge.IsPoison(Offset(1)));
  EXPECT_FALSE(run_.judge.IsPoison(Offset(0)));
  const SafePoint safe{run_.judge.state(), run_.judge.decisions()};
  const Result<CommitMetadata> read =
      ParseCommitMetadata(ToText({RunId(1), Sequence(1), WindowStart::Unset(), 60}, safe));
  ASSERT_TRUE(read.ok());
  JudgeRun again(case_, read->safe, WindowStart::Unset());
  EXPECT_TRUE(again.judge.IsPoison(Offset(1)));
}

// Otherwise the metadata could not be read back, and no headcount would start any more.
TEST_F(OnePartition, ExcusedBehindControlRecordsBeforePoisonKeepsItsMovesInOrder) {
  StartClockAt(kBase);
  run_.judge.AddPoison(Offset(20));
  run_.judge.ReachedEnd(Offset(20));  // control records at 17 to 19
  run_.judge.MarkIdle(EventTime(kBase + 1000), WindowStart(kBase + 60));
  ASSERT_EQ(run_.judge.decisions().size(), 2U);
  EXPECT_EQ(run_.judge.decisions()[0].offset, Offset(17));
  EXPECT_EQ(run_.judge.decisions()[1].offset, Offset(20));
  const SafePoint safe{run_.judge.state(), run_.judge.decisions()};
  EXPECT_TRUE(ParseCommitMetadata(ToText({RunId(1), Sequence(1), WindowStart::Unset(), 60}, safe)).ok());
  run_.judge.MarkIdle(EventTime(kBase + 2000), WindowStart(kBase + 120));
  EXPECT_EQ(run_.judge.decisions().size(), 2U) << "a later seal raises the same move";
}

TEST_F(OnePartition, ExcusedAfterNamedPoisonHasLeftTheLogKeepsItsMovesInOrder) {
  run_.judge.AddPoison(Offset(2));  // it killed two lives; before the third, compaction took it
  run_.judge.ReachedEnd(Offset(5));
  run_.judge.MarkIdle(EventTime(kBase + 1000), WindowStart(kBase));
  const SafePoint safe{run_.judge.state(), run_.judge.decisions()};
  const Result<CommitMetadata> read =
      ParseCommitMetadata(ToText({RunId(1), Sequence(1), WindowStart::Unset(), 60}, safe));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_TRUE(read->safe == safe);
}

TEST_F(OnePartition, PassesOverAllButTheHeldFramesWhereItReadsAgainForThem) {
  StartClockAt(kBase);
  At(kBase + 3000);  // offset 17: held
  At(kBase);
  At(kBase);
  JudgeRun again(case_, {run_.judge.state(), {}}, WindowStart::Unset());
  ASSERT_TRUE(again.judge.restoring());
  EXPECT_FALSE(again.judge.PassOver(Offset(17)));
  again.judge.JudgeValid(Offset(17), {EventTime(kBase + 3000), {}});
  EXPECT_TRUE(again.judge.PassOver(Offset(18)));
  EXPECT_TRUE(again.judge.PassOver(Offset(19)));
  EXPECT_FALSE(again.judge.PassOver(Offset(20)));
  EXPECT_EQ(again.judge.state(), run_.judge.state());
  EXPECT_EQ(again.judge.lost_unconfirmed(), 0U);
}

TEST_F(OnePartition, ExcusedWithNothingToSettleOrRaiseLeavesNoMove) {
  StartClockAt(kBase + 65);
  run_.judge.MarkIdle(EventTime(kBase + 1000), WindowStart::Unset());
  run_.judge.MarkIdle(EventTime(kBase + 1000), WindowStart(kBase + 60));
  EXPECT_TRUE(run_.judge.decisions().empty());
  run_.judge.MarkIdle(EventTime(kBase + 1000), WindowStart(kBase + 120));
  run_.judge.MarkIdle(EventTime(kBase + 2000), WindowStart(kBase + 180));
  ASSERT_EQ(run_.judge.decisions().size(), 1U);
  EXPECT_EQ(run_.judge.decisions()[0].passed_frontier, WindowStart(kBase + 180));
  EXPECT_EQ(run_.judge.watermark(), EventTime(kBase + 185));
}

// --- Another rule from some window on ------------------------------------------------------------------------

// Started again by a rule of its own, where all before the second minute is published by --allowed-lateness 5s.
struct StartedAgain {
  StartedAgain(const WatermarkRule& now, int64_t watermark) {
    c.rule.lateness_s = now.lateness_s;
    c.rule.max_jump_s = now.max_jump_s;
    SafePoint start;
    start.state = {Offset(100), false, EventTime(watermark), {}, {}, {{5, 5}, {}, {}}};
    start.state.rules.Change(WindowStart(kBase + 60), now, start.state.watermark);
    run.emplace(c, start, WindowStart(kBase + 60));
  }
  void At(int64_t ts) { run->Give({Offset(next++), true, ts, 1}); }
  VerdictCounts CountsOf(int64_t start) const {
    const auto found = run->sink.windows().find(WindowStart(start));
    return found == run->sink.windows().end() ? VerdictCounts{} : found->second.counts;
  }
  Judge& judge() { return run->judge; }

  Case c;
  std::optional<JudgeRun> run;
  int64_t next = 100;
};

TEST(JudgeStartedAgain, WithMoreLatenessKeepsWhatIsPublishedAndWaitsLongerForTheRest) {
  StartedAgain again({30, 5}, kBase + 64);
  again.At(kBase + 59);  // in the published minute, as it was counted there
  EXPECT_EQ(again.judge().state().rules.now, (WatermarkRule{5, 5}));
  again.At(kBase + 65);  // by the old rule all of it is past now
  EXPECT_EQ(again.judge().state().rules, (WatermarkRules{{30, 5}, WindowStart(kBase + 60), {}}));
  again.At(kBase + 59);
  EXPECT_EQ(again.CountsOf(kBase + 60).late, 1U) << "published, whatever the new lateness allows";
  for (int64_t t = kBase + 70; t <= kBase + 145; t += 5) again.At(t);
  again.At(kBase + 70);
  EXPECT_EQ(again.CountsOf(kBase + 60).counted, 12U) << "the lateness before would have called the last one late";
  EXPECT_EQ(again.judge().state().rules, (WatermarkRules{{30, 5}, {}, {}})) << "the clock says it all by now";
}

TEST(JudgeStartedAgain, WithLessLatenessReadsWhatIsPublishedByTheOneBefore) {
  StartedAgain again({1, 1}, kBase + 59);
  EXPECT_EQ(again.judge().sealing_watermark(), EventTime(kBase + 55))
      << "the new rule must not seal what the old may fill";
  again.At(kBase + 63);  // a jump of four
  again.At(kBase + 58);  // late by the new one
  EXPECT_EQ(again.judge().unconfirmed(), 0U);
  EXPECT_TRUE(again.run->sink.windows().size() == 1 && again.CountsOf(kBase + 60).counted == 1U);
  again.At(kBase + 65);
  EXPECT_EQ(again.judge().sealing_watermark(), EventTime(kBase + 65));
  again.At(kBase + 69);
  EXPECT_EQ(again.judge().unconfirmed(), 1U) << "a jump of four is too far now";
}

TEST(JudgeStartedAgain, AndPassedByASealBeforeItsRecordsCameToTheNewRuleIsLateByBoth) {
  StartedAgain again({30, 5}, kBase + 20);
  again.judge().MarkIdle(EventTime(kBase + 1000), WindowStart(kBase + 120));
  EXPECT_EQ(again.judge().watermark(), EventTime(kBase + 150));
  again.At(kBase + 119);
  EXPECT_EQ(again.CountsOf(kBase + 120).late, 1U);
}

// The second raise was made by another rule than the first: to make one move of both would give another clock.
TEST(JudgeStartedAgain, RaisesItsClockByAMoveOfItsOwnAfterTheRuleHasChanged) {
  StartedAgain again({2, 2}, kBase + 20);
  again.judge().MarkIdle(EventTime(kBase + 1000), WindowStart(kBase + 60));
  again.judge().MarkIdle(EventTime(kBase + 2000), WindowStart(kBase + 120));
  ASSERT_EQ(again.judge().decisions().size(), 2U);
  again.judge().MarkIdle(EventTime(kBase + 2000), WindowStart(kBase + 180));
  ASSERT_EQ(again.judge().decisions().size(), 2U) << "by the same rule, the same move";
  SafePoint start;
  start.state = {Offset(100), false, EventTime(kBase + 20), {}, {}, {{5, 5}, {}, {{WindowStart(kBase + 60), {2, 2}}}}};
  start.decisions = again.judge().decisions();
  const JudgeRun replay(again.c, start, WindowStart(kBase + 60));
  EXPECT_EQ(replay.judge.state(), again.judge().state());
  EXPECT_EQ(replay.judge.watermark(), EventTime(kBase + 182));
}

}  // namespace
}  // namespace headcount
