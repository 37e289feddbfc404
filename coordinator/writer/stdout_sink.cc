#include "coordinator/writer/stdout_sink.h"

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

StdoutSink::StdoutSink(const RunOptions* options, Generation generation, std::function<void()> beat,
                       std::function<bool()> give_up)
    : options_(options), generation_(generation), beat_(std::move(beat)), give_up_(std::move(give_up)) {}

Result<void> StdoutSink::CheckWritable() {
  const int flags = fcntl(STDOUT_FILENO, F_GETFL);
  if (flags != -1 && (flags & O_ACCMODE) != O_RDONLY) return {};
  return Error{ExitCode::kHumanNeeded,
               "with --input the minutes go to stdout, and it is closed or open for reading only"};
}

Result<StartState> StdoutSink::TakeOver(int32_t partition_count, CommitHeader* header) {
  if (generation_ > Generation(1)) {
    return Error{ExitCode::kTryAgain,
                 "the writer died after it may have printed minutes, and stdout cannot be asked: run it again"};
  }
  StartState start_state;
  start_state.plan.points.resize(static_cast<size_t>(partition_count));
  start_state.stop_offsets.resize(static_cast<size_t>(partition_count));
  header->closed_frontier = start_state.plan.closed_frontier;
  return start_state;
}

Result<void> StdoutSink::Commit(const std::vector<CountRecord>& records,
                                const std::vector<PartitionSafePoint>& /*points*/, const CommitHeader& /*header*/) {
  std::string lines;
  for (const CountRecord& record : records) lines.append(ValueText(record)).append(1, '\n');
  if (isatty(STDOUT_FILENO) == 1) WipeProgressLine();
  return Write(lines);
}

// The reader of the pipe may pause for hours, as in a pager, and the writer must not look hung meanwhile. So the sink
// first asks the pipe for space, and writes no more than such a pipe takes without blocking.
Result<void> StdoutSink::Write(std::string_view lines) const {
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
