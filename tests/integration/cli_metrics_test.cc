// The metrics of a job on files: in a file for Prometheus' textfile collector, and over HTTP.

#include <algorithm>
#include <filesystem>
#include <memory>

#include "common/base/limits.h"
#include "tests/integration/cli_testing.h"
#include "tests/support/scrape.h"
#include "tests/support/tcp_client.h"

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

// --- Over HTTP -----------------------------------------------------------------------------------------------

class CliMetricsListenTest : public CliMetricsTest {
 protected:
  // Where it listens, by its log; 0: it does not.
  static uint16_t PortOf(ChildProcess* job) {
    const std::string before = "metrics at http://127.0.0.1:";
    size_t at = std::string::npos;
    Eventually([&] { return (at = job->Err().find(before)) != std::string::npos || !job->IsRunning(); });
    return at == std::string::npos ? 0 : static_cast<uint16_t>(std::stoi(job->Err().substr(at + before.size())));
  }
  bool Reads() const {
    return WaitForStatus([](const JsonValue& status) { return NumberAt(status, {"totals", "records"}) > 0; });
  }
};

TEST_F(CliMetricsListenTest, ARunningJobShowsItsMetricsAndWhetherItIsWell) {
  Feed feed(dir_ / "feed");
  const auto job = Start("exec $headcount run --input - --metrics-listen 0 --metrics-file headcount.prom < feed");
  ASSERT_TRUE(feed.Write(SomeTexts(31)[0]));
  ASSERT_TRUE(Reads()) << job->Err();
  ASSERT_TRUE(WaitForStatus([](const JsonValue& status) { return TextAt(status, {"state"}) == "running"; }));
  const uint16_t port = PortOf(job.get());
  ASSERT_NE(port, 0) << job->Err();
  EXPECT_TRUE(Eventually([&] { return HttpGet(port, "/-/ready").status == 200; })) << ReadFile(StatusPath());
  const HttpAnswerText healthy = HttpGet(port, "/-/healthy");
  EXPECT_EQ(healthy.status, 200);
  EXPECT_EQ(healthy.body.rfind("alive: running", 0), 0U) << healthy.body;
  EXPECT_EQ(healthy.body.find("old"), std::string::npos) << "its age is that of the connection: " << healthy.body;
  const HttpAnswerText answer = HttpGet(port, "/metrics");
  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(answer.fields.find("Content-Type: text/plain; version=0.0.4"), std::string::npos) << answer.fields;
  EXPECT_EQ(ReadScrape(answer.body).Value("headcount_state{state=\"running\"}"), 1);
  EXPECT_EQ(HttpGet(port, "/").status, 404);
  // The file says the same, if not at the same moment.
  EXPECT_TRUE(Eventually([&] { return HttpGet(port, "/metrics").body == ReadFile(MetricsPath()); }));
  feed.Close();
  EXPECT_EQ(Describe(job->Wait().value_or(ExitStatus{})), "exit 0") << job->Err();
}

TEST_F(CliMetricsListenTest, AnAddressInUseEndsTheRunWithWhatToDo) {
  Feed feed(dir_ / "feed");
  const auto job = Start("exec $headcount run --input - --metrics-listen 0 < feed");
  ASSERT_TRUE(feed.Write("\n"));
  const std::string port = std::to_string(PortOf(job.get()));
  const Finished second = Run(WriteFiles({""}), {"--metrics-listen", port, "--status-file", "other.json"});
  EXPECT_EQ(Describe(second.status), "exit 78");
  EXPECT_NE(second.err.find("cannot listen on 127.0.0.1:" + port +
                            " (--metrics-listen): Address already in use: another program, or another headcount, is "
                            "there already; name another port"),
            std::string::npos)
      << second.err;
}

// A child that kept one would keep the address after the coordinator is gone, and a client's connection open.
TEST_F(CliMetricsListenTest, NoChildHasASocket) {
  Feed feed(dir_ / "feed");
  const auto job = Start("exec $headcount run --input - --workers 1 --metrics-listen 0 < feed");
  ASSERT_TRUE(feed.Write(SomeTexts(32)[0]));
  ASSERT_TRUE(Reads());
  const uint16_t port = PortOf(job.get());
  const TcpClient held(port);
  HttpGet(port, "/metrics");  // by then the one above is accepted
  const auto sockets = [](pid_t pid) {
    int count = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd")) {
      std::error_code gone;
      count += std::filesystem::read_symlink(entry, gone).string().rfind("socket:", 0) == 0 ? 1 : 0;
    }
    return count;
  };
  EXPECT_GE(sockets(job->pid()), 2);
  const std::vector<pid_t> children = ChildrenOf(job->pid());
  EXPECT_EQ(children.size(), 2U);
  for (const pid_t child : children) EXPECT_EQ(sockets(child), 0) << child;
}

// Who has a thousand connections and says nothing, or nonsense, or does not listen: it takes nobody's time. The status
// goes on, a scrape is answered, and the minutes are right.
TEST_F(CliMetricsListenTest, AThousandHostileConnectionsChangeNothing) {
  AllowManyDescriptors();
  const std::vector<std::string> texts = SomeTexts(33);
  Feed feed(dir_ / "feed");
  const auto job = Start("exec $headcount run --input - --metrics-listen 0 < feed");
  ASSERT_TRUE(feed.Write(FirstLines(texts[0], LinesIn(texts[0]) / 2)));
  ASSERT_TRUE(Reads());
  const uint16_t port = PortOf(job.get());
  std::vector<std::unique_ptr<TcpClient>> hostile;
  for (int i = 0; i < 1'000; ++i) {
    hostile.push_back(std::make_unique<TcpClient>(port, 4'096));
    if (i % 4 == 1) hostile.back()->Send("GET /metrics HTT");
    if (i % 4 == 2) hostile.back()->Send(std::string(3'000, '\xFF'));
    if (i % 4 == 3) hostile.back()->Send("GET /metrics HTTP/1.0\r\n\r\n");
    if (i % 100 == 99) {
      EXPECT_EQ(HttpGet(port, "/metrics").status, 200) << "after " << i;
    }
  }
  const int64_t seen_ms = NumberAt(Status(), {"updated_at_ms"});
  EXPECT_TRUE(WaitForStatus(
      [seen_ms](const JsonValue& status) { return NumberAt(status, {"updated_at_ms"}) >= seen_ms + 1'000; }));
  ASSERT_TRUE(feed.Write(texts[0].substr(FirstLines(texts[0], LinesIn(texts[0]) / 2).size())));
  feed.Close();
  EXPECT_EQ(Describe(job->Wait().value_or(ExitStatus{})), "exit 0") << job->Err();
  EXPECT_EQ(job->Out(), RecordsOf({texts[0]}));
}

}  // namespace
}  // namespace headcount::test
