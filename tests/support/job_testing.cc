#include "tests/support/job_testing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <iostream>
#include <sstream>
#include <stdexcept>

#include "tests/support/topic_printer.h"

namespace headcount::test {
namespace {

constexpr char kProgram[] = HEADCOUNT_BINARY_DIR "/headcount";
// Damaged frames are longer than Kafka takes by default.
const KafkaConfig kInputConfig = {{"max.message.bytes", "4194304"}};

}  // namespace

// --- The status file ----------------------------------------------------------------------------------------

const JsonValue* JobStatus::Find(const std::string& path) const {
  const JsonValue* value = &root_;
  std::istringstream words(path);
  for (std::string word; value != nullptr && std::getline(words, word, '.');) {
    if (value->kind == JsonValue::Kind::kArray) {
      const size_t place = std::stoul(word);
      value = place < value->items.size() ? &value->items[place] : nullptr;
    } else {
      value = value->Find(word);
    }
  }
  return value;
}

const JsonValue& JobStatus::At(const std::string& path) const {
  const JsonValue* value = Find(path);
  if (value == nullptr) throw std::runtime_error("the status file has no " + path);
  return *value;
}

std::optional<int64_t> JobStatus::MaybeNumber(const std::string& path) const {
  const JsonValue& value = At(path);
  if (value.kind == JsonValue::Kind::kNull) return std::nullopt;
  if (value.kind != JsonValue::Kind::kNumber) throw std::runtime_error("no number in the status file: " + path);
  return std::stoll(value.text);
}

int64_t JobStatus::Number(const std::string& path) const {
  const std::optional<int64_t> number = MaybeNumber(path);
  if (!number) throw std::runtime_error("null in the status file: " + path);
  return *number;
}

std::string JobStatus::Text(const std::string& path) const {
  const JsonValue& value = At(path);
  if (value.kind != JsonValue::Kind::kString) throw std::runtime_error("no text in the status file: " + path);
  return value.text;
}

size_t JobStatus::Count(const std::string& path) const {
  const JsonValue& value = At(path);
  if (value.kind != JsonValue::Kind::kArray) throw std::runtime_error("no list in the status file: " + path);
  return value.items.size();
}

int64_t JobStatus::Partition(int32_t partition, const std::string& field) const {
  const std::string path = "partitions." + std::to_string(partition);
  return Has(path) ? MaybeNumber(path + "." + field).value_or(-1) : -1;
}

std::string JobStatus::Idle(int32_t partition) const {
  const std::string path = "partitions." + std::to_string(partition);
  return Has(path) ? Text(path + ".excused") : "";
}

int64_t JobStatus::Worker(int32_t slot, const std::string& field) const {
  return Number("workers." + std::to_string(slot) + "." + field);
}

int64_t JobStatus::Reached() const {
  int64_t sum = 0;
  for (size_t p = 0; p < Count("partitions"); ++p) {
    sum += std::max<int64_t>(0, Partition(static_cast<int32_t>(p), "position"));
  }
  return sum;
}

// --- The job ------------------------------------------------------------------------------------------------

Job::Job(const TestBroker& broker, int32_t partitions, Arguments arguments, const KafkaConfig& output_config,
         const JobPlaces& places)
    : broker_(broker),
      input_topic_(broker, "input", partitions, kInputConfig, places.input),
      input_(input_topic_.name()),
      output_(broker, "output", 2, output_config, places.output),
      address_(broker.bootstrap_server()),
      arguments_(std::move(arguments)),
      logs_(static_cast<size_t>(partitions)) {}

Job::~Job() {
  if (!testing::Test::HasFailure()) return;
  if (process_) printed_ += process_->Err();
  std::cerr << "--- the program printed\n" << printed_ << "---\n";
}

void Job::Produce(int32_t partition, const KafkaValues& values) {
  broker_.Produce(input_, partition, values);
  OracleLog& log = logs_.at(static_cast<size_t>(partition));
  log.insert(log.end(), values.begin(), values.end());
}

void Job::ProduceAll(const std::vector<OracleLog>& logs) {
  for (size_t p = 0; p < logs.size(); ++p) Produce(static_cast<int32_t>(p), logs[p]);
}

void Job::Grow(int32_t partitions) {
  broker_.GrowTopic(input_, partitions);
  logs_.resize(static_cast<size_t>(partitions));
}

Arguments Job::WordsOfAnother(const std::string& status_file) const {
  Arguments words = {"run"};
  for (std::string& word : WordsWith(File(status_file), {})) words.push_back(std::move(word));
  return words;
}

Arguments Job::WordsWith(const std::filesystem::path& status_file, const Arguments& more) const {
  Arguments words = {"--bootstrap-server", address_,  "--input-topic", input_,          "--output-topic",
                     output_.name(),       "--group", group_,          "--status-file", status_file.string()};
  words.insert(words.end(), arguments_.begin(), arguments_.end());
  words.insert(words.end(), more.begin(), more.end());
  if (std::find(words.begin(), words.end(), "--memory") == words.end()) {
    words.insert(words.end(), {"--memory", "64MiB"});
  }
  return words;
}

void Job::Start(const Arguments& more, const Environment& environment) {
  if (process_) {
    process_->Kill();
    process_->Wait();
    printed_ += process_->Err() + "\n";
  }
  std::filesystem::remove(status_file());
  Arguments words = {"run"};
  for (std::string& word : Words(more)) words.push_back(std::move(word));
  ChildOptions options;
  options.environment = environment;
  options.directory = directory_.path();
  process_ = std::make_unique<ChildProcess>(kProgram, words, options);
}

std::optional<ExitStatus> Job::Wait(std::chrono::milliseconds timeout) { return process_->Wait(timeout); }

std::optional<ExitStatus> Job::Drain() {
  process_->Signal(SIGTERM);
  return process_->Wait();
}

void Job::Kill() {
  process_->Kill();
  process_->Wait();
}

Finished Job::Run(const Arguments& more, const Environment& environment) {
  Start(more, environment);
  if (!Wait()) process_->Kill();
  const std::optional<ExitStatus> status = process_->Wait();
  return {status.value_or(ExitStatus{}), process_->Out(), process_->Err()};
}

void Job::RunUntilEnd(const Arguments& more, const Environment& environment) {
  Arguments words = {"--until-end"};
  words.insert(words.end(), more.begin(), more.end());
  const Finished finished = Run(words, environment);
  EXPECT_EQ(Describe(finished.status), "exit 0");
}

void Job::ExpectExactInTheEnd(const CountingRule& rule) {
  RunUntilEnd();
  EXPECT_EQ(Published(), RightRecords(logs_, rule));
}

std::optional<JobStatus> Job::Status() const {
  std::optional<JsonValue> root = ReadJson(ReadFile(status_file()));
  if (!root) return std::nullopt;
  return JobStatus(std::move(*root));
}

bool Job::Shows(const std::function<bool(const JobStatus&)>& what, std::chrono::milliseconds timeout) const {
  return Eventually(
      [&] {
        const std::optional<JobStatus> status = Status();
        return status && what(*status);
      },
      timeout);
}

pid_t Job::WorkerPid(int32_t slot) const {
  pid_t pid = 0;
  const std::string path = "workers." + std::to_string(slot) + ".pid";
  Shows([&](const JobStatus& status) {
    if (status.Has(path)) pid = static_cast<pid_t>(status.Number(path));
    return pid > 0;
  });
  if (pid <= 0) throw std::runtime_error("worker " + std::to_string(slot) + " does not live");
  return pid;
}

pid_t Job::WriterPid() const {
  pid_t pid = 0;
  Shows([&](const JobStatus& status) { return (pid = static_cast<pid_t>(status.Number("writer.pid"))) > 0; });
  if (pid <= 0) throw std::runtime_error("the writer does not live");
  return pid;
}

std::vector<std::string> Job::Published() const {
  // A committed transaction is readable once its coordinator has told every partition, which may be a moment after the
  // producer's commit has returned. One that somebody left open on purpose is not waited for much longer.
  Eventually(
      [&] {
        for (int32_t p = 0; p < broker_.PartitionCount(output_.name()); ++p) {
          const auto end = [&](Isolation isolation) { return broker_.Ends(output_.name(), p, isolation).second; };
          if (end(Isolation::kReadCommitted) < end(Isolation::kReadUncommitted)) return false;
        }
        return true;
      },
      std::chrono::seconds(2));
  std::vector<KafkaRecord> records = broker_.ReadAll(output_.name());
  SortByMinute(&records);
  std::vector<std::string> values;
  for (const KafkaRecord& record : records) {
    const std::string value = record.value.value_or("(none)");
    EXPECT_EQ(record.key, std::to_string(WindowOf(value)));
    values.push_back(value);
  }
  return values;
}

bool Job::Publishes(size_t count, std::chrono::milliseconds timeout) const {
  // The status file says it first, and costs nothing; a second start counts from 0 again.
  return Eventually([&] { return broker_.ReadAll(output_.name()).size() >= count; }, timeout);
}

// --- Frames -------------------------------------------------------------------------------------------------

std::string Frame(int64_t ts, const std::string& uid) {
  return R"({"uid":")" + uid + R"(","ts":)" + std::to_string(ts) + "}";
}

OracleLog Seconds(int64_t from_s, int64_t to_s, int count, const std::string& who) {
  OracleLog log;
  for (int64_t ts = from_s; ts < to_s; ++ts) {
    for (int i = 0; i < count; ++i) log.push_back(Frame(ts, who + std::to_string(i)));
  }
  return log;
}

std::vector<OracleLog> HostileLogs(uint64_t seed, uint64_t frames, int32_t partitions, int64_t minutes,
                                   int64_t start_s) {
  GeneratorOptions options;
  options.seed = seed;
  options.start_s = start_s;
  options.frames = frames;
  options.users = frames / 4;
  options.partitions = partitions;
  options.minutes = minutes;
  options.delay_s = 4;
  options.frame_bytes = 300;
  options.damage = ParseDamage("all:0.01").value();
  FrameGenerator generator(options);
  std::vector<OracleLog> logs(static_cast<size_t>(partitions));
  for (uint64_t i = 0; i < frames; ++i) {
    const GeneratedRecord record = generator.Next();
    logs[static_cast<size_t>(record.partition)].push_back(record.has_value ? std::optional<std::string>(record.value)
                                                                           : std::nullopt);
  }
  return logs;
}

// --- What is right ------------------------------------------------------------------------------------------

int64_t NowS() { return static_cast<int64_t>(time(nullptr)); }

std::vector<std::string> RecordsOf(const OracleCounts& counts, const CountingRule& rule) {
  std::vector<std::string> records;
  for (const OracleMinute& minute : counts.minutes) records.push_back(OracleJson(minute, rule.window_s));
  return records;
}

std::vector<std::string> RightRecords(const std::vector<OracleLog>& logs, const CountingRule& rule) {
  return RecordsOf(OracleCount(logs, rule, NowS()), rule);
}

int64_t FieldOf(const std::string& record, const std::string& field) {
  const std::optional<JsonValue> root = ReadJson(record);
  const JsonValue* value = root ? root->Find(field) : nullptr;
  if (value == nullptr) throw std::runtime_error("no " + field + " in " + record);
  return std::stoll(value->text);
}

int64_t WindowOf(const std::string& record) { return FieldOf(record, "window_start"); }

}  // namespace headcount::test
