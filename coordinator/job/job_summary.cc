#include "coordinator/job/job_summary.h"

#include <algorithm>
#include <cstdint>

#include "common/records/verdict.h"
#include "coordinator/text/number_text.h"

namespace headcount {
namespace {

uint64_t Taken(const StatusReport& report) {
  uint64_t taken = 0;
  for (const StatusReport::Worker& worker : report.workers) taken += worker.records;
  return taken;
}

uint64_t Held(const StatusReport& report) {
  uint64_t held = 0;
  for (const StatusReport::Partition& partition : report.partitions) held += partition.held;
  return held;
}

// For a run in which no worker judged a frame.
std::string NothingRead(const StatusReport& report, const RunOptions& options) {
  if (Taken(report) > Held(report)) {
    return "read " + Count(Taken(report), "record", "records") + ", all of minutes that are published already";
  }
  if (Held(report) > 0) return "read " + Count(Held(report), "record", "records") + ", none confirmed by others yet";
  if (options.reads_files()) return "read 0 records";
  std::string text = "read 0 records: group " + options.group + " is at the end of " + options.input_topic;
  if (!options.until_end) return text;
  return text + "; to count it anew, another --group and another --output-topic";
}

std::string OthersText(const VerdictCounts& totals) {
  std::string text = ReasonsText(totals);
  if (totals.late > 0) text.append(text.empty() ? "" : ", ").append(Short(totals.late) + " late");
  if (totals.future > 0) text.append(text.empty() ? "" : ", ").append(Short(totals.future) + " future");
  return text;
}

}  // namespace

std::string SummaryText(const StatusReport& report, const RunOptions& options) {
  const std::string minutes = "; " + Count(report.minutes_published, "minute", "minutes") + " published";
  // Frames that an earlier run left unattributed were judged by that run; this run did not read them.
  if (report.records() == 0 || Taken(report) == 0) return NothingRead(report, options) + minutes;
  const VerdictCounts& totals = report.totals;
  std::string text = "read " + Count(report.records(), "record", "records") + ": " + Short(totals.counted) +
                     " counted, " + Short(totals.late) + " late, " + Short(totals.invalid()) + " invalid";
  if (totals.invalid() > 0) text += " (" + ReasonsText(totals) + ")";
  text += ", " + Short(totals.future) + " future";
  if (report.tombstones > 0) text += ", " + Count(report.tombstones, "tombstone", "tombstones") + " passed over";
  if (Held(report) > 0) text += "; " + Short(Held(report)) + " more wait for others to confirm them";
  return text + minutes;
}

std::optional<Error> NothingCounted(const StatusReport& report, const RunOptions& options) {
  const VerdictCounts& totals = report.totals;
  // Verdicts that an earlier run left unattributed do not count here. A late frame could have been counted, had it come
  // in time. The same holds for the frames of published minutes, some of which a start reads again.
  const bool none = totals.counted + totals.late == 0 && totals.invalid() + totals.future > 0;
  const bool some_again = Taken(report) > report.records() + Held(report);
  if (!options.until_end || Taken(report) == 0 || !none || some_again) return std::nullopt;
  std::string message = "0 of " + Short(totals.records()) + " frames could be counted: " + OthersText(totals);
  const std::optional<InvalidReason> reason = MostFrequent(totals);
  for (const StatusReport::Rejected& frame : report.rejected) {
    if (reason && frame.kind == Name(*reason) && !frame.first.empty()) message += ". " + frame.first;
  }
  return Error{ExitCode::kNoData, std::move(message)};
}

}  // namespace headcount
