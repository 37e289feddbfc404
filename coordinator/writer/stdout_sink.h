// Writes records to stdout, one JSON line each, for `run --input`. Such a job remembers nothing between runs, so the
// safe points stay in shared memory. Runs in the writer.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "common/job/run_options.h"
#include "coordinator/writer/record_sink.h"

namespace headcount {

class StdoutSink final : public RecordSink {
 public:
  // `generation` is the writer's: a second generation cannot know which lines the first has printed. While the reader
  // takes no output, the sink calls `beat` as the writer's heartbeat, and asks `give_up` whether to stop.
  StdoutSink(const RunOptions* options, Generation generation, std::function<void()> beat,
             std::function<bool()> give_up);

  // Whether stdout can take records. Called before anything starts.
  static Result<void> CheckWritable();

  Result<int32_t> CountPartitions() override { return static_cast<int32_t>(options_->files.size()); }
  Result<StartState> TakeOver(int32_t partition_count, CommitHeader* header) override;
  Result<void> Commit(const std::vector<CountRecord>& records, const std::vector<PartitionSafePoint>& points,
                      const CommitHeader& header) override;

 private:
  Result<void> Write(std::string_view lines) const;

  const RunOptions* options_;
  const Generation generation_;
  const std::function<void()> beat_;
  const std::function<bool()> give_up_;
};

}  // namespace headcount
