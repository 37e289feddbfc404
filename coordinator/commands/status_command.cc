#include "coordinator/commands/status_command.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <thread>

#include "common/base/limits.h"
#include "common/base/units.h"
#include "common/base/wakeup.h"
#include "coordinator/commands/minute_table.h"
#include "coordinator/text/number_text.h"
#include "coordinator/text/stdout_text.h"

namespace headcount {
namespace {

constexpr size_t kColumns = 80;
// More rows do not help a reader of a screen; --json has all of them.
constexpr size_t kMaxPartitionRows = 40;
constexpr size_t kMaxHolderRows = 5;
constexpr size_t kMaxMinuteRows = 10;
constexpr size_t kPartitionListColumns = 19;

// A column of one row: a width below 0 aligns to the left, as in printf.
struct Cell {
  int width;
  std::string text;
};

void AddLine(std::string* table, std::string line) {
  if (line.size() > kColumns) line.replace(kColumns - 3, std::string::npos, "...");
  line.erase(line.find_last_not_of(' ') + 1);
  table->append(line).append("\n");
}

void AddRow(std::string* table, std::initializer_list<Cell> cells) {
  std::string line;
  for (const Cell& cell : cells) {
    const size_t width = static_cast<size_t>(std::abs(cell.width));
    const std::string padding(width > cell.text.size() ? width - cell.text.size() : 0, ' ');
    if (!line.empty()) line += "  ";
    line += cell.width < 0 ? cell.text + padding : padding + cell.text;
  }
  AddLine(table, std::move(line));
}

std::string ShortOrUnknown(int64_t number) { return number < 0 ? "?" : Short(static_cast<double>(number)); }

std::string MemoryText(uint64_t bytes) { return Short((bytes + (1 << 20) - 1) >> 20) + " MiB"; }
std::string PidText(int64_t pid) { return pid == 0 ? "-" : std::to_string(pid); }

std::string AgeText(int64_t age_ms) {
  char text[40];
  if (age_ms < 0) return "in the future";
  if (age_ms < 60'000) {
    snprintf(text, sizeof text, "%.1f s ago", static_cast<double>(age_ms) / 1000);
  } else {
    snprintf(text, sizeof text, "%lld min ago", static_cast<long long>(age_ms / 60'000));
  }
  return text;
}

std::string ListText(const std::vector<int32_t>& partitions) {
  std::string text;
  for (const int32_t p : partitions) {
    const std::string next = (text.empty() ? "" : ",") + std::to_string(p);
    const std::string rest = ",... " + std::to_string(partitions.size());
    if (text.size() + next.size() + rest.size() > kPartitionListColumns) return text + rest;
    text += next;
  }
  return text.empty() ? "-" : text;
}

// One line a minute, the newest first: its users as a number and as a bar beside the others.
void AddMinutes(std::string* table, const StatusReport& report) {
  if (report.recent.empty()) return;
  const size_t shown = std::min(report.recent.size(), kMaxMinuteRows);
  const auto first = report.recent.end() - static_cast<std::ptrdiff_t>(shown);
  uint64_t most = 1;
  for (auto minute = first; minute != report.recent.end(); ++minute) most = std::max(most, minute->unique_users);
  table->append("\n");
  table->append(MinuteTableHead(report.rule.window_s));
  for (auto minute = report.recent.end(); minute != first;) table->append(MinuteTableRow(*--minute, most));
}

// Names the job, because several may run on one host.
void AddJob(std::string* table, const StatusReport::Rule& rule) {
  if (rule.input.empty()) return;  // a file of an older headcount
  AddLine(table,
          "job        " + rule.input + " -> " + rule.output + (rule.group.empty() ? "" : ", group " + rule.group));
  if (!rule.bootstrap_server.empty()) AddLine(table, "broker     " + rule.bootstrap_server);
}

void AddSummary(std::string* table, const StatusReport& report, int64_t now_ms) {
  AddLine(table, "state      " + report.state + ", updated " + AgeText(now_ms - report.updated_at_ms) +
                     (report.run.empty() ? "" : ", run " + report.run));
  AddJob(table, report.rule);
  AddLine(table, "closed     " +
                     (report.has_closed_frontier ? "up to " + TimeText(report.closed_frontier) : "no minute yet") +
                     ", " + Short(report.minutes_published) + " published since the start");
  if (report.writer.committing_ms >= limits::kCommitStuckMs) {
    AddLine(table, "commits    none for " + std::to_string(report.writer.committing_ms / 1000) +
                       " s although minutes are due: the log says why");
  }
  size_t shown = 0;
  for (const StatusReport::Holder& holder : report.held_by) {
    if (shown == kMaxHolderRows) {
      AddLine(table, "           and " + std::to_string(report.held_by.size() - shown) + " more (--json shows all)");
      break;
    }
    AddLine(table, std::string(shown == 0 ? "held by    " : "           ") + "partition " +
                       std::to_string(holder.partition) + ": " + holder.why);
    ++shown;
  }
}

void AddProcesses(std::string* table, const StatusReport& report) {
  AddRow(table, {{-11, "PROCESS"},
                 {8, "PID"},
                 {5, "LIFE"},
                 {8, "RESTARTS"},
                 {-19, "PARTITIONS"},
                 {9, "RECORDS/S"},
                 {8, "MEMORY"}});
  AddRow(table, {{-11, "coordinator"}, {8, PidText(report.coordinator_pid)}});
  AddRow(table, {{-11, "writer"},
                 {8, PidText(report.writer.pid)},
                 {5, Short(report.writer.generation)},
                 {8, Short(report.writer.restarts)}});
  size_t without_partitions = 0;
  for (const StatusReport::Worker& worker : report.workers) {
    if (worker.partitions.empty()) {
      ++without_partitions;
      continue;
    }
    AddRow(table, {{-11, "worker " + std::to_string(worker.slot)},
                   {8, PidText(worker.pid)},
                   {5, Short(worker.generation)},
                   {8, Short(worker.restarts)},
                   {-19, ListText(worker.partitions)},
                   {9, Short(worker.records_per_s)},
                   {8, MemoryText(worker.memory_bytes)}});
  }
  if (without_partitions > 0) AddLine(table, Short(without_partitions) + " more workers have no partition");
}

// Picks the slowest partitions in event time, because the job waits for these. The result is in the order of their
// numbers.
std::vector<StatusReport::Partition> PartitionsToShow(std::vector<StatusReport::Partition> partitions) {
  if (partitions.size() <= kMaxPartitionRows) return partitions;
  std::stable_sort(partitions.begin(), partitions.end(), [](const auto& a, const auto& b) {
    return a.has_watermark != b.has_watermark ? b.has_watermark : a.watermark < b.watermark;
  });
  partitions.resize(kMaxPartitionRows);
  std::sort(partitions.begin(), partitions.end(),
            [](const auto& a, const auto& b) { return a.partition < b.partition; });
  return partitions;
}

std::string StateText(const StatusReport::Partition& p, int64_t now_ms) {
  if (p.waits_for_transaction(now_ms)) return "open_txn";
  return p.idle_reason.empty() ? p.state : p.idle_reason;
}

void AddPartitions(std::string* table, const StatusReport& report, int64_t now_ms) {
  if (report.partitions.empty()) return;
  AddRow(
      table,
      {{-9, "PARTITION"}, {6, "WORKER"}, {9, "POSITION"}, {9, "LAG"}, {-20, "WATERMARK"}, {4, "HELD"}, {-9, "STATE"}});
  for (const StatusReport::Partition& p : PartitionsToShow(report.partitions)) {
    AddRow(table, {{-9, std::to_string(p.partition)},
                   {6, std::to_string(p.worker)},
                   {9, ShortOrUnknown(p.position)},
                   {9, ShortOrUnknown(p.lag)},
                   {-20, p.has_watermark ? TimeText(p.watermark) : "-"},
                   {4, Short(p.held)},
                   {-9, StateText(p, now_ms)}});
  }
  if (report.partitions.size() > kMaxPartitionRows) {
    AddLine(table, "and " + Short(report.partitions.size() - kMaxPartitionRows) +
                       " more that are further on in event time (--json shows all)");
  }
}

void AddTotals(std::string* table, const StatusReport& report) {
  const auto add = [table](const char* name, uint64_t number, const char* meaning) {
    AddRow(table, {{-9, name}, {9, Short(number)}, {-1, meaning}});
  };
  table->append("\n");
  add("records", report.records(), "read since the start, of which");
  add("events", report.totals.counted, "counted in their own window");
  add("late", report.totals.late, "after their window was given up");
  add("invalid", report.totals.invalid(), "no usable frame");
  for (size_t i = 0; i < kInvalidReasons; ++i) {
    const uint64_t number = report.totals.invalid_by_reason[i];
    if (number > 0) AddRow(table, {{-9, ""}, {9, Short(number)}, {-1, std::string("  ") + kInvalidReasonNames[i]}});
  }
  add("future", report.totals.future, "ahead of a clock that nothing confirmed");
  if (report.tombstones > 0) add("tombstone", report.tombstones, "no value, and passed over (--tombstones)");
  if (report.waiting > 0) add("waiting", report.waiting, "of these, for their partition's first window");
  if (report.lost > 0) add("lost", report.lost, "removed by retention unread, or with their topic");
}

// Draws over the page on the terminal: home, then each line and the end of its row, then nothing below.
std::string InPlace(const std::string& page) {
  std::string text = "\x1b[H";
  for (const char c : page) text += c == '\n' ? std::string("\x1b[K\n") : std::string(1, c);
  return text + "\x1b[J";
}

}  // namespace

std::string StatusTable(const StatusReport& report, int64_t now_ms) {
  std::string table;
  AddSummary(&table, report, now_ms);
  table += '\n';
  AddProcesses(&table, report);
  table += '\n';
  AddPartitions(&table, report, now_ms);
  AddMinutes(&table, report);
  AddTotals(&table, report);
  return table;
}

namespace {

Result<std::string> StatusText(const StatusOptions& options) {
  const Result<StatusReport> report = ReadStatusOf(options.status_file);
  if (!report) return report.error();
  return options.json ? ToJson(*report) : StatusTable(*report, WallClockMs());
}

int Show(const StatusOptions& options) {
  const Result<std::string> text = StatusText(options);
  if (!text) fprintf(stderr, "headcount: %s\n", text.error().message.c_str());
  return text.ok() && PrintText(*text) ? 0 : static_cast<int>(ExitCode::kHumanNeeded);
}

// A job may end and another begin while the user watches. So an unreadable file is reported, and read again.
int Watch(const StatusOptions& options) {
  const bool on_terminal = isatty(STDOUT_FILENO) == 1;
  for (;;) {
    const Result<std::string> text = StatusText(options);
    const std::string page = text.ok() ? *text : "headcount: " + text.error().message + "\n";
    if (!PrintText(on_terminal ? InPlace(page) : page + (options.json ? "" : "\n"))) {
      return static_cast<int>(ExitCode::kHumanNeeded);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(limits::kStatusEveryMs));
  }
}

}  // namespace

Result<StatusReport> ReadStatusOf(const std::string& status_file) {
  Result<StatusReport> report = ReadStatusFile(status_file);
  if (report.ok()) return report;
  return Error{report.error().exit_code, report.error().message + "; --status-file names the file of the job you mean"};
}

int RunStatus(const StatusOptions& options) { return options.watch ? Watch(options) : Show(options); }

}  // namespace headcount
