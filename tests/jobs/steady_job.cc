#include "tests/jobs/steady_job.h"

#include <stdexcept>

#include "common/shm/coordinator_view.h"

namespace headcount::test {
namespace {

constexpr uint64_t kSliceBytes = uint64_t{64} << 20;
constexpr int kMaxRounds = 100'000;

template <typename T>
T ValueOf(Result<T> result) {
  if (!result.ok()) throw std::runtime_error(result.error().message);
  return std::move(*result);
}
void Expect(const Result<void>& result) {
  if (!result.ok()) throw std::runtime_error(result.error().message);
}

}  // namespace

SteadyJob::SteadyJob(const std::vector<FakeLog>& logs, const RunOptions& options)
    : options_(options), wakeups_(ValueOf(Wakeups::Create(options.workers))) {
  for (const FakeLog& log : logs) {
    FakePartition partition;
    partition.log = &log;
    partition.visible = log.size();
    kafka_.partitions.push_back(std::move(partition));
  }
  clock_.monotonic_ms = 1'000'000;
  UseTestClock(&clock_);
}

SteadyJob::~SteadyJob() { UseTestClock(nullptr); }

void SteadyJob::Start() {
  memory_.emplace(ValueOf(shm::JobMemory::Create(options_.workers, kSliceBytes)));
  writer_start_ =
      std::make_unique<WriterStart>(WriterStart{&options_, &*memory_, &wakeups_, -1, Generation(1), RunId(++run_)});
  writer_ = std::make_unique<WriterLoop>(*writer_start_,
                                         std::make_unique<FakeSink>(&kafka_, &rng_, &options_, [](const auto&...) {}));
  Expect(writer_->Start());
  StartNeededWorkers();
}

void SteadyJob::StartNeededWorkers() {
  const int32_t needed = PartitionPlan(options_.workers).NeededSlots(static_cast<int32_t>(kafka_.partitions.size()));
  starts_.resize(static_cast<size_t>(needed));
  workers_.resize(static_cast<size_t>(needed));
  for (auto s = static_cast<int32_t>(begun_); s < needed; ++s) {
    shm::CoordinatorView(&*memory_).RaiseGeneration(SlotId(s), Generation(1));
    StartWorker(SlotId(s), Generation(1));
  }
  begun_ = static_cast<size_t>(needed);
}

void SteadyJob::Grow() {
  clock_.monotonic_ms += limits::kWatchPartitionsMs;
  Expect(writer_->WatchPartitions());
  StartNeededWorkers();
}

void SteadyJob::StartWorker(SlotId s, Generation generation) {
  const auto place = static_cast<size_t>(s.value());
  starts_[place] = std::make_unique<WorkerStart>(
      WorkerStart{&options_, &*memory_, &wakeups_, -1, s, generation, FingerprintKey{run_, 1}, {}});
  workers_[place] =
      std::make_unique<WorkerLoop>(*starts_[place], std::make_unique<FakeSource>(&kafka_, &rng_, &patient_));
  workers_[place]->BeginGeneration();
  Expect(workers_[place]->StartReading());
}

void SteadyJob::RestartWorker(SlotId s) {
  const auto place = static_cast<size_t>(s.value());
  const Generation next(starts_[place]->generation.value() + 1);
  workers_[place].reset();
  shm::CoordinatorView(&*memory_).RaiseGeneration(s, next);
  ValueOf(writer_->Round());
  StartWorker(s, next);
}

void SteadyJob::StartOver(const RunOptions& options) {
  workers_.clear();
  starts_.clear();
  begun_ = 0;
  writer_.reset();
  options_ = options;
}

void SteadyJob::RoundOf(SlotId s) {
  std::unique_ptr<WorkerLoop>& worker = workers_[static_cast<size_t>(s.value())];
  if (worker != nullptr && ValueOf(worker->Round()) == WorkerLoop::RoundEnd::kLast) worker.reset();
}

bool SteadyJob::Round() {
  if (writer_ == nullptr) Start();
  for (size_t s = 0; s < workers_.size(); ++s) RoundOf(SlotId(static_cast<int32_t>(s)));
  clock_.monotonic_ms += 50;
  clock_.wall_ms += 50;
  return RoundOfWriter();
}

bool SteadyJob::RoundOfWriter() { return ValueOf(writer_->Round()); }

void SteadyJob::RunToEnd() {
  for (int i = 0; i < kMaxRounds; ++i) {
    if (Round()) return;
  }
  throw std::runtime_error("the job does not end");
}

void SteadyJob::DrainToEnd() {
  shm::CoordinatorView(&*memory_).Drain();
  RunToEnd();
}

std::vector<const PartitionReader*> SteadyJob::Readers() const {
  std::vector<const PartitionReader*> all;
  for (const auto& worker : workers_) {
    if (worker == nullptr) continue;
    for (const auto& reader : worker->readers()) all.push_back(reader.get());
  }
  return all;
}

std::vector<std::string> SteadyJob::Minutes() const {
  std::vector<std::string> values;
  for (const auto& [start, record] : kafka_.minutes) values.push_back(ValueText(record));
  return values;
}

}  // namespace headcount::test
