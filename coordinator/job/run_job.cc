#include "coordinator/job/run_job.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string_view>
#include <utility>

#include "common/base/check.h"
#include "common/base/limits.h"
#include "common/base/wakeup.h"
#include "common/kafka/client_config.h"
#include "common/log/log.h"
#include "common/log/log_output.h"
#include "common/shm/coordinator_view.h"
#include "coordinator/job/child_process.h"
#include "coordinator/job/instance_lock.h"
#include "coordinator/job/job_log.h"
#include "coordinator/job/job_signals.h"
#include "coordinator/job/job_summary.h"
#include "coordinator/job/last_words.h"
#include "coordinator/job/progress_line.h"
#include "coordinator/job/reload.h"
#include "coordinator/job/service_notify.h"
#include "coordinator/job/supervisor.h"
#include "coordinator/metrics/metrics_publisher.h"
#include "coordinator/options/cgroup.h"
#include "coordinator/status/file_publisher.h"
#include "coordinator/status/status_snapshot.h"
#include "coordinator/text/broken_pipe.h"
#include "coordinator/text/version.h"
#include "coordinator/writer/stdout_sink.h"
#include "coordinator/writer/writer.h"
#include "worker/file_frame_source.h"
#include "worker/worker.h"

namespace headcount {
namespace {

template <typename T>
T Random() {
  T value{};
  HC_CHECK(getrandom(&value, sizeof value, 0) == sizeof value, "the kernel gave no random bytes");
  return value;
}

// With --leave-open the job waits for no transaction, and the progress of a topic is not shown otherwise.
bool HasProgress(const RunOptions& options) {
  return options.reads_files() || (options.until_end && !options.leave_open);
}

// Gathers the facts for the supervisor, and executes its actions.
class Coordinator {
 public:
  Coordinator(const RunOptions* options, Reread reread, Wakeups wakeups, shm::JobMemory memory, JobSignals signals,
              int lock_fd, const int (&alive_pipe)[2], PublishedFiles files, std::optional<HttpServer> metrics_server);
  int Run();

 private:
  // Facts.
  void TakeSignals();
  void ReadConfigAgain();
  SupervisorFacts GatherFacts();
  std::map<int64_t, Death> Reap();
  void TellMemoryKills(std::map<int64_t, Death>* deaths);
  WorkerFacts FactsOf(SlotId slot, std::map<int64_t, Death>* deaths);
  int64_t Reached(SlotId slot) const;

  // Actions, by the names of supervisor.h. Execute() returns the exit code when the job is over.
  std::optional<int> Execute(const Action& action);
  ExitCode SayGoodbye(const Exit& exit);
  void Do(const StartWriter& action);
  void Do(const StartWorker& action);
  void Do(const Kill& action);
  void Do(const RaiseGeneration& action);
  void Do(const ResetSharedMemory& action);
  void Do(const BeginDrain& action);
  void Do(const LogDeath& action);

  int64_t Fork(const std::string& role, size_t index, const std::function<int()>& body,
               std::optional<Death>* not_started);
  std::vector<int> DescriptorsOfChildren() const;
  void PublishStatus();
  void ShowProgress();
  SupervisionView Supervision() const;
  StatusReport TakeStatus(StatusSnapshot* snapshot) { return snapshot->Take(view(), Supervision(), MonotonicMs()); }
  shm::CoordinatorView view() const { return shm::CoordinatorView(&*memory_); }

  // Fixed after construction.
  const RunOptions* options_;
  const Reread reread_;
  const PartitionPlan plan_;
  const Wakeups wakeups_;
  JobSignals signals_;
  const int lock_fd_;   // -1: none
  const int alive_fd_;  // read end: children see it hang up when the coordinator has died
  const FingerprintKey key_;

  std::optional<shm::JobMemory> memory_;
  LastWords last_words_;
  Supervisor supervisor_;
  StatusSnapshot status_;
  std::optional<FilePublisher> status_file_;
  MetricsPublisher metrics_;
  const Cgroup group_;
  std::optional<uint64_t> memory_kills_ = group_.MemoryKills();  // the count at the last look
  std::mt19937_64 rng_;
  int64_t writer_pid_ = 0;
  std::optional<Death> writer_not_started_;
  std::vector<int64_t> worker_pids_;                       // by slot; 0: none
  std::vector<std::optional<Death>> workers_not_started_;  // by slot
  int stop_signals_ = 0;
  bool nothing_counted_ = false;  // known at the end only
  ServiceNotify service_{ServiceNotify::TakeFromEnvironment()};
  int64_t status_ms_ = 0;
  std::optional<StatusReport> last_report_;  // as published last
  TransactionsAwaited awaited_;
  int64_t progress_logged_ms_;
  const bool has_progress_;         // only of a job that ends, on a terminal, and among lines of text
  StatusSnapshot progress_status_;  // its rates are those since the line was last drawn
  int64_t progress_ms_;             // a short job needs no line
};

Coordinator::Coordinator(const RunOptions* options, Reread reread, Wakeups wakeups, shm::JobMemory memory,
                         JobSignals signals, int lock_fd, const int (&alive_pipe)[2], PublishedFiles files,
                         std::optional<HttpServer> metrics_server)
    : options_(options),
      reread_(std::move(reread)),
      plan_(options->workers),
      wakeups_(std::move(wakeups)),
      signals_(std::move(signals)),
      lock_fd_(lock_fd),
      alive_fd_(alive_pipe[0]),
      key_(Random<FingerprintKey>()),
      memory_(std::move(memory)),
      last_words_(options->workers),
      supervisor_(options->workers),
      status_(options, getpid()),
      status_file_(std::move(files.status)),
      metrics_(*options, std::move(files.metrics), std::move(metrics_server)),
      rng_(Random<uint64_t>()),
      worker_pids_(static_cast<size_t>(options->workers)),
      workers_not_started_(static_cast<size_t>(options->workers)),
      progress_logged_ms_(MonotonicMs()),
      has_progress_(HasProgress(*options) && options->log_format == LogFormat::kText && CanDrawProgress()),
      progress_status_(options, getpid()),
      progress_ms_(MonotonicMs()) {
  if (has_progress_) ShareTerminalWithProgressLine();
}

SupervisionView Coordinator::Supervision() const {
  SupervisionView view;
  view.state = supervisor_.StatusWord();
  view.writer = {writer_pid_, supervisor_.writer_generation(), supervisor_.writer_restarts()};
  for (size_t index = 0; index < worker_pids_.size(); ++index) {
    const SlotId slot(static_cast<int32_t>(index));
    view.workers.push_back({worker_pids_[index], supervisor_.generation(slot), supervisor_.restarts(slot)});
  }
  return view;
}

int Coordinator::Run() {
  for (;;) {
    TakeSignals();
    wakeups_.coordinator().Clear();
    const SupervisorFacts facts = GatherFacts();
    for (const Action& action : supervisor_.Step(MonotonicMs(), facts)) {
      if (const std::optional<int> code = Execute(action)) return *code;
    }
    if (MonotonicMs() - status_ms_ >= limits::kStatusEveryMs) PublishStatus();
    if (has_progress_ && MonotonicMs() - progress_ms_ >= limits::kProgressEveryMs) ShowProgress();
    service_.Turn(MonotonicMs(), supervisor_.NoChildHangs());
    FlushSuppressed(MonotonicMs());
    metrics_.Serve(MonotonicMs());
    WaitReadable({signals_.fd(), wakeups_.coordinator().fd(), metrics_.WaitFd(MonotonicMs())},
                 metrics_.WaitMs(MonotonicMs(), limits::kCoordinatorWaitMs));
  }
}

// --- Facts ---------------------------------------------------------------------------------------------------

void Coordinator::TakeSignals() {
  const JobSignals::Taken taken = signals_.Take();
  stop_signals_ += taken.stops;
  if (taken.reload) {
    service_.Reloading();
    ReadConfigAgain();
    service_.Reloaded();
  }
  if (taken.show_state && last_report_) LogState(*last_report_);
}

void Coordinator::ReadConfigAgain() {
  if (const Result<void> opened = ReopenLogFile(); !opened) LogReloadFailure(opened.error());
  const Result<RunOptions> reread = reread_();
  if (!reread) return LogReloadFailure(reread.error());
  const Reload reload = ReloadOf(*options_, *reread);
  SetLogLevel(reload.log_level);
  LogReload(reload);
}

std::map<int64_t, Death> Coordinator::Reap() {
  std::map<int64_t, Death> deaths;
  for (const Death& death : ReapChildren()) deaths[death.pid] = death;
  TellMemoryKills(&deaths);
  return deaths;
}

// The kernel counts a kill before it kills, so the count is up to date at the reaping.
void Coordinator::TellMemoryKills(std::map<int64_t, Death>* deaths) {
  const auto killed = [](const auto& of_pid) {
    return of_pid.second.kind == Death::Kind::kSignaled && of_pid.second.code == SIGKILL;
  };
  if (std::none_of(deaths->begin(), deaths->end(), killed)) return;
  const std::optional<uint64_t> kills = group_.MemoryKills();
  if (!kills || kills == std::exchange(memory_kills_, kills)) return;
  for (auto& of_pid : *deaths) of_pid.second.by_memory_killer = killed(of_pid);
}

SupervisorFacts Coordinator::GatherFacts() {
  // The coordinator reaps before it reads shared memory, so that it sees below what a child stored before its death.
  std::map<int64_t, Death> deaths = Reap();
  const shm::WriterSnapshot writer = view().Writer();
  SupervisorFacts facts;
  facts.writer.death = std::exchange(writer_not_started_, std::nullopt);
  if (const auto dead = deaths.find(writer_pid_); dead != deaths.end()) {
    facts.writer.death = dead->second;
    facts.writer.death->last_words = last_words_.Of(last_words_.PlaceOfWriter());
    writer_pid_ = 0;
  }
  facts.writer.heartbeat_ms = writer.heartbeat_ms;
  facts.writer.reached = writer.closed_frontier.is_set() ? writer.closed_frontier.seconds() : 0;
  facts.writer.in_transaction = writer.in_broker_call;
  switch (writer.state) {
    case shm::WriterState::kStarting: facts.writer.phase = WriterPhase::kNotStarted; break;
    case shm::WriterState::kCounted: facts.writer.phase = WriterPhase::kPartitionsKnown; break;
    case shm::WriterState::kTakenOver: facts.writer.phase = WriterPhase::kReady; break;
    case shm::WriterState::kDone: facts.writer.phase = WriterPhase::kDone; break;
  }
  for (int32_t s = 0; s < plan_.workers(); ++s) facts.workers.push_back(FactsOf(SlotId(s), &deaths));
  facts.partition_count = writer.partition_count;
  facts.stop_signals = stop_signals_;
  facts.jitter = std::uniform_real_distribution<double>(0, 1)(rng_);
  return facts;
}

WorkerFacts Coordinator::FactsOf(SlotId slot, std::map<int64_t, Death>* deaths) {
  const size_t index = static_cast<size_t>(slot.value());
  const shm::SlotSnapshot snapshot = view().Slot(slot);
  WorkerFacts facts;
  facts.death = std::exchange(workers_not_started_[index], std::nullopt);
  if (const auto dead = deaths->find(worker_pids_[index]); worker_pids_[index] != 0 && dead != deaths->end()) {
    facts.death = dead->second;
    facts.death->last_words = last_words_.Of(last_words_.PlaceOf(slot));
    worker_pids_[index] = 0;
  }
  facts.heartbeat_ms = snapshot.heartbeat_ms;
  facts.reached = Reached(slot);
  facts.writer_acknowledged = snapshot.acknowledged;
  if (snapshot.decoding_partition) facts.mark = FrameMark{*snapshot.decoding_partition, snapshot.decoding_offset};
  return facts;
}

// The sum of the positions of all partitions of the slot.
int64_t Coordinator::Reached(SlotId slot) const {
  int64_t sum = 0;
  for (const PartitionId p : plan_.PartitionsOf(slot, view().Writer().partition_count)) {
    const shm::PartitionSnapshot partition = view().Partition(p);
    if (partition.shown) sum += std::max<int64_t>(0, partition.status.position.value());
  }
  return sum;
}

// --- Actions -------------------------------------------------------------------------------------------------

std::optional<int> Coordinator::Execute(const Action& action) {
  if (const auto* exit = std::get_if<Exit>(&action)) {
    const ExitCode code = SayGoodbye(*exit);
    PublishStatus();
    service_.Stopping();
    FlushAllSuppressed();
    WipeProgressLine();
    if (exit->by_broken_pipe) EndByBrokenPipe();
    return static_cast<int>(code);
  }
  std::visit(
      [this](const auto& what) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(what)>, Exit>) Do(what);
      },
      action);
  return std::nullopt;
}

// Logs the last line: the summary, or why the result is an error. Returns the exit code of the job.
ExitCode Coordinator::SayGoodbye(const Exit& exit) {
  if (exit.code != ExitCode::kDone) {
    if (!exit.by_broken_pipe) LogJobFailure({exit.code, exit.message});
    return exit.code;
  }
  const StatusReport report = TakeStatus(&status_);
  // A job that was told to stop has not read everything.
  const std::optional<Error> nothing = stop_signals_ > 0 ? std::nullopt : NothingCounted(report, *options_);
  nothing_counted_ = nothing.has_value();
  if (nothing_counted_) {
    LogJobFailure(*nothing);
    return nothing->exit_code;
  }
  if (!exit.message.empty()) Log(LogAction::kJobStopped, exit.message);
  // Before the takeover no worker reads.
  if (!report.run.empty()) LogSummary(report, SummaryText(report, *options_));
  return exit.code;
}

// The descriptors that a child may keep besides stdin, stdout and stderr. Children inherit the lock, so that no other
// job starts while a child of ours still lives.
std::vector<int> Coordinator::DescriptorsOfChildren() const {
  std::vector<int> kept = {alive_fd_};
  if (lock_fd_ >= 0) kept.push_back(lock_fd_);
  for (const int fd : FileFrameSource::InheritedDescriptors(options_->files)) kept.push_back(fd);
  for (const EventFd& event : wakeups_.workers) kept.push_back(event.fd());
  for (const EventFd& event : wakeups_.others) kept.push_back(event.fd());
  return kept;
}

void Coordinator::Do(const StartWriter& action) {
  const WriterStart start{options_, &*memory_, &wakeups_, alive_fd_, action.generation, RunId(Random<uint64_t>())};
  writer_pid_ = Fork(
      "writer", last_words_.PlaceOfWriter(), [&start] { return RunWriter(start); }, &writer_not_started_);
}

void Coordinator::Do(const StartWorker& action) {
  metrics_.KeepSlot(view(), action.slot);
  view().RaiseGeneration(action.slot, action.generation);
  WorkerStart start{options_, &*memory_, &wakeups_, alive_fd_, action.slot, action.generation, key_, {}};
  for (const FrameMark& mark : action.poison) start.poison.push_back({mark.partition, mark.offset});
  const size_t index = static_cast<size_t>(action.slot.value());
  worker_pids_[index] = Fork(
      "worker-" + std::to_string(action.slot.value()), last_words_.PlaceOf(action.slot),
      [&start] { return RunWorker(start); }, &workers_not_started_[index]);
}

// Returns the child's pid, or 0 and the reason in `not_started`.
int64_t Coordinator::Fork(const std::string& role, size_t index, const std::function<int()>& body,
                          std::optional<Death>* not_started) {
  int fork_errno = 0;
  last_words_.Clear(index);
  const auto keep_words = [this, index, &body] {
    last_words_.KeepOwn(index);
    return body();
  };
  const Result<pid_t> forked = ForkChild(role, DescriptorsOfChildren(), getpid(), keep_words, &fork_errno);
  if (forked.ok()) return *forked;
  Log(LogAction::kProcessNotStarted, forked.error().message, {{LogLabel::kRole, role}});
  *not_started = Death{Death::Kind::kNotStarted, fork_errno, 0};
  return 0;
}

void Coordinator::Do(const Kill& action) {
  const int64_t pid = action.slot ? worker_pids_[static_cast<size_t>(action.slot->value())] : writer_pid_;
  if (pid > 0) KillChild(static_cast<pid_t>(pid));
}

void Coordinator::Do(const RaiseGeneration& action) {
  metrics_.KeepSlot(view(), action.slot);
  view().RaiseGeneration(action.slot, action.generation);
  wakeups_.writer().Signal();
}

void Coordinator::Do(const ResetSharedMemory& /*action*/) {
  status_.KeepTotals(view());
  metrics_.KeepAll(view());
  // No process maps the old memory any more, so new memory is the surest reset.
  Result<shm::JobMemory> fresh = shm::JobMemory::Create(plan_.workers(), options_->memory_bytes);
  HC_CHECK(fresh.ok(), fresh.error().message);
  memory_.emplace(std::move(*fresh));
}

void Coordinator::Do(const BeginDrain& /*action*/) {
  Log(LogAction::kJobDraining, "draining: what can be published is published, then this ends");
  service_.Stopping();
  view().Drain();
  wakeups_.SignalAllWorkers();
  wakeups_.writer().Signal();
}

void Coordinator::Do(const LogDeath& action) {
  // A child that ends because all is done, or because another child has ended the job, needs no attention.
  const Obituary& obituary = action.obituary;
  const bool job_ends = obituary.action == DeathAction::kEnd && obituary.death.code != 0;
  const bool expected = job_ends ? supervisor_.EndsWell() || supervisor_.EndsByBrokenPipe() || obituary.ended_by_job
                                 : obituary.death.code == 0;
  LogObituary(obituary, expected);
  if (std::string_view(CauseWord(obituary)) == "memory") LogMemoryKill(obituary, *options_, group_.MemoryLimitBytes());
}

void Coordinator::PublishStatus() {
  status_ms_ = MonotonicMs();
  last_report_ = TakeStatus(&status_);
  if (nothing_counted_) last_report_->state = "failed";
  const StatusReport& report = *last_report_;
  if (status_file_) status_file_->Publish(ToJson(report));
  if (options_->until_end && !options_->leave_open) awaited_.LogNew(report);
  metrics_.Publish(view(), report, status_ms_);
  service_.Show(report, status_ms_);
  if (status_ms_ - progress_logged_ms_ < limits::kLogProgressEveryMs) return;
  progress_logged_ms_ = status_ms_;
  LogProgress(report);
}

void Coordinator::ShowProgress() {
  progress_ms_ = MonotonicMs();
  DrawProgress(TakeStatus(&progress_status_));
}

// Called with the lock: its former holder has released the address too.
Result<std::optional<HttpServer>> ListenForMetrics(const RunOptions& options) {
  if (options.metrics_listen.empty()) return std::optional<HttpServer>();
  const Result<ListenAddress> address = ParseListenAddress("--metrics-listen", options.metrics_listen);
  if (!address) return address.error();
  Result<HttpServer> server = HttpServer::Listen(*address);
  if (!server) return server.error();
  const ListenAddress& at = server->address();
  Log(LogAction::kMetricsServed, "metrics at http://" + at.Text() + "/metrics",
      {{LogLabel::kServerAddress, at.host}, {LogLabel::kServerPort, at.port}});
  return std::optional<HttpServer>(std::move(*server));
}

Result<int> RunChecked(const RunOptions& options, const Reread& reread) {
  if (Result<void> files = CheckPublishedFiles(options); !files) return files.error();
  if (Result<void> memory = CheckMemory(options, Cgroup().MemoryLimitBytes()); !memory) return memory.error();
  if (options.reads_files()) {
    if (Result<void> readable = FileFrameSource::CheckReadable(options.files); !readable) return readable.error();
    if (Result<void> writable = StdoutSink::CheckWritable(); !writable) return writable.error();
  }
  if (Result<void> valid = kafka::ValidateProperties(options.properties); !valid) return valid.error();
  std::optional<InstanceLock> lock;
  if (!options.reads_files()) {
    Result<InstanceLock> taken = InstanceLock::Acquire(options.bootstrap_server, options.group);
    if (!taken) return taken.error();
    lock.emplace(std::move(*taken));
  }
  Result<JobSignals> signals = JobSignals::Block();
  if (!signals) return signals.error();
  Result<shm::JobMemory> memory = shm::JobMemory::Create(options.workers, options.memory_bytes);
  if (!memory) return memory.error();
  Result<Wakeups> wakeups = Wakeups::Create(options.workers);
  if (!wakeups) return wakeups.error();
  int alive_pipe[2];
  if (pipe2(alive_pipe, 0) != 0) {
    return Error{ExitCode::kTryAgain, std::string("making a pipe failed: ") + std::strerror(errno)};
  }
  Result<std::optional<HttpServer>> metrics_server = ListenForMetrics(options);
  if (!metrics_server) return metrics_server.error();
  Result<PublishedFiles> files = PublishedFiles::Take(options);
  if (!files) return files.error();
  Coordinator coordinator(&options, reread, std::move(*wakeups), std::move(*memory), std::move(*signals),
                          lock ? lock->fd() : -1, alive_pipe, std::move(*files), std::move(*metrics_server));
  return coordinator.Run();
}

Result<int> RunLogged(const RunOptions& options, const Reread& reread) {
  if (!options.log_file.empty()) {
    if (Result<void> opened = LogToFile(options.log_file); !opened) return opened.error();
  }
  return RunChecked(options, reread);
}

}  // namespace

int RunJob(const RunOptions& options, const Reread& reread) {
  SetLogRole("coordinator");
  SetLogFormat(options.log_format, Version());
  SetLogLevel(options.log_level);
  PrepareForSignals();
  const Result<int> ended = RunLogged(options, reread);
  if (ended.ok()) return *ended;
  LogJobFailure(ended.error());
  return static_cast<int>(ended.error().exit_code);
}

}  // namespace headcount
