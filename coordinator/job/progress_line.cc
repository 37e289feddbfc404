#include "coordinator/job/progress_line.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "common/base/units.h"
#include "common/log/log.h"
#include "common/log/log_output.h"
#include "coordinator/text/number_text.h"

namespace headcount {
namespace {

constexpr size_t kUsualColumns = 80;

// The percentage of bytes; nothing while the length of some input is unknown, as that of a pipe.
std::optional<int64_t> PercentRead(const StatusReport& report) {
  double read = 0;
  double all = 0;
  for (const StatusReport::Partition& p : report.partitions) {
    if (p.end < 0 || p.position < 0) return std::nullopt;
    read += static_cast<double>(std::min(p.position, p.end));
    all += static_cast<double>(p.end);
  }
  if (all == 0) return std::nullopt;
  return static_cast<int64_t>(100 * read / all);
}

// A partition that is read to its end does not hold back the low watermark.
std::optional<int64_t> SlowestWatermark(const StatusReport& report) {
  std::optional<int64_t> slowest;
  for (const StatusReport::Partition& p : report.partitions) {
    if (!p.has_watermark || !p.idle_reason.empty()) continue;
    slowest = std::min(slowest.value_or(p.watermark), p.watermark);
  }
  return slowest;
}

// One column stays free: a terminal may begin a new line once the last column is used.
size_t ColumnsOfTerminal() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 2) return kUsualColumns - 1;
  return size.ws_col - size_t{1};
}

}  // namespace

std::string ProgressText(const StatusReport& report, size_t columns) {
  double per_s = 0;
  for (const StatusReport::Worker& worker : report.workers) per_s += worker.records_per_s;
  std::string text;
  if (const std::optional<int64_t> percent = PercentRead(report)) {
    const std::string number = std::to_string(*percent);
    text = std::string(number.size() < 3 ? 3 - number.size() : 0, ' ').append(number).append(" %  ");
  }
  text +=
      Short(report.records()) + " frames  " + Short(per_s) + "/s  " + Short(report.minutes_published) + " minutes out";
  if (const std::optional<int64_t> slowest = SlowestWatermark(report)) text += "  at " + FormatUtc(EventTime(*slowest));
  return text.substr(0, columns);
}

std::string AwaitedText(const StatusReport& report, size_t columns, int64_t now_ms) {
  std::string indexes;
  size_t count = 0;
  for (const StatusReport::Partition& p : report.partitions) {
    if (!p.waits_for_transaction(now_ms)) continue;
    indexes += (count++ == 0 ? "partition " : ", partition ") + std::to_string(p.partition) + " at offset " +
               std::to_string(p.position) + " of " + std::to_string(p.transaction_end) + " (" +
               ShortSpan((now_ms - p.transaction_since_ms) / 1000) + ")";
  }
  if (count == 0) return "";
  return ("waiting for " + (count == 1 ? std::string("an open transaction: ") : "open transactions: ") + indexes)
      .substr(0, columns);
}

bool CanDrawProgress() {
  const char* terminal = getenv("TERM");  // NOLINT(concurrency-mt-unsafe): no thread has begun
  const bool is_simple = terminal == nullptr || strcmp(terminal, "dumb") == 0;
  return !is_simple && isatty(STDERR_FILENO) == 1;
}

void DrawProgress(const StatusReport& report) {
  const bool reads_files = report.rule.bootstrap_server.empty();
  WriteToStderr(kWipeLine + (reads_files ? ProgressText(report, ColumnsOfTerminal())
                                         : AwaitedText(report, ColumnsOfTerminal(), report.updated_at_ms)));
}

}  // namespace headcount
