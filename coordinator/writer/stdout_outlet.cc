#include "coordinator/writer/stdout_outlet.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <string>
#include <utility>

#include "common/base/limits.h"
#include "common/log/log.h"
#include "coordinator/text/broken_pipe.h"

namespace headcount {
namespace {

Error WriteFailed(int error_number) {
  return {ExitCode::kTryAgain, std::string("writing minutes to stdout failed: ") + std::strerror(error_number) +
                                   (error_number == EFBIG ? " (a limit on the size of files, as of ulimit -f)" : "")};
}

}  // namespace

StdoutOutlet::StdoutOutlet(const RunOptions* options, Generation generation, std::function<void()> beat,
                           std::function<bool()> give_up)
    : options_(options), generation_(generation), beat_(std::move(beat)), give_up_(std::move(give_up)) {}

Result<void> StdoutOutlet::CheckWritable() {
  const int flags = fcntl(STDOUT_FILENO, F_GETFL);
  if (flags != -1 && (flags & O_ACCMODE) != O_RDONLY) return {};
  return Error{ExitCode::kHumanNeeded,
               "with --input the minutes go to stdout, and it is closed or open for reading only"};
}

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
  if (isatty(STDOUT_FILENO) == 1) WipeProgressLine();
  return Write(lines);
}

// Whoever reads the other end may take hours over a page: that must not look like a writer that hangs. So it is
// asked for room first, and no more is written than a pipe that has some will take without waiting.
Result<void> StdoutOutlet::Write(std::string_view lines) const {
  while (!lines.empty()) {
    beat_();
    pollfd room{STDOUT_FILENO, POLLOUT, 0};
    if (poll(&room, 1, limits::kIdleWaitMs) == 0) {
      if (give_up_()) return Error{ExitCode::kTryAgain, "nobody takes the minutes that are written to stdout"};
      continue;
    }
    const ssize_t written = write(STDOUT_FILENO, lines.data(), std::min<size_t>(lines.size(), PIPE_BUF));
    if (written < 0 && errno != EINTR && errno != EAGAIN) {
      const int error_number = errno;
      if (error_number == EPIPE) EndByBrokenPipe();
      return WriteFailed(error_number);
    }
    lines.remove_prefix(static_cast<size_t>(std::max<ssize_t>(written, 0)));
  }
  return {};
}

}  // namespace headcount
