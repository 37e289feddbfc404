#include "coordinator/commands/report/report_command.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/base/replaced_file.h"
#include "common/records/count_record.h"
#include "coordinator/commands/output_topic.h"
#include "coordinator/commands/report/report_page.h"
#include "coordinator/text/stdout_text.h"
#include "coordinator/text/version.h"

namespace headcount {
namespace {

constexpr int kWaitMs = 1'000;

Error TooMany() {
  return Error{ExitCode::kHumanNeeded, "there are more than " + std::to_string(limits::kMaxReportMinutes) +
                                           " records of minutes; --from and --to choose some of them"};
}

// --- The topic --------------------------------------------------------------------------------------------

Result<void> ReadTopic(const ReportOptions& options, MinuteCollector* minutes) {
  Result<OutputTopic> topic = OutputTopic::Open(options.kafka, std::nullopt);
  if (!topic) return topic.error();
  bool fits = true;
  const auto keep = [&](const OutputRecord& record) {
    std::string why = record.WhyForeign(options.kafka.output_topic);
    if (!why.empty()) return minutes->AddForeign(std::move(why));
    fits = minutes->Add(*ParseCountRecord(*record.value)) && fits;
  };
  int64_t heard_ms = MonotonicMs();
  while (!topic->HasEnded()) {
    const Result<bool> taken = topic->Take(keep);
    if (!taken) return taken.error();
    if (!fits) return TooMany();
    if (*taken) {
      heard_ms = MonotonicMs();
      continue;
    }
    if (MonotonicMs() - heard_ms > limits::kReportSilenceMs) {
      return Error{ExitCode::kTryAgain, "reading topic " + options.kafka.output_topic +
                                            ": nothing has come from the broker for " +
                                            std::to_string(limits::kReportSilenceMs / 1000) + " s"};
    }
    topic->Wait(kWaitMs);
  }
  return {};
}

// --- A file -----------------------------------------------------------------------------------------------

struct FileCloser {
  void operator()(FILE* file) const {
    if (file != stdin) fclose(file);
  }
};
using File = std::unique_ptr<FILE, FileCloser>;

// Gives the lines of a file one by one, each without its end, and none longer than a record can be.
class LineReader {
 public:
  explicit LineReader(FILE* file) : file_(file) {}

  // Returns false if there are no more lines, or, if error() says so, if the file cannot be read.
  bool Next(std::string* line) {
    line->clear();
    ++number_;
    int byte = 0;
    while ((byte = getc_unlocked(file_)) != EOF && byte != '\n') {
      line->push_back(static_cast<char>(byte));
      if (line->size() > limits::kMaxReportLineBytes) return true;  // no record; no caller reads on behind it
    }
    if (!line->empty() && line->back() == '\r') line->pop_back();
    return byte == '\n' || !line->empty();
  }
  bool error() const { return ferror(file_) != 0; }
  uint64_t number() const { return number_; }

 private:
  FILE* const file_;
  uint64_t number_ = 0;
};

Result<void> ReadInput(const ReportOptions& options, MinuteCollector* minutes) {
  const bool is_stdin = options.input == "-";
  const std::string name = is_stdin ? "stdin" : "'" + options.input + "'";
  const auto unreadable = [&name] {
    return Error{ExitCode::kHumanNeeded,
                 "cannot read " + name + ": " + strerror(errno)};  // NOLINT(concurrency-mt-unsafe)
  };
  const File file(is_stdin ? stdin : fopen(options.input.c_str(), "re"));
  if (file == nullptr) return unreadable();
  LineReader lines(file.get());
  for (std::string line; lines.Next(&line);) {
    if (line.empty()) continue;
    const std::optional<CountRecord> record = ParseCountRecord(line);
    const std::string place = name + ", line " + std::to_string(lines.number());
    if (!record) {
      return Error{ExitCode::kHumanNeeded, place +
                                               ": no record of a minute, as headcount run --input and "
                                               "headcount tail --json print them"};
    }
    if (const std::string why = WhyForeign(std::nullopt, line); !why.empty()) {
      minutes->AddForeign(place + ": not written by headcount: " + why);
      continue;
    }
    if (!minutes->Add(*record)) return TooMany();
  }
  if (lines.error()) return unreadable();
  return {};
}

// --- The page ---------------------------------------------------------------------------------------------

Result<void> WritePage(const std::string& path, const std::string& page) {
  if (path == "-") {
    if (PrintText(page)) return {};
    return Error{ExitCode::kTryAgain, "writing to stdout failed"};
  }
  return ReplaceFile("page", path, page);
}

// Checked before the reading, which may take minutes.
Result<void> CheckOut(const std::string& path) {
  if (path == "-") return {};
  const Result<std::string> file = FileToReplace(path);
  if (file.ok()) return {};
  return Error{file.error().exit_code, "--out " + file.error().message + "; - prints to stdout"};
}

std::string SourceOf(const ReportOptions& options) {
  if (options.input.empty()) return "topic " + options.kafka.output_topic;
  return options.input == "-" ? "records from stdin" : "file " + options.input;
}

// "headcount 1.0.0"
std::string ProgramText() {
  const std::string versions = VersionText();
  return versions.substr(0, versions.find('\n'));
}

Result<void> Report(const ReportOptions& options) {
  if (Result<void> right = CheckOut(options.out); !right) return right;
  MinuteCollector collector(options.range);
  Result<void> read = options.input.empty() ? ReadTopic(options, &collector) : ReadInput(options, &collector);
  if (!read) return read;
  const ReportMinutes minutes = collector.Finish();
  const std::string page = ReportPage(minutes, {SourceOf(options), ProgramText(), WallClockMs() / 1000, options.range});
  if (Result<void> written = WritePage(options.out, page); !written) return written;
  if (!minutes.repeated.empty()) {
    fprintf(stderr, "headcount: %zu of the minutes have more than one record; the page says which\n",
            minutes.repeated.size());
  }
  if (minutes.foreign > 0) {
    fprintf(stderr, "headcount: %s; records like it that are left out: %llu\n", minutes.first_foreign.c_str(),
            static_cast<unsigned long long>(minutes.foreign));
  }
  return {};
}

}  // namespace

int RunReport(const ReportOptions& options) {
  const Result<void> made = Report(options);
  if (made.ok()) return 0;
  return Refuse(made.error());
}

}  // namespace headcount
