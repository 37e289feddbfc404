// Records to stdout, one JSON line each, for `run --input`. Nothing is remembered between runs, so the points
// stay in shared memory only. Runs in the writer.
#pragma once

#include <vector>

#include "common/run_options.h"
#include "coordinator/writer/outlet.h"

namespace headcount {

class StdoutOutlet final : public Outlet {
 public:
  // `generation` is the writer's: a second life cannot know which lines the first has printed.
  StdoutOutlet(const RunOptions* options, Generation generation) : options_(options), generation_(generation) {}

  Result<int32_t> CountPartitions() override { return static_cast<int32_t>(options_->files.size()); }
  Result<Standing> Claim(int32_t partition_count, CommitHeader* header) override;
  Result<void> Commit(const std::vector<CountRecord>& records, const std::vector<PartitionPoint>& points,
                      const CommitHeader& header) override;

 private:
  const RunOptions* options_;
  Generation generation_;
};

}  // namespace headcount
