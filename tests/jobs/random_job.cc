#include "tests/jobs/random_job.h"

#include <algorithm>

#include "common/judge/commit_metadata.h"
#include "common/log/crash_point.h"

namespace headcount::test {
namespace {

constexpr int64_t kBase = 1'500'000'000 / 60 * 60;
constexpr int64_t kDayS = 86'400;
constexpr uint64_t kSliceBytes = uint64_t{8} << 20;
constexpr int kMaxSteps = 500;           // with dice and deaths, in one run
constexpr int kMaxPatientSteps = 4'000;  // without: every record is read within them, or nobody moves any more

RandomJob* g_job = nullptr;

const Wakeups& TheWakeups() {
  static const Wakeups wakeups = Wakeups::Create(3).value();
  return wakeups;
}

}  // namespace

RandomJob::RandomJob(const RandomCase& c, uint64_t rng_seed, Reached* reached)
    : case_(c), rng_(rng_seed), reached_(reached) {
  g_job = this;
  UseTestClock(&clock_);
  HookCrashPoints([](const char* name) { g_job->OnCrashPoint(name); });
  clock_.monotonic_ms = 1'000'000;
  AddPartitions(case_.runs.front().partitions);
}

RandomJob::~RandomJob() {
  HookCrashPoints(nullptr);
  UseTestClock(nullptr);
  g_job = nullptr;
}

std::string RandomJob::Run() {
  try {
    for (size_t r = 0; r < case_.runs.size(); ++r) {
      const CaseRun* next = r + 1 < case_.runs.size() ? &case_.runs[r + 1] : nullptr;
      const bool closes_all = case_.runs[r].mode != Mode::kUntilEnd || case_.wall_stands || rng_.Chance(0.6);
      RunOne(case_.runs[r], next, closes_all);
      // What was not over yet stands open for another start.
      if (!closes_all) RunOne(case_.runs[r], next, true);
    }
  } catch (const Wrong& wrong) {
    return wrong.what;
  }
  return "";
}

// --- Runs ----------------------------------------------------------------------------------------------------

void RandomJob::SetOptions(const CaseRun& run, bool closes_all) {
  options_ = {};
  options_.rule = run.rule;
  options_.max_skew_s = case_.max_skew_s;
  options_.idle_timeout_ms = case_.idle_timeout_ms;
  options_.max_hold_ms = case_.max_hold_ms;
  options_.max_frame_bytes = kCaseMaxFrameBytes;
  options_.until_end = run.mode != Mode::kStream;
  options_.leave_open = run.mode == Mode::kLeaveOpen;
  options_.publish_open = options_.until_end && !options_.leave_open && closes_all;
  options_.workers = case_.runs.size() > 1 ? static_cast<int32_t>(rng_.Between(1, case_.workers)) : case_.workers;
}

void RandomJob::RunOne(const CaseRun& run, const CaseRun* next, bool closes_all) {
  SetOptions(run, closes_all);
  if (run.partitions > kafka_.partitions.size() && kafka_.partitions[0].committed) Note("partitions added while down");
  AddPartitions(run.partitions);
  for (size_t p = 0; run.mode != Mode::kStream && p < kafka_.partitions.size(); ++p) {
    kafka_.partitions[p].visible = run.ends[p];
    kafka_.partitions[p].transaction = rng_.Chance(case_.transactions) ? 1 : 0;
  }
  SetWall();
  constexpr int kDeaths[] = {0, 0, 1, 3, 8};
  deaths_left_ = rng_.Pick(kDeaths);
  patient_ = done_ = false;
  crash_in_ = 0;
  StartOver(true);
  Play(run, next);
  if (!done_ && run.mode == Mode::kStream && rng_.Chance(0.3)) WaitOutSilence();
  if (!done_ && run.mode == Mode::kStream && rng_.Chance(0.4)) {
    Note("killed while streaming");
  } else if (!done_) {
    FinishWithRetry(run.mode);
  }
  if (run.mode == Mode::kUntilEnd) CompareWithOracle(run);
  EndAtOnce();
}

// Nothing arrives any more, and every leader says so: what has anything in it and is over by the wall clock must be
// published, and nothing beyond it closed.
void RandomJob::WaitOutSilence() {
  patient_ = true;
  crash_in_ = 0;
  for (FakePartition& partition : kafka_.partitions) partition.transaction = 0;
  PassTime(case_.idle_timeout_ms);
  const WindowStart boundary = options_.rule.SealableBy(WallClock());
  for (int steps = 0; !IsQuietUpTo(boundary); ++steps) {
    if (steps == kMaxPatientSteps) throw Wrong{"all is silent, and yet minutes are held back"};
    for (size_t s = 0; s < slots_.size(); ++s) StepSlot(SlotId(static_cast<int32_t>(s)));
    StepWriter();
    PassTime(50);
  }
  patient_ = false;
  Note("silences waited out");
}

// Whether every worker has read all there is, is excused with all its partitions, and knows the windows before
// `boundary` closed.
bool RandomJob::IsQuietUpTo(WindowStart boundary) {
  for (size_t s = 0; s < slots_.size(); ++s) {
    const auto slot = SlotId(static_cast<int32_t>(s));
    if (!PartitionPlan(options_.workers).IsNeeded(slot, static_cast<int32_t>(kafka_.partitions.size()))) continue;
    if (At(slot).state != SlotState::kRunning || !At(slot).reading) return false;
    const WorkerLoop& loop = *At(slot).loop;
    if (loop.windows().NewestNotClosedBefore(boundary).is_set()) return false;
    for (const auto& reader : loop.readers()) {
      // With all moves that it may have it waits for that window's commit.
      const bool read =
          reader->Status(EventTime::Forever(), 0).position >= kafka_.At(reader->partition()).LastStable() ||
          !reader->MayRead(EventTime::Forever());
      if (!read || !reader->idle()) return false;
    }
  }
  return true;
}

void RandomJob::EndAtOnce() {
  writer_.reset();
  for (Slot& slot : slots_) slot.loop.reset();
  memory_.reset();
}

void RandomJob::Play(const CaseRun& run, const CaseRun* next) {
  const int steps = static_cast<int>(rng_.Below(kMaxSteps));
  for (int i = 0; i < steps && !done_; ++i) PlayOneStep(run, next);
}

void RandomJob::PlayOneStep(const CaseRun& run, const CaseRun* next) {
  const double x = rng_.Unit();
  constexpr int64_t kPausesMs[] = {0, 1, 20, 300, 2'500, 11'000};
  if (rng_.Chance(case_.restless)) PassTime(1'000);
  if (x < 0.45) {
    StepSlot(SlotId(static_cast<int32_t>(rng_.Below(slots_.size()))));
  } else if (x < 0.70) {
    StepWriter();
  } else if (x < 0.80) {
    PassTime(rng_.Pick(kPausesMs));
  } else if (x < 0.95) {
    if (run.mode == Mode::kStream) Grow(run, next);
  } else if (x < 0.98 && deaths_left_ > 0 && crash_in_ == 0) {
    constexpr uint64_t kSoon[] = {2, 10, 40};
    crash_in_ = 1 + rng_.Below(rng_.Pick(kSoon));
  } else if (deaths_left_ > 0 && rng_.Chance(0.3)) {
    --deaths_left_;
    const size_t who = rng_.Below(slots_.size() + 1);
    Note("died between two rounds");
    if (who == slots_.size()) {
      TakeDeath(std::nullopt);
    } else if (slots_[who].state == SlotState::kRunning) {
      TakeDeath(SlotId(static_cast<int32_t>(who)));
    }
  }
}

// Everybody works in turn, nobody dies any more: the run must come to its end.
void RandomJob::FinishWithRetry(Mode mode) {
  patient_ = true;
  crash_in_ = 0;
  if (mode == Mode::kStream) {
    shm::CoordinatorView(&*memory_).Drain();
    Note("drained");
  }
  int steps = 0;
  for (; !done_ && steps < kMaxPatientSteps; ++steps) {
    for (size_t s = 0; s < slots_.size() && !done_; ++s) StepSlot(SlotId(static_cast<int32_t>(s)));
    if (!done_) StepWriter();
    PassTime(50);
  }
  NoteMost("rounds to the end", static_cast<uint64_t>(steps));
  if (!done_) throw Wrong{"nobody moves any more: the run does not end"};
}

// --- The coordinator -----------------------------------------------------------------------------------------

void RandomJob::StartOver(bool coordinator_too) {
  writer_.reset();
  for (Slot& slot : slots_) slot.loop.reset();
  if (coordinator_too) slots_.clear();
  slots_.resize(static_cast<size_t>(options_.workers));
  for (Slot& slot : slots_) {
    slot.state = SlotState::kIdle;
    slot.published.clear();
  }
  if (coordinator_too) key_ = {rng_.Next(), rng_.Next()};
  memory_.emplace(shm::JobMemory::Create(options_.workers, kSliceBytes).value());
  writer_start_ = std::make_unique<WriterStart>(
      WriterStart{&options_, &*memory_, &TheWakeups(), -1, Generation(1), RunId(rng_.Next() | 1)});
  writer_ = std::make_unique<WriterLoop>(
      *writer_start_,
      std::make_unique<FakeSink>(
          &kafka_, &rng_, &options_,
          [this](const auto& records, const auto& points, const auto& header) { OnCommit(records, points, header); },
          [this](const StartPlan& plan) { OnTakeOver(plan); }));
  writer_started_ = false;
}

void RandomJob::StepSlot(SlotId s) {
  Slot& slot = At(s);
  switch (slot.state) {
    case SlotState::kIdle: {
      const int32_t partitions = shm::CoordinatorView(&*memory_).Writer().partition_count;
      if (!writer_started_ || draining() || !PartitionPlan(options_.workers).IsNeeded(s, partitions)) return;
      slot.generation = Generation(slot.generation.value() + 1);
      shm::CoordinatorView(&*memory_).RaiseGeneration(s, slot.generation);
      return BeginWorker(s);
    }
    case SlotState::kRunning: return StepWorker(s);
    case SlotState::kDead:
      FindPoison(s);
      slot.published.clear();
      slot.generation = Generation(slot.generation.value() + 1);
      shm::CoordinatorView(&*memory_).RaiseGeneration(s, slot.generation);
      slot.state = SlotState::kWaiting;
      return;
    case SlotState::kWaiting:
      if (shm::CoordinatorView(&*memory_).Slot(s).acknowledged < slot.generation) return;
      if (!draining()) BeginWorker(s);
      return;
    case SlotState::kFinished: return;
  }
}

void RandomJob::BeginWorker(SlotId s) {
  Slot& slot = At(s);
  slot.decisions.clear();
  slot.published.clear();
  slot.begun.clear();
  slot.reading = false;
  slot.start = std::make_unique<WorkerStart>(
      WorkerStart{&options_, &*memory_, &TheWakeups(), -1, s, slot.generation, key_, slot.poison});
  slot.loop = std::make_unique<WorkerLoop>(*slot.start, std::make_unique<FakeSource>(&kafka_, &rng_, &patient_));
  slot.loop->BeginGeneration();
  slot.state = SlotState::kRunning;
}

void RandomJob::StepWorker(SlotId s) {
  AsProcess(s, [this, s] {
    Slot& slot = At(s);
    if (!slot.reading) {
      const Result<void> started = slot.loop->StartReading();
      if (!started) throw Wrong{"a worker refused to start: " + started.error().message};
      for (const auto& reader : slot.loop->readers()) {
        const PartitionId p = reader->partition();
        const Result<CommitMetadata> point = ParseCommitMetadata(kafka_.At(p).metadata);
        if (point) slot.begun[p] = StartAt(p, point->safe.state);
      }
      slot.reading = true;
      return NoteDecisions(&slot);
    }
    const Result<WorkerLoop::RoundEnd> ended = slot.loop->Round();
    if (!ended) throw Wrong{"a worker ended: " + ended.error().message};
    NoteDecisions(&slot);
    if (*ended != WorkerLoop::RoundEnd::kLast) return;
    slot.state = SlotState::kFinished;
    slot.loop.reset();
    // The others are about to finish too: what if one does not?
    if (!patient_ && deaths_left_ > 0 && rng_.Chance(0.5)) crash_in_ = 1 + rng_.Below(10);
  });
}

void RandomJob::StepWriter() {
  AsProcess(std::nullopt, [this] {
    if (!writer_started_) {
      const Result<void> started = writer_->Start();
      if (!started) throw Wrong{"the writer refused to start: " + started.error().message};
      writer_started_ = true;
      return;
    }
    const Result<bool> done = writer_->Round();
    if (!done && done.error().exit_code == ExitCode::kBroken) {
      Note("started over because a finished worker had sealed too little");
      throw Died{};
    }
    if (!done) throw Wrong{"the writer ended: " + done.error().message};
    done_ = *done;
    if (done_) return;
    const Result<void> watched = writer_->WatchPartitions();
    if (!watched) throw Wrong{"the writer ended: " + watched.error().message};
  });
}

template <typename Act>
void RandomJob::AsProcess(std::optional<SlotId> who, Act act) {
  acting_ = who;
  try {
    act();
  } catch (const Died&) {
    TakeDeath(who);
  }
}

// Nobody: the writer, or the coordinator, with which everybody dies.
void RandomJob::TakeDeath(std::optional<SlotId> who) {
  if (who) {
    At(*who).loop.reset();
    At(*who).state = SlotState::kDead;
    Note("a worker died");
  } else {
    const bool coordinator_too = rng_.Chance(0.4);
    Note(coordinator_too ? "the coordinator died" : "the writer died");
    StartOver(coordinator_too);
  }
  constexpr int64_t kLaterMs[] = {0, 200, 60'000, 4'000'000};
  PassTime(rng_.Pick(kLaterMs));
}

// Two deaths under the decoder have given a frame a name that no life has got past.
void RandomJob::FindPoison(SlotId s) {
  if (!rng_.Chance(0.15)) return;
  const PartitionId p(static_cast<int32_t>(rng_.Below(kafka_.partitions.size())));
  if (p.value() % options_.workers != s.value()) return;
  const FakeLog& log = *kafka_.At(p).log;
  const auto first = std::lower_bound(log.begin(), log.end(), judged_[p],
                                      [](const FakeRecord& record, Offset offset) { return record.offset < offset; });
  const size_t place = static_cast<size_t>(first - log.begin()) + rng_.Below(4);
  if (place < log.size()) At(s).poison.push_back({p, log[place].offset});
}

// --- The world -----------------------------------------------------------------------------------------------

void RandomJob::PassTime(int64_t ms) {
  clock_.monotonic_ms += ms;
  if (case_.wall_stands) return;
  clock_.wall_ms += ms;
  if (case_.wall == WallMode::kStepped && !patient_ && rng_.Chance(0.1))
    clock_.wall_ms += 1000 * rng_.Between(-7200, 7200);
}

// Where it stands now, by what the newest frames are from.
void RandomJob::SetWall() {
  if (case_.wall == WallMode::kFarAhead) {
    clock_.wall_ms = std::max(clock_.wall_ms, (kBase + kDayS) * 1000);
    return;
  }
  int64_t newest = kBase;
  for (const FakePartition& partition : kafka_.partitions) {
    if (partition.visible > 0) newest = std::max(newest, (*partition.log)[partition.visible - 1].at);
  }
  constexpr int64_t kBehindS[] = {0, 30, 90};
  const int64_t wrong = case_.wall == WallMode::kHourSlow ? -3600 : case_.wall == WallMode::kHourFast ? 3600 : 0;
  clock_.wall_ms = (newest + rng_.Pick(kBehindS) + wrong) * 1000;
}

void RandomJob::Grow(const CaseRun& run, const CaseRun* next) {
  const size_t p = rng_.Below(kafka_.partitions.size());
  FakePartition& partition = kafka_.partitions[p];
  constexpr size_t kMore[] = {1, 3, 20};
  const size_t visible = std::min(run.ends[p], partition.visible + std::min(case_.more_at_once, rng_.Pick(kMore)));
  partition.transaction = rng_.Chance(case_.transactions) ? 1 : 0;
  if (visible > partition.visible) {
    partition.visible = visible;
    SetWall();
  }
  if (next != nullptr && next->partitions > kafka_.partitions.size() && rng_.Chance(0.05)) {
    AddPartitions(kafka_.partitions.size() + 1);
    Note("partitions added while streaming");
  }
}

void RandomJob::AddPartitions(size_t count) {
  while (kafka_.partitions.size() < std::min(count, case_.logs.size())) {
    const size_t p = kafka_.partitions.size();
    FakePartition partition;
    partition.log = &case_.logs[p];
    // What is added to a topic begins at its beginning.
    partition.begin = case_.begins[p];
    kafka_.partitions.push_back(std::move(partition));
  }
}

}  // namespace headcount::test
