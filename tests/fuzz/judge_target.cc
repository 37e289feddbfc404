// The judge against the oracle, over a log that goes on, is read again after deaths, and is committed in between.
#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "common/base/limits.h"
#include "common/judge/commit_metadata.h"
#include "common/judge/judge.h"
#include "tests/fuzz/targets.h"
#include "tests/support/oracle.h"

namespace headcount::test {
namespace {

constexpr int64_t kFirstTs = 1'468'244'400;
constexpr int64_t kTsEnd = 100'000'000'000;  // exclusive: a ts in seconds
// Each death reads the log again: more of either find nothing new, and cost speed.
constexpr int kMaxDeaths = 6;
constexpr size_t kMaxRecords = 600;

// The program's bytes, one at a time; zeroes after the last.
class Tape {
 public:
  explicit Tape(std::string_view bytes) : left_(bytes) {}
  bool empty() const { return left_.empty(); }
  uint8_t Next() {
    if (left_.empty()) return 0;
    const auto byte = static_cast<uint8_t>(left_.front());
    left_.remove_prefix(1);
    return byte;
  }
  template <typename T>
  T OneOf(std::initializer_list<T> choices) {
    return *(choices.begin() + Next() % choices.size());
  }

 private:
  std::string_view left_;
};

struct LogRecord {
  Offset offset;
  std::optional<InvalidReason> invalid;
  int64_t ts = 0;
  uint8_t user = 0;
};

struct Window {
  OracleWindow told;  // what the judge has said
  std::optional<JudgeState> first;
};

// The windows of one life, as a worker keeps them: what was published before it began is dropped, and what it has
// sealed itself must stay as it is.
class Windows : public VerdictSink {
 public:
  explicit Windows(WindowStart published_frontier)
      : published_frontier_(published_frontier), sealed_frontier_(published_frontier) {}
  void set_judge(const Judge* judge) { judge_ = judge; }
  void SealUpTo(WindowStart frontier) { sealed_frontier_ = std::max(sealed_frontier_, frontier); }

  void AddCounted(WindowStart start, Fingerprint uid) override {
    Window* window = Find(start);
    if (window == nullptr) return;
    ++window->told.counts.counted;
    window->told.users.insert(std::to_string(uid.low));
  }
  void AddLate(WindowStart start) override {
    if (Window* window = Find(start)) ++window->told.counts.late;
  }
  void AddFuture(WindowStart start) override {
    if (Window* window = Find(start)) ++window->told.counts.future;
  }
  void AddInvalid(WindowStart start, InvalidReason reason) override {
    if (Window* window = Find(start)) ++window->told.counts.invalid_by_reason[static_cast<size_t>(reason)];
  }
  void AddUnattributed(WindowStart start, const VerdictCounts& waited) override {
    if (waited.counted + waited.late > 0 || waited.empty()) Wrong("verdicts waited that have a window");
    if (Window* window = Find(start)) window->told.counts += waited;
  }

  std::map<WindowStart, Window>& open() { return windows_; }

 private:
  Window* Find(WindowStart start) {
    if (start < published_frontier_) return nullptr;
    if (start < sealed_frontier_) Wrong("a verdict for a sealed window");
    Window& window = windows_[start];
    if (!window.first) window.first = judge_->state_before();
    return &window;
  }

  const WindowStart published_frontier_;
  WindowStart sealed_frontier_;
  const Judge* judge_ = nullptr;
  std::map<WindowStart, Window> windows_;
};

struct Life {
  Life(const CountingRule& rule, const JudgeBounds& bounds, const SafePoint& start, WindowStart published_frontier)
      : windows(published_frontier), judge(rule, start, &windows, bounds) {
    windows.set_judge(&judge);
  }
  Windows windows;
  Judge judge;
};

// What Kafka holds of the job, and what the oracle knew at that moment.
struct Committed {
  std::string text;
  WindowStart closed_frontier;
  size_t read = 0;  // of the log, by then
  OraclePartition oracle;
};

class Program {
 public:
  explicit Program(std::string_view bytes)
      : tape_(bytes),
        rule_(RuleFrom(&tape_)),
        bounds_(BoundsFrom(&tape_)),
        oracle_(NewOracle()),
        life_(std::make_unique<Life>(rule_, bounds_, SafePoint{}, WindowStart::Unset())) {
    Remember({}, WindowStart::Unset());
  }

  void Run() {
    while (!tape_.empty()) {
      Step();
      CompareStates();
    }
    MarkIdle(EventTime(now_ + 1000), WindowStart::Unset());
    CompareWindows();
    Commit();
    Die(false);
  }

 private:
  static CountingRule RuleFrom(Tape* tape) {
    CountingRule rule;
    rule.window_s = tape->OneOf<int64_t>({60, 60, 60, 1, 7, 3600});
    rule.lateness_s = tape->OneOf<int64_t>({5, 0, 3, 30, 90});
    rule.max_jump_s = std::min<int64_t>(tape->OneOf<int64_t>({5, 5, 5, 0, 60}), rule.lateness_s);
    return rule;
  }
  static JudgeBounds BoundsFrom(Tape* tape) {
    JudgeBounds bounds;
    bounds.unconfirmed_frames = tape->OneOf<size_t>({limits::kUnconfirmedFrames, 1, 2, 5});
    bounds.unconfirmed_records = tape->OneOf<uint64_t>({limits::kUnconfirmedRecords, 1, 3, 8, 25});
    bounds.confirmations = tape->OneOf<int32_t>({limits::kConfirmations, 1, 3, 6});
    return bounds;
  }
  std::unique_ptr<OraclePartition> NewOracle() const {
    return std::make_unique<OraclePartition>(
        rule_, OracleBounds{bounds_.unconfirmed_frames, bounds_.unconfirmed_records, bounds_.confirmations});
  }
  void Remember(const SafePoint& safe, WindowStart closed_frontier) {
    const CommitHeader header{RunId(1), Sequence(sequence_++), closed_frontier, rule_.window_s};
    committed_ = std::make_unique<Committed>(Committed{ToText(header, safe), closed_frontier, read_, *oracle_});
  }

  // --- The steps ----------------------------------------------------------------------------------------------
  void Step() {
    const uint8_t what = tape_.Next();
    switch (what % 16) {
      case 0: return SkipOffsets(what >> 4);
      case 1: return Append({Offset(next_offset_), InvalidReason::kNotJson, 0, 0});
      case 2: return Append({Offset(next_offset_), AnyReason(), 0, 0});
      case 3: return MarkIdleSomehow();
      case 4: return NamePoison(next_offset_ + (what >> 4) % 3);
      case 5: return Commit();
      case 6: return Die((what & 16) != 0);
      case 7: return Repeat(tape_.Next() % 64, what >> 4);
      default: return Append({Offset(next_offset_), std::nullopt, AnyTs(), static_cast<uint8_t>(what >> 4)});
    }
  }

  InvalidReason AnyReason() { return static_cast<InvalidReason>(tape_.Next() % kInvalidReasons); }

  int64_t AnyTs() {
    const uint8_t how = tape_.Next();
    const int64_t by = how >> 3;
    switch (how % 8) {
      case 0: return now_;
      case 1: return now_ = Within(now_ + by);
      case 2: return Within(now_ - by * 4);
      case 3: return Within(now_ + by);
      case 4: return now_ = Within(now_ + by * by * 4);
      case 5: return Within(now_ ^ (int64_t{1} << by));
      case 6: return Within(now_ + by * 600);
      default: return Within(tape_.OneOf<int64_t>({0, kTsEnd - 1, 4'294'967'295, now_ - 86'400, now_ + 86'400}));
    }
  }
  static int64_t Within(int64_t ts) { return std::clamp<int64_t>(ts, 0, kTsEnd - 1); }

  // Control records, or what compaction took.
  void SkipOffsets(int64_t by) {
    next_offset_ += by;
    life_->judge.ReachedEnd(Offset(next_offset_));
  }

  void Repeat(int times, uint8_t user) {
    for (int i = 0; i < times; ++i) Append({Offset(next_offset_), std::nullopt, now_, user});
  }

  void Append(const LogRecord& record) {
    if (log_.size() == kMaxRecords) return;
    log_.push_back(record);
    next_offset_ = record.offset.value() + 1;
    Read(record);
  }

  // A record that no commit has covered yet: the judge's and the oracle's.
  void Read(const LogRecord& record) {
    MakeSpaceForDecisions();
    const bool poison = life_->judge.IsPoison(record.offset);
    Give(record);
    if (record.invalid || poison) {
      oracle_->Invalid(poison ? InvalidReason::kPoison : *record.invalid);
    } else {
      oracle_->Frame(record.ts, std::to_string(record.user));
    }
    ++read_;
  }

  // As the worker's partition reader does it.
  void Give(const LogRecord& record) {
    Judge& judge = life_->judge;
    judge.ReachedEnd(record.offset);
    if (judge.PassOver(record.offset)) return;
    if (judge.IsPoison(record.offset)) return judge.JudgeInvalid(record.offset, InvalidReason::kPoison);
    if (record.invalid) return judge.JudgeInvalid(record.offset, *record.invalid);
    judge.JudgeValid(record.offset, {EventTime(record.ts), {record.user, 1}});
  }

  void MarkIdleSomehow() {
    const uint8_t how = tape_.Next();
    const EventTime clock(Within(tape_.OneOf<int64_t>({now_, now_ + 100'000, 0, now_ - 60})));
    WindowStart passed_frontier;
    if ((how & 1) != 0) {
      const EventTime from = life_->judge.watermark().is_set() ? life_->judge.watermark() : EventTime(now_);
      const int64_t boundary = rule_.WindowOf(from).seconds() + (how / 2 % 8 - 3) * rule_.window_s;
      if (boundary >= 0) passed_frontier = WindowStart(boundary);
    }
    MarkIdle(clock, passed_frontier);
  }

  void MarkIdle(EventTime clock, WindowStart passed_frontier) {
    Judge& judge = life_->judge;
    if (judge.decisions_full() && !judge.idle_here()) Wrong("more was read than there is room for moves");
    judge.MarkIdle(clock, passed_frontier);
    oracle_->End(clock.seconds());
    if (passed_frontier.is_set()) oracle_->RaiseClock(passed_frontier.seconds());
  }

  // Where the moves are full nothing is read before a commit has made room. A seal that passes the partition, excused
  // where it was last, lets the window close that all moves lie in.
  void MakeSpaceForDecisions() {
    if (!life_->judge.decisions_full()) return;
    const EventTime watermark = life_->judge.watermark();
    const EventTime from = watermark.is_set() ? watermark : EventTime(now_);
    MarkIdle(EventTime(now_), WindowStart(rule_.EndOf(rule_.WindowOf(from)).seconds()));
    CommitUpTo(rule_.SealableBy(life_->judge.watermark()));
    if (life_->judge.decisions_full()) Wrong("a commit that closed everything made no room for moves");
  }

  void NamePoison(int64_t offset) {
    life_->judge.AddPoison(Offset(offset));
    // Where there is no room for the move, nobody reads up to that record before there is: such programs name no more.
    if (life_->judge.IsPoison(Offset(offset))) poison_marks_.insert(Offset(offset));
  }

  // --- Commits and deaths -------------------------------------------------------------------------------------
  void Commit() {
    const WindowStart sealed = std::max(rule_.SealableBy(life_->judge.watermark()), committed_->closed_frontier);
    life_->windows.SealUpTo(sealed);
    const uint8_t how = tape_.Next();
    WindowStart frontier = sealed;
    // Often less than what is sealed: some other worker has not come so far.
    for (int windows_less = how % 4; windows_less > 0 && frontier.seconds() >= rule_.window_s; --windows_less) {
      frontier = std::max(WindowStart(frontier.seconds() - rule_.window_s), committed_->closed_frontier);
    }
    CommitUpTo(frontier);
  }

  void CommitUpTo(WindowStart frontier) {
    life_->windows.SealUpTo(frontier);
    auto& open = life_->windows.open();
    for (auto window = open.begin(); window != open.end() && window->first < frontier; window = open.erase(window)) {
      if (!published_.emplace(window->first, window->second.told).second) Wrong("a window is published twice");
    }
    Remember(SafePointNow(), frontier);
    Offset needed = life_->judge.offset();
    for (const auto& [start, window] : open) needed = std::min(needed, window.first->offset);
    life_->judge.ForgetDecisionsBelow(needed);
  }

  SafePoint SafePointNow() {
    SafePoint safe{life_->judge.state(), {}};
    for (const auto& [start, window] : life_->windows.open()) {
      if (Earlier(*window.first, safe.state)) safe.state = *window.first;
    }
    for (const Decision& decision : life_->judge.decisions()) {
      if (decision.offset >= safe.state.offset) safe.decisions.push_back(decision);
    }
    return safe;
  }

  // Everything that was not committed is gone, but the log. What was read since is read anew, without its excuses.
  void Die(bool marks_survive) {
    if (++deaths_ > kMaxDeaths) return;
    const Result<CommitMetadata> read = ParseCommitMetadata(committed_->text);
    if (!read.ok()) Wrong(read.error().message);
    const SafePoint& start = read->safe;
    if (ToText(read->header, start) != committed_->text) Wrong("a point changed on its way through the metadata");
    life_ = std::make_unique<Life>(rule_, bounds_, start, committed_->closed_frontier);
    Judge& judge = life_->judge;
    if (!marks_survive) poison_marks_.clear();
    for (const Offset offset : poison_marks_) {
      if (offset >= judge.offset()) judge.AddPoison(offset);
    }
    read_ = committed_->read;
    const auto first = std::find_if(log_.begin(), log_.end(), [&start](const LogRecord& record) {
      return record.offset >= start.state.first_needed();
    });
    for (size_t i = static_cast<size_t>(first - log_.begin()); i < read_; ++i) {
      if (judge.decisions_full()) Wrong("a replay is stopped on its way to where the job stood");
      Give(log_[i]);
    }
    // The last move lies behind the last record, at the latest where the log ended then.
    judge.ReachedEnd(read_ < log_.size() ? log_[read_].offset : Offset(next_offset_));
    if (judge.lost_unconfirmed() > 0) Wrong("held frames were lost");
    oracle_ = std::make_unique<OraclePartition>(committed_->oracle);
    CompareStates();
    CompareWindows();
    while (read_ < log_.size()) Read(log_[read_]);
    CompareWindows();
  }

  // --- Comparing ----------------------------------------------------------------------------------------------
  void CompareStates() const {
    const Judge& judge = life_->judge;
    const std::optional<int64_t> right = oracle_->watermark();
    if (judge.watermark() != (right ? EventTime(*right) : EventTime::Unset())) Wrong("the watermark");
    if (judge.unconfirmed() != oracle_->held()) Wrong("the number of held frames");
    if (!(judge.unattributed() == oracle_->waiting())) Wrong("the verdicts that wait");
  }

  void CompareWindows() const {
    size_t windows = published_.size();
    for (const auto& [start, window] : published_) Compare(start, window);
    for (const auto& [start, window] : life_->windows.open()) Compare(start, window.told);
    windows += life_->windows.open().size();
    if (windows != oracle_->windows().size()) Wrong("the number of windows");
  }
  void Compare(WindowStart start, const OracleWindow& told) const {
    const std::string name = std::to_string(start.seconds());
    const auto found = oracle_->windows().find(start.seconds());
    if (found == oracle_->windows().end()) Wrong("there is no window " + name);
    if (!(found->second.counts == told.counts)) Wrong("the counts of window " + name);
    if (found->second.users != told.users) Wrong("the users of window " + name);
  }

  Tape tape_;
  const CountingRule rule_;
  const JudgeBounds bounds_;
  int64_t now_ = kFirstTs;
  uint64_t sequence_ = 0;
  int deaths_ = 0;

  std::vector<LogRecord> log_;
  size_t read_ = 0;  // of the log, by this life and the commit it began with
  int64_t next_offset_ = 0;
  std::set<Offset> poison_marks_;

  std::unique_ptr<OraclePartition> oracle_;
  std::unique_ptr<Life> life_;
  std::unique_ptr<Committed> committed_;
  std::map<WindowStart, OracleWindow> published_;
};

}  // namespace

void TryJudge(std::string_view bytes) { Program(bytes).Run(); }

}  // namespace headcount::test
