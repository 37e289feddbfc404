// The metadata's parser: on the bytes as they are, and once more with a checksum that fits, which no fuzzer would find.
#include <xxhash.h>

#include <cstdio>

#include "common/base/limits.h"
#include "common/judge/commit_metadata.h"
#include "common/judge/judge.h"
#include "tests/fuzz/targets.h"

namespace headcount::test {
namespace {

class DeafSink : public VerdictSink {
 public:
  void AddCounted(WindowStart, Fingerprint) override {}
  void AddLate(WindowStart) override {}
  void AddFuture(WindowStart) override {}
  void AddInvalid(WindowStart, InvalidReason) override {}
  void AddUnattributed(WindowStart, const VerdictCounts&) override {}
};

std::string WithItsChecksum(std::string_view text) {
  const size_t body = text.rfind(';') + 1;  // 0 where there is none
  std::string fitting(text.substr(0, body));
  char sum[16];
  std::snprintf(sum, sizeof sum, "%08x", XXH32(fitting.data(), fitting.size(), 0));
  return fitting + sum;
}

// A replay from the point, over a log that has a record at every offset that matters. Whatever the text said, this
// neither breaks an invariant nor leaves the range of a number; the sanitizers watch.
void ReplayFrom(const SafePoint& safe) {
  DeafSink sink;
  Judge judge(CountingRule{}, safe, &sink);
  const int64_t now = safe.state.watermark.is_set() ? safe.state.watermark.seconds() : 1'500'000'000;
  const auto give = [&judge, now](Offset offset) {
    judge.ReachedEnd(offset);
    if (judge.PassOver(offset)) return;
    if (judge.IsPoison(offset)) return judge.JudgeInvalid(offset, InvalidReason::kPoison);
    judge.JudgeValid(offset, {EventTime(now + offset.value() % 100), {1, 1}});
  };
  for (const UnconfirmedRef& unconfirmed : safe.state.unconfirmed) give(unconfirmed.offset);
  if (safe.state.offset.value() > INT64_MAX - 1000) return;  // no log is that long
  judge.ReachedEnd(safe.state.offset);
  Offset next = safe.state.offset;
  for (const Decision& decision : safe.decisions) {
    if (decision.offset.value() > INT64_MAX - 1000) return;
    if (decision.offset < next) continue;
    give(decision.offset);
    next = Offset(decision.offset.value() + 1);
  }
  for (int i = 0; i < 3; ++i) give(Offset(next.value() + i));
  if (!judge.decisions_full()) judge.MarkIdle(EventTime(now + 10), WindowStart::Unset());
}

void Parse(std::string_view text) {
  const Result<CommitMetadata> read = ParseCommitMetadata(text);
  if (!read.ok()) {
    if (read.error().exit_code != ExitCode::kHumanNeeded) Wrong("a text is refused with another exit code than 78");
    return;
  }
  const std::string again = ToText(read->header, read->safe);
  if (text[0] == '1') {
    const Result<CommitMetadata> as_version_2 = ParseCommitMetadata(again);
    if (!as_version_2.ok() || !(as_version_2->safe == read->safe) || !(as_version_2->header == read->header)) {
      Wrong("\"" + std::string(text) + "\" is read, but as version 2 it says something else: \"" + again + "\"");
    }
  } else if (again != text) {
    Wrong("\"" + std::string(text) + "\" is read, but printed as \"" + again + "\"");
  }
  ReplayFrom(read->safe);
}

}  // namespace

void TryCommitMetadata(std::string_view bytes) {
  Parse(bytes);
  Parse(WithItsChecksum(bytes));
}

}  // namespace headcount::test
