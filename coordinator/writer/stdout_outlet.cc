#include "coordinator/writer/stdout_outlet.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace headcount {

Result<Standing> StdoutOutlet::Claim(int32_t partition_count, CommitHeader* header) {
  if (generation_ > Generation(1)) {
    return Error{ExitCode::kTryAgain,
                 "the writer died after it may have printed minutes, and stdout cannot be asked: run it again"};
  }
  Standing standing;
  standing.plan.points.resize(static_cast<size_t>(partition_count));
  standing.until.resize(static_cast<size_t>(partition_count));
  header->closed_upto = standing.plan.closed_upto;
  return standing;
}

Result<void> StdoutOutlet::Commit(const std::vector<CountRecord>& records,
                                  const std::vector<PartitionPoint>& /*points*/, const CommitHeader& /*header*/) {
  std::string lines;
  for (const CountRecord& record : records) lines.append(ValueText(record)).append(1, '\n');
  size_t written = 0;
  while (written < lines.size()) {
    const ssize_t n = write(STDOUT_FILENO, lines.data() + written, lines.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0)
      return Error{ExitCode::kTryAgain, std::string("writing minutes to stdout failed: ") + std::strerror(errno)};
    written += static_cast<size_t>(n);
  }
  return {};
}

}  // namespace headcount
