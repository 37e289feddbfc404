#include "coordinator/commands/explain.h"

#include <algorithm>
#include <vector>

#include "common/base/limits.h"
#include "common/base/units.h"
#include "coordinator/commands/health_options.h"
#include "coordinator/commands/wrapped_text.h"
#include "coordinator/text/number_text.h"

namespace headcount {
namespace {

using Partition = StatusReport::Partition;

constexpr size_t kHoldersExplained = 5;
// A wait that is longer than this has another cause than the time of the broker's answer.
constexpr int64_t kPatienceMs = 10'000;

// --- Words -----------------------------------------------------------------------------------------------------

std::string WallText(int64_t wall_ms) { return TimeText(wall_ms / 1000); }

// The reason of the invalid frames if no frame could be counted so far, because it explains all else; otherwise empty.
std::string AllInvalid(const StatusReport& report) {
  const VerdictCounts& totals = report.totals;
  if (totals.invalid() == 0 || totals.counted + totals.late + totals.future > 0) return "";
  const std::string frames = totals.invalid() == 1 ? "The only frame that was read is"
                                                   : "All " + Short(totals.invalid()) + " frames that were read are";
  return frames + " invalid: " + ReasonsText(totals) + ". headcount explain --invalid shows what stands there.";
}

// --- One partition that holds back a minute ------------------------------------------------------------------------

class Holding {
 public:
  // `needed`: the event time that the partition's watermark must reach.
  Holding(const StatusReport& report, const Partition& partition, int64_t needed, int64_t now_ms)
      : report_(report), partition_(partition), needed_(needed), now_ms_(now_ms) {}

  std::string Sentence() const {
    return "partition " + std::to_string(partition_.partition) + ": " + Clock() + " " + Reason() + Held();
  }

 private:
  std::string Clock() const {
    if (!partition_.has_watermark) return "no frame of it has been counted yet.";
    return "its clock shows " + TimeText(partition_.watermark) + ", " + ShortSpan(needed_ - partition_.watermark) +
           " too early.";
  }

  const StatusReport::Worker* Worker() const {
    const auto found = std::find_if(report_.workers.begin(), report_.workers.end(),
                                    [this](const auto& worker) { return worker.slot == partition_.worker; });
    return found == report_.workers.end() ? nullptr : &*found;
  }

  std::string Reason() const {
    const StatusReport::Worker* worker = Worker();
    if (worker == nullptr || worker->pid == 0) {
      return "Its worker " + std::to_string(partition_.worker) +
             " does not run; it is started again by itself, and the log says why it ended.";
    }
    if (partition_.hold == "leader_away") {
      return "Its leader does not answer: a partition that cannot be heard is not silent. Look at the broker that "
             "leads it.";
    }
    if (partition_.state == "unknown") {
      return "Nothing has been heard from its leader yet: a partition that cannot be heard is not silent. Look at the "
             "broker that leads it.";
    }
    if (partition_.state == "ahead") {
      return "It has been read as far ahead of the slowest partition as it may (max-skew " +
             FormatDurationMs(report_.rule.max_skew_s * 1000) + "), and waits for that one.";
    }
    if (partition_.waits_for_transaction(now_ms_)) return AtATransaction();
    const std::string text = partition_.state == "caught_up" ? AtItsEnd() : BeingRead(*worker);
    return Invalid() ? text + " " + OnlyInvalid() : text;
  }

  // Frames come, but they are invalid and therefore do not move the watermark.
  bool Invalid() const { return partition_.invalid_in_a_row > 0; }
  std::string OnlyInvalid() const {
    return (partition_.invalid_in_a_row == 1
                ? "Its last frame was invalid ("
                : "Its last " + Short(partition_.invalid_in_a_row) + " frames were all invalid (the newest: ") +
           partition_.invalid_reason + "): headcount explain --invalid shows what stands there.";
  }

  std::string AtATransaction() const {
    std::string text = "It is read up to an open transaction at offset " + std::to_string(partition_.position) +
                       ", which has stood there for " + ShortSpan((now_ms_ - partition_.transaction_since_ms) / 1000) +
                       ": what lies from there up to offset " + std::to_string(partition_.transaction_end) +
                       " is read once it is committed or aborted. The broker aborts it when its producer's "
                       "transaction.timeout.ms is over. ";
    if (report_.rule.until_end) text += "--leave-open would not wait for it. ";
    return text + "kafka-transactions.sh --bootstrap-server " + report_.rule.bootstrap_server +
           " describe-producers --topic " + report_.rule.input + " --partition " +
           std::to_string(partition_.partition) + " names the producer.";
  }

  std::string BeingRead(const StatusReport::Worker& worker) const {
    std::string text = "It is being read";
    if (partition_.lag >= 0) {
      text += ": " + Count(static_cast<uint64_t>(partition_.lag), "record is", "records are") + " left";
    }
    text += ", and its worker reads " + Short(worker.records_per_s) + " records/s.";
    if (UnmovedMs() >= kPatienceMs && !Invalid()) {
      text += " Its clock has stood for " + ShortSpan(UnmovedMs() / 1000) +
              ": what lies there is late or invalid, or cannot be fetched.";
    }
    return text;
  }

  // Without --max-hold only silence makes the partition idle.
  std::string AtItsEnd() const {
    const int64_t idle_ms = report_.rule.idle_timeout_ms;
    std::string text = "It is read to its end";
    if (partition_.hold == "leader_returned") {
      return text + ". Its leader was away and answers again: its producers have " +
             FormatDurationMs(std::max(idle_ms, limits::kProducersReturnMs)) + " from then to come back.";
    }
    if (partition_.hold == "job_woken") {
      return text +
             ". All partitions were silent until a record came in one of them: this one holds the clock until its "
             "own next frame, or for " +
             FormatDurationMs(idle_ms) + " (idle-timeout) from then.";
    }
    if (Invalid()) {
      return text + ", and its clock has stood for " + ShortSpan(UnmovedMs() / 1000) + ". Silent for " +
             FormatDurationMs(idle_ms) + " (idle-timeout), it holds nothing any more.";
    }
    if (UnmovedMs() > idle_ms + kPatienceMs) {
      text += ", but not silent: for " + ShortSpan(UnmovedMs() / 1000) +
              " frames have come in it that do not move its clock, or its leader has not confirmed that no open "
              "transaction is left. A producer with a slow clock does that. ";
      return text + (report_.rule.max_hold_ms == 0
                         ? "--max-hold would bound how long it may."
                         : "--max-hold lets it go after " + FormatDurationMs(report_.rule.max_hold_ms) + ".");
    }
    return text + ", and its clock has stood for " + ShortSpan(UnmovedMs() / 1000) +
           ". The next frame moves it; or, silent for " + FormatDurationMs(idle_ms) +
           " (idle-timeout), it holds nothing any more.";
  }

  std::string Held() const {
    if (partition_.held == 0) return "";
    if (!partition_.has_watermark) {
      return " " + Count(partition_.held, "frame waits", "frames wait") + ": the first clock needs " +
             std::to_string(limits::kConfirmations + 1) + " that agree on it, or silence.";
    }
    return " " + Count(partition_.held, "frame", "frames") +
           " ran ahead of its clock and wait for later ones to confirm them: a clock from the future, or a jump over a "
           "pause.";
  }

  int64_t UnmovedMs() const {
    return partition_.unmoved_since_ms == 0 ? 0 : std::max<int64_t>(0, now_ms_ - partition_.unmoved_since_ms);
  }

  const StatusReport& report_;
  const Partition& partition_;
  const int64_t needed_;
  const int64_t now_ms_;
};

// --- One minute --------------------------------------------------------------------------------------------------

class MinuteStory {
 public:
  MinuteStory(const StatusReport& report, WindowStart start, int64_t now_ms)
      : report_(report),
        start_(start),
        needed_(start.seconds() + report.rule.window_s + report.rule.lateness_s),
        now_ms_(now_ms) {}

  std::string Tell() {
    TellOfJob();
    if (report_.has_closed_frontier && start_.seconds() < report_.closed_frontier) {
      TellOfClosed();
    } else {
      TellOfOpen();
    }
    return text_.text();
  }

 private:
  std::string Name() const {
    return (report_.rule.window_s == 60 ? "Minute " : "Window ") + TimeText(start_.seconds());
  }

  void TellOfJob() {
    const int64_t age_ms = now_ms_ - report_.updated_at_ms;
    if (report_.state == "failed") {
      text_.Say("The job has failed; the last lines of its log say why. This is how it stood then.");
    } else if (report_.state == "done") {
      text_.Say("The job has ended. This is how it stood then.");
    } else if (age_ms > HealthOptions().max_age_ms) {
      text_.Say("The status file is " + ShortSpan(age_ms / 1000) +
                " old: the job is gone or stuck (headcount health). This is how it stood then.");
    } else if (report_.state != "running") {
      text_.Say("The job is " + report_.state + ".");
    }
  }

  void TellOfClosed() {
    const auto found = std::find_if(report_.recent.begin(), report_.recent.end(),
                                    [this](const PublishedMinute& minute) { return minute.start == start_; });
    if (found != report_.recent.end()) {
      const VerdictCounts& counts = found->counts;
      text_.Say(Name() + " was published at " + WallText(found->published_at_ms) + ", " +
                ShortSpan(std::max<int64_t>(0, now_ms_ - found->published_at_ms) / 1000) +
                " ago: " + Count(found->unique_users, "user", "users") + " in " +
                Count(counts.counted, "event", "events") + "; " + Short(counts.late) + " late, " +
                Short(counts.invalid()) + " invalid, " + Short(counts.future) + " future.");
    } else if (!report_.recent.empty() && report_.recent.front().start < start_) {
      text_.Say(Name() + " is closed and has no record: no frame was attributed to it.");
    } else {
      text_.Say(Name() + " is closed, as is everything before " + TimeText(report_.closed_frontier) +
                ". Only the last " + std::to_string(limits::kRecentMinutes) +
                " minutes published since this start are remembered; " + report_.rule.output +
                " has its record, if any frame was attributed to it.");
    }
  }

  void TellOfOpen() {
    if (report_.state == "done") {
      text_.Say(Name() +
                " was not published by it: nothing of it was counted, or it was left open for the next start.");
      return;
    }
    text_.Say(Name() + " is not published yet. It is, once every partition's clock shows " + TimeText(needed_) +
              " (its end and " + FormatDurationMs(report_.rule.lateness_s * 1000) +
              " for late frames) or holds nothing.");
    if (report_.partitions.empty()) {
      text_.Say("No partition is known yet: the writer asks the cluster" + WriterText() + ".");
      return;
    }
    if (const std::string all = AllInvalid(report_); !all.empty()) text_.Say(all);
    TellOfFuture();
    const std::vector<const Partition*> holders = Holders();
    if (holders.empty()) return TellOfNobody();
    text_.Say(Count(holders.size(), "partition", "partitions") + " of " + Short(report_.partitions.size()) +
              (holders.size() == 1 ? " holds" : " hold") + " it back:");
    for (size_t i = 0; i < std::min(holders.size(), kHoldersExplained); ++i) {
      text_.Item(Holding(report_, *holders[i], needed_, now_ms_).Sentence());
    }
    if (holders.size() > kHoldersExplained) {
      text_.Item("and " + Short(holders.size() - kHoldersExplained) +
                 " more that are further on (headcount status shows them)");
    }
  }

  // The partitions that hold back the minute, the slowest first.
  std::vector<const Partition*> Holders() const {
    std::vector<const Partition*> holders;
    for (const Partition& partition : report_.partitions) {
      const bool passed = partition.has_watermark && partition.watermark >= needed_;
      if (partition.idle_reason.empty() && !passed) holders.push_back(&partition);
    }
    std::stable_sort(holders.begin(), holders.end(), [](const Partition* a, const Partition* b) {
      return a->has_watermark != b->has_watermark ? b->has_watermark : a->watermark < b->watermark;
    });
    return holders;
  }

  void TellOfFuture() {
    const Partition* newest = nullptr;
    for (const Partition& partition : report_.partitions) {
      if (!partition.has_watermark) continue;
      if (newest == nullptr || partition.watermark > newest->watermark) newest = &partition;
    }
    if (newest == nullptr) {
      text_.Say("No frame at all has been counted yet.");
    } else if (newest->watermark < start_.seconds()) {
      text_.Say("It has never been seen: the newest frame counted anywhere is of " + TimeText(newest->watermark) +
                " (partition " + std::to_string(newest->partition) + ").");
    }
  }

  // No watermark has reached the minute, and no partition has an unconfirmed frame that could be of it.
  bool NothingInIt() const {
    return std::all_of(report_.partitions.begin(), report_.partitions.end(), [this](const Partition& partition) {
      return partition.held == 0 && (!partition.has_watermark || partition.watermark < start_.seconds());
    });
  }

  std::string WriterText() const {
    if (report_.writer.committing_ms >= limits::kCommitStuckMs) {
      return ", which cannot be committed for " + std::to_string(report_.writer.committing_ms / 1000) +
             " s now: the log says what is in the way";
    }
    return report_.writer.pid != 0 ? "" : " (it does not run, and is started again by itself)";
  }

  void TellOfNobody() {
    const bool all_idle = std::all_of(report_.partitions.begin(), report_.partitions.end(),
                                      [](const Partition& partition) { return !partition.idle_reason.empty(); });
    if (!all_idle) {
      text_.Say("No partition holds it back any more: it comes with the writer's next transaction" + WriterText() +
                ".");
    } else if (report_.rule.until_end) {
      text_.Say("All partitions are read: what is left is published now, and the job ends" + WriterText() + ".");
    } else if (NothingInIt()) {
      text_.Say("All partitions are silent or empty, and nothing is in it: without a frame there is no record of it.");
    } else if (now_ms_ / 1000 < needed_) {
      text_.Say("All partitions are silent or empty: the wall clock closes it at " + TimeText(needed_) +
                ", if anything is attributed to it by then.");
    } else {
      text_.Say(
          "All partitions are silent or empty, and the wall clock has passed it: it comes with the writer's next "
          "transaction" +
          WriterText() + "; or nothing is attributed to it, and then it stays open for what may come.");
    }
  }

  const StatusReport& report_;
  const WindowStart start_;
  const int64_t needed_;
  const int64_t now_ms_;
  WrappedText text_;
};

// The next minute that will be published.
std::optional<int64_t> NextMinute(const StatusReport& report) {
  if (report.has_closed_frontier) return report.closed_frontier;
  std::optional<int64_t> slowest;
  for (const Partition& partition : report.partitions) {
    if (partition.has_watermark) slowest = std::min(slowest.value_or(partition.watermark), partition.watermark);
  }
  return slowest;
}

}  // namespace

std::string Explain(const StatusReport& report, std::optional<EventTime> asked, int64_t now_ms) {
  WrappedText text;
  if (report.rule.window_s <= 0) {
    text.Say("The status file says too little: it is of a headcount that does not know explain yet.");
    return text.text();
  }
  const std::optional<int64_t> moment = asked ? asked->seconds() : NextMinute(report);
  if (!moment) {
    text.Say("The job is " + report.state + ". No minute is open: no frame has been counted yet in any of " +
             Count(report.partitions.size(), "partition", "partitions") + " of " + report.rule.input + ".");
    if (const std::string all = AllInvalid(report); !all.empty()) text.Say(all);
    return text.text();
  }
  const WindowStart start(*moment - *moment % report.rule.window_s);
  return MinuteStory(report, start, now_ms).Tell();
}

}  // namespace headcount
