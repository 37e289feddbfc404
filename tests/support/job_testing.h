// One job of a test: `headcount run` on topics and a group of its own, watched through its status file. Runs in tests.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/generator.h"
#include "tests/support/json_reader.h"
#include "tests/support/kafka_testing.h"
#include "tests/support/oracle.h"

namespace headcount::test {

using Arguments = std::vector<std::string>;
using Environment = std::vector<std::pair<std::string, std::string>>;

// A status file, as it was when it was read. Fields are named by their path: "totals.events", "workers.0.pid".
class JobStatus {
 public:
  explicit JobStatus(JsonValue root) : root_(std::move(root)) {}

  bool Has(const std::string& path) const { return Find(path) != nullptr; }
  // Throw where there is no such field or it is of another type. None: null.
  std::optional<int64_t> MaybeNumber(const std::string& path) const;
  int64_t Number(const std::string& path) const;
  std::string Text(const std::string& path) const;
  size_t Count(const std::string& path) const;  // of a list

  // Of that partition; -1 or nothing where it is null or not known yet.
  int64_t Partition(int32_t partition, const std::string& field) const;
  std::string Idle(int32_t partition) const;
  // As "Number", of that worker.
  int64_t Worker(int32_t slot, const std::string& field) const;
  // Every minute before it is out; 0: none is.
  int64_t ClosedUpto() const { return MaybeNumber("clock.closed_upto").value_or(0); }
  // The positions of all partitions together, as far as they are known.
  int64_t Reached() const;

 private:
  const JsonValue* Find(const std::string& path) const;
  const JsonValue& At(const std::string& path) const;

  JsonValue root_;
};

// Where its topics are, in a cluster.
struct JobPlaces {
  KafkaPlaces input;
  KafkaPlaces output;
};

class Job {
 public:
  // `arguments` go to every start. The output topic has two partitions: nothing may rest on there being one.
  Job(const TestBroker& broker, int32_t partitions, Arguments arguments = {}, const KafkaConfig& output_config = {},
      const JobPlaces& places = {});
  // Shows what the program printed if the test has failed.
  ~Job();
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  // --- Input ------------------------------------------------------------------------------------------------
  void Produce(int32_t partition, const KafkaValues& values);
  void ProduceAll(const std::vector<OracleLog>& logs);
  // What has been produced with the two above, by partition.
  const std::vector<OracleLog>& logs() const { return logs_; }
  void Grow(int32_t partitions);

  // --- The program ------------------------------------------------------------------------------------------
  // Starts it beside the test; one at a time. A status file of an earlier start is removed.
  void Start(const Arguments& more = {}, const Environment& environment = {});
  ChildProcess& process() { return *process_; }
  std::optional<ExitStatus> Wait(std::chrono::milliseconds timeout = std::chrono::seconds(60));
  // SIGTERM, and how it ended.
  std::optional<ExitStatus> Drain();
  void Kill();  // of the coordinator, with SIGKILL; returns when it is reaped
  // Starts it and waits for its end.
  Finished Run(const Arguments& more = {}, const Environment& environment = {});
  // The same with --until-end; a failed test unless it exits with 0.
  void RunUntilEnd(const Arguments& more = {}, const Environment& environment = {});
  // ... and then every minute is out once, as the oracle has it.
  void ExpectExactInTheEnd(const CountingRule& rule);

  std::optional<JobStatus> Status() const;  // none: there is no file yet
  // Waits until the status file says so, or 30 s.
  bool Shows(const std::function<bool(const JobStatus&)>& what,
             std::chrono::milliseconds timeout = std::chrono::seconds(30)) const;
  bool HasClosed(int64_t frontier_s, std::chrono::milliseconds timeout = std::chrono::seconds(30)) const {
    return Shows([frontier_s](const JobStatus& s) { return s.ClosedUpto() >= frontier_s; }, timeout);
  }
  // A living process's number, waited for: 0 in the file means that none lives.
  pid_t WorkerPid(int32_t slot) const;
  pid_t WriterPid() const;

  // --- Output -----------------------------------------------------------------------------------------------
  // The values of committed records in the order of their keys; of one key in the order of partition and offset.
  std::vector<std::string> Published() const;
  // Waits until at least so many are there, or 30 s.
  bool Publishes(size_t count, std::chrono::milliseconds timeout = std::chrono::seconds(30)) const;
  std::vector<CommittedOffset> Committed() const { return broker_.Committed(group_, input_); }

  const TestBroker& broker() const { return broker_; }
  const std::string& input() const { return input_; }
  const std::string& output() const { return output_.name(); }
  const std::string& group() const { return group_; }
  void UseGroup(std::string group) { group_ = std::move(group); }
  // The program is to reach the broker by this address; the test itself keeps to the broker's own.
  void UseAddress(std::string address) { address_ = std::move(address); }
  std::filesystem::path status_file() const { return directory_ / "status.json"; }
  std::filesystem::path File(const std::string& name) const { return directory_ / name; }
  // All that is needed to start it, without `run`.
  Arguments Words(const Arguments& more = {}) const { return WordsWith(status_file(), more); }
  // To start another one like it, with `run`: its status file is of that name.
  Arguments WordsOfAnother(const std::string& status_file) const;

 private:
  Arguments WordsWith(const std::filesystem::path& status_file, const Arguments& more) const;

  const TestBroker& broker_;
  const TestTopic input_topic_;
  const std::string input_;
  const TestTopic output_;
  std::string group_ = TestBroker::UniqueName("job");
  std::string address_;
  const TempDir directory_;
  const Arguments arguments_;
  std::vector<OracleLog> logs_;
  std::string printed_;  // by processes that are gone
  std::unique_ptr<ChildProcess> process_;
};

// --- Frames -------------------------------------------------------------------------------------------------

std::string Frame(int64_t ts, const std::string& uid);
// `count` frames at each second from `from_s` up to but not including `to_s`, of users named after `who`.
OracleLog Seconds(int64_t from_s, int64_t to_s, int count, const std::string& who);
// Generated frames with every kind of damage, by partition.
std::vector<OracleLog> HostileLogs(uint64_t seed, uint64_t frames, int32_t partitions, int64_t minutes,
                                   int64_t start_s = GeneratorOptions().start_s);

// --- What is right ------------------------------------------------------------------------------------------

int64_t NowS();
// The records of the logs as --until-end publishes them, one line each.
std::vector<std::string> RightRecords(const std::vector<OracleLog>& logs, const CountingRule& rule = {});
std::vector<std::string> RecordsOf(const OracleCounts& counts, const CountingRule& rule = {});
// Of a published record.
int64_t WindowOf(const std::string& record);
int64_t FieldOf(const std::string& record, const std::string& field);

}  // namespace headcount::test
