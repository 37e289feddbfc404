// The metrics of a job on files: in a file for Prometheus' textfile collector.

#include <algorithm>

#include "common/limits.h"
#include "tests/integration/cli_testing.h"
#include "tests/support/scrape.h"

namespace headcount::test {
namespace {

class CliMetricsTest : public CliTest {
 protected:
  static std::vector<std::string> SomeTexts(uint64_t seed) {
    GeneratorOptions options;
    options.seed = seed;
    options.frames = 8'000;
    options.partitions = 4;
    options.frame_bytes = 200;
    options.delay_s = 7;
    options.damage = AllDamage(0.02);
    return GenerateTexts(options);
  }
  std::string MetricsPath() const { return dir_ / "headcount.prom"; }
  Scrape Metrics() const { return ReadScrape(ReadFile(MetricsPath())); }
};

TEST_F(CliMetricsTest, InTheEndTheFileHasTheOraclesNumbersAndSaysThatTheJobIsDone) {
  const std::vector<std::string> texts = SomeTexts(21);
  const Finished run = Run(WriteFiles(texts), {"--workers", "2", "--metrics-file", "headcount.prom"});
  ASSERT_EQ(Describe(run.status), "exit 0") << run.err;
  const OracleCounts counts = CountTexts(texts);
  const Scrape metrics = Metrics();
  VerdictCounts verdicts = counts.totals;
  verdicts += counts.waiting;
  EXPECT_EQ(metrics.Value("headcount_records_total"), counts.records);
  EXPECT_EQ(metrics.Value("headcount_verdicts_total{verdict=\"counted\"}"), verdicts.counted);
  EXPECT_EQ(metrics.Value("headcount_verdicts_total{verdict=\"late\"}"), verdicts.late);
  EXPECT_EQ(metrics.Value("headcount_verdicts_total{verdict=\"invalid\"}"), verdicts.invalid());
  EXPECT_EQ(metrics.Value("headcount_verdicts_total{verdict=\"future\"}"), verdicts.future);
  for (size_t i = 0; i < kInvalidReasons; ++i) {
    EXPECT_EQ(metrics.Value(std::string("headcount_invalid_total{reason=\"") + kInvalidReasonNames[i] + "\"}"),
              verdicts.invalid_by_reason[i]);
  }
  EXPECT_EQ(metrics.Value("headcount_windows_published_total"), counts.minutes.size());
  EXPECT_EQ(metrics.Value("headcount_last_window_users"), counts.minutes.back().unique_users);
  size_t bytes = 0;  // of a line that is too large no more is kept than shows that it is
  for (const std::string& text : texts) {
    for (const std::optional<std::string>& record : OracleLines(text))
      bytes += std::min(record->size(), limits::kMaxFrameBytes + 1);
  }
  EXPECT_EQ(metrics.Value("headcount_record_bytes_total"), bytes);
  EXPECT_GT(metrics.Value("headcount_batch_seconds_count"), 0);
  EXPECT_GT(metrics.Value("headcount_transaction_seconds_count"), 0);
  EXPECT_EQ(metrics.Value("headcount_state{state=\"done\"}"), 1);
  EXPECT_EQ(metrics.Value("headcount_state{state=\"running\"}"), 0);
}

TEST_F(CliMetricsTest, DeathsAndReplaysChangeNoVerdict) {
  if (!HasCrashPoints()) GTEST_SKIP() << "built without crash points";
  const std::vector<std::string> texts = SomeTexts(22);
  ChildOptions options;
  options.environment.emplace_back("HEADCOUNT_CRASH_POINT", "worker.published*4");
  const Finished run = Run(WriteFiles(texts), {"--workers", "2", "--metrics-file", "headcount.prom"}, options);
  ASSERT_EQ(Describe(run.status), "exit 0") << run.err;
  const OracleCounts counts = CountTexts(texts);
  const Scrape metrics = Metrics();
  EXPECT_GT(metrics.Value("headcount_restarts_total{role=\"worker\"}"), 0);
  EXPECT_EQ(metrics.Value("headcount_verdicts_total{verdict=\"counted\"}"),
            counts.totals.counted + counts.waiting.counted);
  EXPECT_EQ(metrics.Value("headcount_verdicts_total{verdict=\"invalid\"}"),
            counts.totals.invalid() + counts.waiting.invalid());
}

TEST_F(CliMetricsTest, AFileThatCannotBeWrittenIsSaidOnceAndStopsNothing) {
  const std::vector<std::string> texts = SomeTexts(23);
  const Finished run = Run(WriteFiles(texts), {"--metrics-file", "nowhere/headcount.prom"});
  EXPECT_EQ(Describe(run.status), "exit 0") << run.err;
  EXPECT_EQ(run.out, RecordsOf(texts));
  const size_t said = run.err.find("cannot create metrics file nowhere/headcount.prom.new.");
  ASSERT_NE(said, std::string::npos) << run.err;
  EXPECT_EQ(run.err.find("metrics file", said + 30), std::string::npos) << run.err;
}

TEST_F(CliMetricsTest, NothingIsLeftBesideTheFile) {
  const Finished run = Run(WriteFiles({""}), {"--metrics-file", "headcount.prom"});
  ASSERT_EQ(Describe(run.status), "exit 0") << run.err;
  for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
    EXPECT_EQ(entry.path().string().find(".new."), std::string::npos) << entry.path();
  }
}

TEST_F(CliMetricsTest, TheStatusFileIsNoPlaceForThem) {
  const Finished run = Run(WriteFiles({""}), {"--metrics-file", "x", "--status-file", "x"});
  EXPECT_EQ(Describe(run.status), "exit 64");
  EXPECT_NE(run.err.find("--metrics-file \"x\": the status file is another one"), std::string::npos) << run.err;
}

}  // namespace
}  // namespace headcount::test
