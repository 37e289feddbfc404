// Records to stdout, one JSON line each, for `run --input`. Nothing is remembered between runs, so the points
// stay in shared memory only. Runs in the writer.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "common/job/run_options.h"
#include "coordinator/writer/outlet.h"

namespace headcount {

class StdoutOutlet final : public Outlet {
 public:
  // `generation` is the writer's: a second life cannot know which lines the first has printed. `beat` says that
  // the writer lives, and `give_up` is asked, while nobody takes what it writes.
  StdoutOutlet(const RunOptions* options, Generation generation, std::function<void()> beat,
               std::function<bool()> give_up);

  // Can records be printed? Asked before anything starts.
  static Result<void> CheckWritable();

  Result<int32_t> CountPartitions() override { return static_cast<int32_t>(options_->files.size()); }
  Result<Standing> Claim(int32_t partition_count, CommitHeader* header) override;
  Result<void> Commit(const std::vector<CountRecord>& records, const std::vector<PartitionPoint>& points,
                      const CommitHeader& header) override;

 private:
  Result<void> Write(std::string_view lines) const;

  const RunOptions* options_;
  const Generation generation_;
  const std::function<void()> beat_;
  const std::function<bool()> give_up_;
};

}  // namespace headcount
