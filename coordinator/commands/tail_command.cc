#include "coordinator/commands/tail_command.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "common/records/count_record.h"
#include "coordinator/commands/minute_table.h"
#include "coordinator/commands/output_topic.h"
#include "coordinator/text/broken_pipe.h"
#include "coordinator/text/stdout_text.h"

namespace headcount {
namespace {

constexpr int kWaitMs = 1'000;
// A topic that other programs write to would fill the screen.
constexpr uint64_t kForeignNamed = 10;

// A record, parsed and as its text.
struct Line {
  CountRecord record;
  std::string value;
};

class Tail {
 public:
  explicit Tail(const TailOptions& options) : options_(options) {}

  Result<void> Run() {
    Result<OutputTopic> topic = OutputTopic::Open(options_.kafka, options_.last);
    if (!topic) return topic.error();
    for (;;) {
      const Result<bool> taken = topic->Take([this](const OutputRecord& record) { Keep(record); });
      if (!taken) return taken.error();
      if (topic->HasEnded() && !ShowCollected()) return Error{ExitCode::kTryAgain, "writing to stdout failed"};
      if (topic->HasEnded() && options_.until_end) return {};
      if (!*taken) topic->Wait(kWaitMs);
      // A reader that has seen enough, as head, waits for this process to end.
      if (ReaderOfStdoutHasGone()) {
        EndByBrokenPipe();
        return Error{ExitCode::kTryAgain, "nobody reads stdout any more"};
      }
    }
  }

 private:
  // A record that headcount cannot have written is no minute. It is named on stderr, so that a program that reads
  // stdout goes on.
  void Keep(const OutputRecord& record) {
    const std::string why = record.WhyForeign(options_.kafka.output_topic);
    if (why.empty()) {
      waiting_.push_back({*ParseCountRecord(*record.value), std::string(*record.value)});
    } else if (++foreign_ <= kForeignNamed) {
      FlushStdout();
      fprintf(stderr, "headcount: %s%s\n", why.c_str(), foreign_ == kForeignNamed ? "; others are not named" : "");
    }
  }

  // Prints in the order of the minutes, because minutes lie in different partitions. Returns whether stdout took them.
  bool ShowCollected() {
    std::stable_sort(waiting_.begin(), waiting_.end(),
                     [](const Line& a, const Line& b) { return a.record.start < b.record.start; });
    if (!shown_history_ && waiting_.size() > options_.last) {
      waiting_.erase(waiting_.begin(), waiting_.end() - static_cast<std::ptrdiff_t>(options_.last));
    }
    for (const Line& line : waiting_) most_ = std::max(most_, line.record.unique_users);
    for (const Line& line : waiting_) Print(line);
    shown_history_ = true;
    waiting_.clear();
    return FlushStdout();
  }

  void Print(const Line& line) {
    if (options_.json) {
      printf("%s\n", line.value.c_str());
      return;
    }
    if (!has_head_) printf("%s", MinuteTableHead(line.record.window_s).c_str());
    has_head_ = true;
    const PublishedMinute minute{line.record.start, line.record.unique_users, line.record.counts, 0};
    printf("%s", MinuteTableRow(minute, most_).c_str());
  }

  const TailOptions& options_;
  std::vector<Line> waiting_;
  uint64_t most_ = 0;  // users, of all minutes shown
  uint64_t foreign_ = 0;
  bool shown_history_ = false;
  bool has_head_ = false;
};

}  // namespace

int RunTail(const TailOptions& options) {
  const Result<void> ended = Tail(options).Run();
  if (ended.ok()) return 0;
  return Refuse(ended.error());
}

}  // namespace headcount
