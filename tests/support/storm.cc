#include "tests/support/storm.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <stdexcept>
#include <thread>

#include "common/base/limits.h"

namespace headcount::test {
namespace {

using std::chrono::milliseconds;

constexpr int32_t kPartitions = 4;
constexpr int32_t kWorkers = 2;
// A window every half a second: kills fall between minutes, into them, and among those being published. No silence:
// it would settle what is held, which the oracle does at the end only.
const Arguments kArguments = {"--workers", "2", "--window", "10s", "--idle-timeout", "1h"};
const CountingRule kRule{10, 5, 5};
constexpr int64_t kEventSecondsPerSecond = 20;
constexpr uint64_t kFramesPerSecond = 2'000;

constexpr milliseconds kLongestPause{300};  // between a recovery and the next blow
constexpr milliseconds kLongestHaste{300};  // between a hasty blow and the next
constexpr milliseconds kPatience{60'000};
constexpr size_t kShownOfLog = 30'000;  // bytes
// Nobody who was started after a kill reads sooner: who reads within that time had not died yet.
constexpr int64_t kSoonestMs = 50;
static_assert(kSoonestMs < limits::kFirstRestartDelayMs / 2);

const std::vector<std::string> kWorkerPoints = {"worker.taking",     "worker.taken",    "worker.growing",
                                                "worker.grown",      "worker.sealing",  "worker.sealed",
                                                "worker.publishing", "worker.published"};
const std::vector<std::string> kWriterPoints = {"writer.merging",          "writer.merged",       "writer.committing",
                                                "writer.records_produced", "writer.offsets_sent", "writer.committed",
                                                "writer.telling",          "writer.told"};
// Passed once in the life of a writer: somebody has to begin one.
constexpr char kTakingOver[] = "writer.claiming";

GeneratorOptions HostileFrames(uint64_t seed) {
  GeneratorOptions options;
  options.seed = seed;
  options.frames = kFramesPerSecond * 3600;
  options.minutes = kEventSecondsPerSecond * 60;
  options.users = 5'000;
  options.partitions = kPartitions;
  options.delay_s = 4;
  options.frame_bytes = 300;
  options.damage = ParseDamage("all:0.01").value();
  return options;
}

std::string WorkerName(int32_t slot) { return "worker-" + std::to_string(slot); }

// Gone, or a zombie, or, for the moment between the two, "dead".
bool IsDead(pid_t pid) {
  const std::string stat = ReadFile("/proc/" + std::to_string(pid) + "/stat");
  const size_t end_of_name = stat.rfind(')');
  if (end_of_name == std::string::npos) return true;
  const std::string state = stat.substr(end_of_name, 4);
  return state == ") Z " || state == ") X ";
}

// The living child of that name.
pid_t ChildNamed(pid_t parent, const std::string& name) {
  for (const pid_t child : ChildrenOf(parent)) {
    if (ReadFile("/proc/" + std::to_string(child) + "/comm") == name + "\n" && !IsDead(child)) return child;
  }
  return 0;
}

}  // namespace

const char* Name(Victim victim) {
  switch (victim) {
    case Victim::kWorker: return "worker";
    case Victim::kWriter: return "writer";
    case Victim::kCoordinator: return "coordinator";
  }
  return "?";
}

std::vector<std::string> StormPoints(Victim victim) {
  std::vector<std::string> points = victim == Victim::kWorker ? kWorkerPoints : kWriterPoints;
  if (victim != Victim::kWorker) points.emplace_back(kTakingOver);
  return points;
}

std::vector<Blow> PlanStorm(const StormOptions& options) {
  Random random(options.seed);
  std::vector<Blow> blows;
  for (const Victim victim : {Victim::kWorker, Victim::kWriter, Victim::kCoordinator}) {
    const std::vector<std::string> points = StormPoints(victim);
    const size_t count = options.blows[static_cast<size_t>(victim)];
    for (size_t i = 0; i < count; ++i) {
      blows.push_back({victim, i % 2 == 0 ? points[i / 2 % points.size()] : "", random.Chance(options.haste)});
    }
  }
  for (size_t i = blows.size(); i > 1; --i) std::swap(blows[i - 1], blows[random.Below(i)]);
  if (!blows.empty()) blows.back().in_haste = false;
  return blows;
}

// --- The job -------------------------------------------------------------------------------------------------

Storm::Storm(const TestBroker& broker, const StormOptions& options)
    : options_(options), random_(options.seed + 1), job_(broker, kPartitions, kArguments) {
  feed_ = std::make_unique<LiveFeed>(broker, job_.input(), HostileFrames(options.seed), kFramesPerSecond);
  StartSupervisor();
  for (int32_t slot = 0; slot < kWorkers; ++slot) AwaitFirstRecord(WorkerName(slot), 0, 0);
}

Storm::~Storm() {
  if (!testing::Test::HasFailure()) return;
  const std::string printed = supervisor_->Err();
  std::cerr << "--- the end of what the job printed\n"
            << printed.substr(printed.size() - std::min(printed.size(), kShownOfLog)) << "---\n";
}

void Storm::StartSupervisor() {
  ChildOptions options;
  options.environment = {{"HEADCOUNT_BIN", HEADCOUNT_BINARY_DIR "/headcount"},
                         {"HEADCOUNT_CRASH_FILE", job_.File("crash")}};
  Arguments words = {HEADCOUNT_SOURCE_DIR "/scripts/supervise.sh"};
  for (std::string& word : job_.Words()) words.push_back(std::move(word));
  supervisor_ = std::make_unique<ChildProcess>("bash", words, options);
  log_ = std::make_unique<JobLog>(supervisor_->err_file());
}

void Storm::Rage() {
  for (const Blow& blow : PlanStorm(options_)) Strike(blow);
  feed_->Stop();
  supervisor_->Signal(SIGTERM);
  const std::optional<ExitStatus> ended = supervisor_->Wait(kPatience);
  EXPECT_EQ(Describe(ended.value_or(ExitStatus{})), "exit 0");
  published_meanwhile_ = job_.Published().size();
  job_.RunUntilEnd();
}

std::vector<std::string> Storm::Right() const { return RightRecords(feed_->logs(), kRule); }

std::vector<std::string> Storm::UnexplainedDeaths() {
  std::vector<std::string> found;
  for (const LogLine& line : log_->Lines()) {
    const auto has = [&line](const char* text) { return line.message.find(text) != std::string::npos; };
    const bool by_signal = has(" signal=") && !has(" signal=9 ");
    const bool by_itself = has(" exit=") && !has(" exit=0 ");
    if (by_signal || by_itself || has("broken invariant")) found.push_back(line.role + " " + line.message);
  }
  return found;
}

// --- A blow --------------------------------------------------------------------------------------------------

void Storm::Strike(const Blow& blow) {
  const size_t skipped = log_->Lines().size();
  Toll& toll = tolls_[static_cast<size_t>(blow.victim)];
  std::string role = Name(blow.victim);
  if (blow.victim == Victim::kWorker) role = WorkerName(static_cast<int32_t>(random_.Below(kWorkers)));
  int64_t killed_ms = 0;
  if (blow.point.empty()) {
    killed_ms = StrikeAtAnyMoment(blow, role);
  } else {
    const LogLine line = StrikeAtPoint(blow);
    killed_ms = line.at_ms;
    role = line.role;
    ++toll.kills_at[blow.point];
  }
  ++toll.kills;
  std::optional<int64_t> recovery_ms;
  if (!blow.in_haste) recovery_ms = AwaitRecovery(blow, role, killed_ms, skipped);
  if (recovery_ms) toll.recovery_ms.push_back(*recovery_ms);
  Tell(role, blow, recovery_ms);
  const milliseconds longest = blow.in_haste ? kLongestHaste : kLongestPause;
  std::this_thread::sleep_for(milliseconds(random_.Between(0, longest.count())));
}

void Storm::Tell(const std::string& role, const Blow& blow, std::optional<int64_t> recovery_ms) {
  if (options_.telling == nullptr) return;
  *options_.telling << "kill " << ++told_ << ": " << (blow.victim == Victim::kCoordinator ? "coordinator" : role);
  if (!blow.point.empty()) *options_.telling << " at " << blow.point;
  if (recovery_ms) *options_.telling << ", reads again after " << *recovery_ms << " ms";
  *options_.telling << std::endl;
}

// Answers when it was.
int64_t Storm::StrikeAtAnyMoment(const Blow& blow, const std::string& role) {
  const std::string name = blow.victim == Victim::kCoordinator ? "headcount" : "hc-" + role;
  pid_t pid = 0;
  Await("finding " + name, [&] { return (pid = Find(name)) > 0; });
  const int64_t now_ms = WallMs();
  if (pid <= 1) throw std::logic_error("that would be everybody");
  kill(pid, SIGKILL);
  Await("the death of " + name, [&] { return IsDead(pid); });
  return now_ms;
}

// Answers with the last words of whoever was the first at the point.
LogLine Storm::StrikeAtPoint(const Blow& blow) {
  const size_t skipped = log_->Lines().size();
  const bool is_coordinators = blow.victim == Victim::kCoordinator;
  WriteFile(job_.File("next-crash"), blow.point + (is_coordinators ? " coordinator" : ""));
  std::filesystem::rename(job_.File("next-crash"), job_.File("crash"));
  if (blow.point == kTakingOver) {
    StrikeAtAnyMoment({Victim::kWriter, "", true}, Name(Victim::kWriter));
    ++tolls_[static_cast<size_t>(Victim::kWriter)].kills;
  }
  const std::string words = (is_coordinators ? "kills the coordinator at " : "dies at ") + blow.point;
  std::optional<LogLine> line;
  Await(words,
        [&] { return (line = log_->Find(skipped, [&](const LogLine& l) { return l.message == words; })).has_value(); });
  return *line;
}

// Answers how long it took.
int64_t Storm::AwaitRecovery(const Blow& blow, const std::string& role, int64_t killed_ms, size_t skipped) {
  int64_t read_ms = 0;
  if (blow.victim == Victim::kWorker) {
    read_ms = AwaitFirstRecord(role, killed_ms + kSoonestMs, skipped);
  } else {
    for (int32_t slot = 0; slot < kWorkers; ++slot) {
      read_ms = std::max(read_ms, AwaitFirstRecord(WorkerName(slot), killed_ms + kSoonestMs, skipped));
    }
  }
  return read_ms - killed_ms;
}

int64_t Storm::AwaitFirstRecord(const std::string& role, int64_t not_before_ms, size_t skipped) {
  std::optional<LogLine> line;
  Await("the first record of " + role, [&] {
    line = log_->Find(skipped, [&](const LogLine& l) {
      return l.at_ms >= not_before_ms && l.role == role && l.BeginsWith("first record");
    });
    return line.has_value();
  });
  return line->at_ms;
}

// 0: no such process lives.
pid_t Storm::Find(const std::string& name) {
  const pid_t coordinator = ChildNamed(supervisor_->pid(), "headcount");
  if (coordinator == 0 || name == "headcount") return coordinator;
  return ChildNamed(coordinator, name);
}

void Storm::Await(const std::string& what, const std::function<bool()>& condition) {
  const bool came = Eventually([&] { return condition() || !supervisor_->IsRunning(); }, kPatience) && condition();
  if (came) return;
  throw std::runtime_error(what + " did not come" + (supervisor_->IsRunning() ? "" : ": the job has ended"));
}

}  // namespace headcount::test
