#include "coordinator/status/status_snapshot.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/wakeup.h"
#include "coordinator/text/number_text.h"

namespace headcount {
namespace {

constexpr std::array<const char*, 5> kIdleReasonNames = {"", "silent", "at_end", "empty", "max_hold"};
constexpr std::array<const char*, 4> kHoldNames = {"", "leader_away", "leader_returned", "job_woken"};
constexpr std::array<const char*, 4> kReadingNames = {"unknown", "reading", "caught_up", "ahead"};
// A job may have thousands of partitions without a watermark; these few tell a reader where to look.
constexpr size_t kHoldersShown = 5;

std::string WhyItHolds(const StatusReport::Partition& partition, int64_t now_ms) {
  if (partition.hold == "leader_away") return "its leader does not answer";
  if (partition.state == "unknown") return "its leader has not been heard yet";
  if (partition.waits_for_transaction(now_ms)) {
    return "read up to an open transaction at offset " + std::to_string(partition.position);
  }
  const std::string clock = partition.has_watermark ? "slowest watermark" : "no watermark yet";
  return clock + (partition.state == "caught_up" ? "; read to its end" : "; being read");
}

// The partitions that are not idle and are furthest behind.
std::vector<StatusReport::Holder> Holders(const std::vector<StatusReport::Partition>& partitions, int64_t now_ms) {
  const StatusReport::Partition* slowest = nullptr;
  const auto behind = [](const StatusReport::Partition& a, const StatusReport::Partition& b) {
    if (a.has_watermark != b.has_watermark) return b.has_watermark;
    return a.has_watermark && a.watermark < b.watermark;
  };
  for (const StatusReport::Partition& partition : partitions) {
    if (partition.idle_reason.empty() && (slowest == nullptr || behind(partition, *slowest))) slowest = &partition;
  }
  std::vector<StatusReport::Holder> holders;
  for (const StatusReport::Partition& partition : partitions) {
    if (slowest == nullptr || !partition.idle_reason.empty() || behind(*slowest, partition)) continue;
    if (holders.size() == kHoldersShown) break;
    holders.push_back({partition.partition, WhyItHolds(partition, now_ms)});
  }
  return holders;
}

void AddRule(const RunOptions& options, StatusReport::Rule* rule) {
  rule->window_s = options.rule.window_s;
  rule->lateness_s = options.rule.lateness_s;
  rule->max_skew_s = options.max_skew_s;
  rule->idle_timeout_ms = options.idle_timeout_ms;
  rule->max_hold_ms = options.max_hold_ms;
  rule->until_end = options.until_end;
  rule->input = options.reads_files() ? "files" : options.input_topic;
  rule->output = options.reads_files() ? "stdout" : options.output_topic;
  if (options.reads_files()) return;
  rule->bootstrap_server = options.bootstrap_server;
  rule->group = options.group;
}

}  // namespace

StatusSnapshot::StatusSnapshot(const RunOptions* options, int64_t coordinator_pid)
    : options_(options),
      plan_(options->workers),
      coordinator_pid_(coordinator_pid),
      records_before_(static_cast<size_t>(options->workers)),
      rejected_(static_cast<size_t>(options->workers)) {}

void StatusSnapshot::KeepTotals(const shm::CoordinatorView& view) {
  const shm::WriterSnapshot writer = view.Writer();
  published_before_ += writer.published;
  minutes_before_ += writer.minutes_published;
  if (committing_before_ms_ == 0 || writer.sequence > 0) committing_before_ms_ = writer.committing_since_ms;
  lost_before_ += writer.lost_records;
  recent_before_ = RecentMinutes(view);
}

StatusReport StatusSnapshot::Take(const shm::CoordinatorView& view, const SupervisionView& supervision,
                                  int64_t now_ms) {
  const shm::WriterSnapshot writer = view.Writer();
  StatusReport report;
  report.state = supervision.state;
  report.updated_at_ms = WallClockMs();
  if (writer.run != RunId()) report.run = RunText(writer.run);
  report.coordinator_pid = coordinator_pid_;
  report.writer = {supervision.writer.pid, supervision.writer.generation.value(), supervision.writer.restarts,
                   CommittingMs(writer, now_ms)};
  report.totals = writer.published;
  report.totals += published_before_;
  report.minutes_published = minutes_before_ + writer.minutes_published;
  report.lost = lost_before_ + writer.lost_records;
  report.has_closed_frontier = writer.closed_frontier.is_set();
  if (report.has_closed_frontier) report.closed_frontier = writer.closed_frontier.seconds();
  AddPartitions(view, &report);
  AddWorkers(view, supervision.workers, now_ms, &report);
  report.held_by = Holders(report.partitions, report.updated_at_ms);
  report.rejected = Rejected(view, report.updated_at_ms);
  report.recent = RecentMinutes(view);
  AddRule(*options_, &report.rule);
  return report;
}

// A writer that dies during a transaction leaves it to the next writer, which first has to read again what is due.
int64_t StatusSnapshot::CommittingMs(const shm::WriterSnapshot& writer, int64_t now_ms) const {
  const bool left = committing_before_ms_ != 0 && writer.sequence == 0;
  const int64_t since_ms = left ? committing_before_ms_ : writer.committing_since_ms;
  return since_ms == 0 ? 0 : std::max<int64_t>(0, now_ms - since_ms);
}

// Also the minutes of writers that have died.
std::vector<PublishedMinute> StatusSnapshot::RecentMinutes(const shm::CoordinatorView& view) const {
  std::vector<PublishedMinute> recent = recent_before_;
  const std::vector<PublishedMinute> newest = view.RecentMinutes();
  recent.insert(recent.end(), newest.begin(), newest.end());
  if (recent.size() > limits::kRecentMinutes) recent.erase(recent.begin(), recent.end() - limits::kRecentMinutes);
  return recent;
}

// A worker that has just begun has no rejected frames yet, so those of its former generation stay.
std::vector<StatusReport::Rejected> StatusSnapshot::Rejected(const shm::CoordinatorView& view, int64_t wall_ms) {
  for (size_t s = 0; s < rejected_.size(); ++s) {
    const std::optional<RejectedFrames> seen = view.Rejected(SlotId(static_cast<int32_t>(s)));
    if (!seen) continue;
    for (size_t kind = 0; kind < kRejectedKinds; ++kind) {
      const std::optional<FramePlace>& index = (*seen)[kind];
      if (!index || index == rejected_[s][kind]) continue;
      rejected_[s][kind] = index;
      StatusReport::Rejected& last = last_rejected_[kind];
      last = {RejectedKindName(kind), index->partition.value(), index->offset.value(), wall_ms, std::move(last.first)};
    }
    for (size_t reason = 0; reason < kInvalidReasons; ++reason) {
      std::string* const first = &last_rejected_[reason].first;
      if (first->empty()) {
        *first = view.FirstInvalid(SlotId(static_cast<int32_t>(s)), static_cast<InvalidReason>(reason));
      }
    }
  }
  std::vector<StatusReport::Rejected> rejected;
  for (const StatusReport::Rejected& last : last_rejected_) {
    if (last.seen_ms != 0) rejected.push_back(last);
  }
  return rejected;
}

int64_t StatusSnapshot::UnmovedSinceMs(const StatusReport::Partition& partition, int64_t now_ms) {
  const auto index = static_cast<size_t>(partition.partition);
  if (unmoved_.size() <= index) unmoved_.resize(index + 1);
  Unmoved& unmoved = unmoved_[index];
  const int64_t watermark = partition.has_watermark ? partition.watermark : -1;
  if (unmoved.since_ms == 0 || unmoved.at != watermark) unmoved = {watermark, now_ms};
  return unmoved.since_ms;
}

int64_t StatusSnapshot::TransactionSinceMs(const StatusReport::Partition& partition, int64_t now_ms) {
  const auto index = static_cast<size_t>(partition.partition);
  if (transactions_.size() <= index) transactions_.resize(index + 1);
  Unmoved& open = transactions_[index];
  if (partition.transaction_end < 0) {
    open = {};
  } else if (open.since_ms == 0 || open.at != partition.position) {
    open = {partition.position, now_ms};
  }
  return open.since_ms;
}

void StatusSnapshot::AddPartitions(const shm::CoordinatorView& view, StatusReport* report) {
  const int32_t count = view.Writer().partition_count;
  for (int32_t n = 0; n < count; ++n) {
    const shm::PartitionSnapshot partition = view.Partition(PartitionId(n));
    StatusReport::Partition line;
    line.partition = n;
    line.worker = plan_.SlotOf(PartitionId(n)).value();
    line.safe_offset = partition.safe_offset.value();
    line.state = kReadingNames[0];
    if (partition.shown) {
      line.position = partition.status.position.value();
      line.end = partition.status.end.value();
      if (line.position >= 0 && line.end >= 0) line.lag = std::max<int64_t>(0, line.end - line.position);
      line.has_watermark = partition.status.watermark.is_set();
      if (line.has_watermark) line.watermark = partition.status.watermark.seconds();
      line.held = partition.status.unconfirmed;
      line.idle_reason = kIdleReasonNames[static_cast<size_t>(partition.status.idle_reason)];
      line.state = kReadingNames[static_cast<size_t>(partition.status.reading)];
      line.hold = kHoldNames[static_cast<size_t>(partition.status.hold_reason)];
      line.invalid_in_a_row = partition.status.invalid_in_a_row;
      if (line.invalid_in_a_row > 0) line.invalid_reason = Name(partition.status.invalid_reason);
      line.transaction_end = partition.status.open_transaction_end.value();
    }
    line.transaction_since_ms = TransactionSinceMs(line, report->updated_at_ms);
    line.unmoved_since_ms = UnmovedSinceMs(line, report->updated_at_ms);
    report->partitions.push_back(std::move(line));
  }
}

void StatusSnapshot::AddWorkers(const shm::CoordinatorView& view, const std::vector<SupervisionView::Child>& workers,
                                int64_t now_ms, StatusReport* report) {
  const int32_t partition_count = view.Writer().partition_count;
  const double seconds = static_cast<double>(now_ms - before_ms_) / 1000;
  for (int32_t s = 0; s < options_->workers; ++s) {
    const size_t index = static_cast<size_t>(s);
    const shm::SlotSnapshot slot = view.Slot(SlotId(s));
    StatusReport::Worker line;
    line.slot = s;
    line.pid = workers[index].pid;
    line.generation = workers[index].generation.value();
    line.restarts = workers[index].restarts;
    for (const PartitionId p : plan_.PartitionsOf(SlotId(s), partition_count)) line.partitions.push_back(p.value());
    line.records = slot.status.records;
    line.memory_bytes = slot.status.memory_bytes;
    // A new generation begins at 0 again.
    const uint64_t before = records_before_[index] <= line.records ? records_before_[index] : 0;
    if (before_ms_ > 0 && seconds > 0) line.records_per_s = static_cast<double>(line.records - before) / seconds;
    records_before_[index] = line.records;
    report->totals += slot.open;
    report->totals += slot.status.unattributed;
    report->waiting += slot.status.unattributed.records();
    report->tombstones += slot.status.tombstones;
    report->lost += slot.status.lost_records;
    report->workers.push_back(std::move(line));
  }
  before_ms_ = now_ms;
}

}  // namespace headcount
