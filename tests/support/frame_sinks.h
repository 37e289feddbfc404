// Where generated frames go: files, or a topic. Runs in headcount-generate.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/generator.h"
#include "tests/support/kafka_testing.h"

namespace headcount::test {

// Every failure throws std::runtime_error.
class FrameSink {
 public:
  virtual ~FrameSink() = default;
  virtual void Put(const GeneratedRecord& record) = 0;
  // What was put may be passed on now; called where nothing else is to be done for a while.
  virtual void Flush() = 0;
  // Everything has arrived when it returns.
  virtual void Finish() = 0;
};

// One file a partition, PREFIX-0.jsonl and so on; "-": all of them to stdout.
std::unique_ptr<FrameSink> MakeFileSink(const std::string& prefix, int32_t partitions);

struct KafkaSinkOptions {
  std::string topic;
  std::string compression = "none";
  // Frames a transaction; 0: none are used. Every fourth transaction is aborted first and then repeated, so
  // that a reader of committed records sees each frame once.
  uint64_t transaction_frames = 0;
  // How long a batch waits for more frames, unless it is full.
  int linger_ms = 5;
};
std::unique_ptr<FrameSink> MakeKafkaSink(const TestBroker& broker, const KafkaSinkOptions& options);

}  // namespace headcount::test
