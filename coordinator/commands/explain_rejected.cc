#include <algorithm>
#include <string>
#include <string_view>

#include "common/records/rejected_frames.h"
#include "coordinator/commands/explain.h"
#include "coordinator/commands/wrapped_text.h"
#include "coordinator/text/number_text.h"

namespace headcount {
namespace {

const char* MeaningOf(InvalidReason reason) {
  switch (reason) {
    case InvalidReason::kNoValue: return "the record has no value";
    case InvalidReason::kTooLarge: return "larger than --max-frame";
    case InvalidReason::kPoison: return "killed the decoder twice";
    case InvalidReason::kNotJson: return "no JSON in UTF-8";
    case InvalidReason::kNotObject: return "JSON, but no object";
    case InvalidReason::kNoTs: return "has no time field";
    case InvalidReason::kBadTs: return "its time is none";
    case InvalidReason::kNoUid: return "has no id field";
    case InvalidReason::kBadUid: return "its id is none";
  }
  return "";
}

const char* MeaningOf(size_t kind) {
  if (kind == kLateKind) return "its minute had been given up";
  return kind == kFutureKind ? "its time is far ahead, and nothing confirmed it"
                             : MeaningOf(static_cast<InvalidReason>(kind));
}

uint64_t CountOf(const StatusReport& report, size_t kind) {
  if (kind == kLateKind) return report.totals.late;
  return kind == kFutureKind ? report.totals.future : report.totals.invalid_by_reason[kind];
}

// Quotes the text for a shell if it needs quotes.
std::string Word(const std::string& text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._-:,/").find(c) != std::string_view::npos;
  };
  if (std::all_of(text.begin(), text.end(), plain)) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string CommandFor(const StatusReport& report, const StatusReport::Rejected& frame) {
  if (report.rule.bootstrap_server.empty()) {
    return "tail -c +" + std::to_string(frame.offset + 1) + " FILE | head -n 1";
  }
  return "kcat -C -q -e -c 1 -b " + Word(report.rule.bootstrap_server) + " -t " + Word(report.rule.input) + " -p " +
         std::to_string(frame.partition) + " -o " + std::to_string(frame.offset);
}

const StatusReport::Rejected* Find(const StatusReport& report, size_t kind) {
  for (const StatusReport::Rejected& frame : report.rejected) {
    if (frame.kind == RejectedKindName(kind)) return &frame;
  }
  return nullptr;
}

// Explains the kinds from `first_kind` up to, but not including, `end_kind`.
std::string ExplainKinds(const StatusReport& report, size_t first_kind, size_t end_kind, const char* name,
                         int64_t now_ms) {
  WrappedText text;
  bool any = false;
  for (size_t kind = first_kind; kind < end_kind; ++kind) {
    any = any || CountOf(report, kind) > 0 || Find(report, kind) != nullptr;
  }
  if (!any) {
    text.Say(std::string("No frame was ") + name + " since the job started.");
    return text.text();
  }
  const bool reads_files = report.rule.bootstrap_server.empty();
  text.Say("Frames that were not counted since the job started, and what shows the last of each kind" +
           std::string(reads_files ? ", where FILE is the one of that number:" : " (add -X as for the job):"));
  for (size_t kind = first_kind; kind < end_kind; ++kind) {
    const StatusReport::Rejected* const frame = Find(report, kind);
    const uint64_t count = CountOf(report, kind);
    if (count == 0 && frame == nullptr) continue;
    text.EmptyLine();
    std::string sentence =
        std::string(RejectedKindName(kind)) + " (" + MeaningOf(kind) + "): " + Count(count, "frame", "frames");
    if (frame == nullptr) {
      text.Say(sentence + "; the log says where.");
      continue;
    }
    const int64_t age_s = std::max<int64_t>(0, now_ms - frame->seen_ms) / 1000;
    text.Say(sentence + ", the last seen " + ShortSpan(age_s) + " ago in " +
             (reads_files ? "file " + std::to_string(frame->partition + 1) + " at byte "
                          : "partition " + std::to_string(frame->partition) + " at offset ") +
             std::to_string(frame->offset) + "." + (frame->first.empty() ? "" : " The first: " + frame->first));
    text.Verbatim(CommandFor(report, *frame));
  }
  return text.text();
}

}  // namespace

std::string ExplainRejected(const StatusReport& report, int64_t now_ms) {
  return ExplainKinds(report, 0, kLateKind, "invalid or future", now_ms);
}

std::string ExplainLate(const StatusReport& report, int64_t now_ms) {
  return ExplainKinds(report, kLateKind, kRejectedKinds, "late", now_ms);
}

}  // namespace headcount
