// The metrics of a job on Kafka: no counter goes back while workers and the writer are killed, Prometheus' own tool
// finds nothing to say about them, and a real Prometheus reads them and loads the alerts.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "tests/support/job_testing.h"
#include "tests/support/scrape.h"
#include "tests/support/tcp_client.h"

namespace headcount::test {
namespace {

constexpr int64_t kStart = 1468244400;
const Arguments kStreaming = {"--workers", "2", "--window", "10s", "--idle-timeout", "1h", "--metrics-listen", "0"};

class JobMetrics : public testing::Test {
 protected:
  static uint16_t PortIn(ChildProcess* process, const std::string& before) {
    size_t at = std::string::npos;
    Eventually([&] { return (at = process->Err().find(before)) != std::string::npos || !process->IsRunning(); });
    return at == std::string::npos ? 0 : static_cast<uint16_t>(std::stoi(process->Err().substr(at + before.size())));
  }
  static uint16_t PortOf(Job* job) { return PortIn(&job->process(), "metrics at http://127.0.0.1:"); }
  static Scrape Ask(uint16_t port) { return ReadScrape(HttpGet(port, "/metrics").body); }
  // Starts it with ten seconds of frames in each partition, and more, so that windows are out and others open.
  static uint16_t StartWithFrames(Job* job) {
    for (int32_t p = 0; p < 2; ++p) job->Produce(p, Seconds(kStart, kStart + 40, 20, "p" + std::to_string(p)));
    job->Start();
    EXPECT_TRUE(job->HasClosed(kStart + 30));
    return PortOf(job);
  }

  const TestBroker broker_ = TestBroker::FromEnvironment();
};

TEST_F(JobMetrics, NoCounterGoesBackWhileWorkersAndTheWriterAreKilled) {
  Job job(broker_, 2, kStreaming);
  const uint16_t port = StartWithFrames(&job);
  ASSERT_NE(port, 0);
  Scrape last = Ask(port);
  const auto look = [&] {
    Scrape now = Ask(port);
    for (const std::string& back : WentBack(last, now)) ADD_FAILURE() << back;
    last = std::move(now);
    return true;
  };
  const auto grows_to = [&](const std::string& series, double least) {
    return Eventually([&] { return look() && last.Value(series) >= least; });
  };
  const std::string counted = "headcount_verdicts_total{verdict=\"counted\"}";
  ASSERT_TRUE(grows_to(counted, 1'600));
  for (int n = 1; n <= 2; ++n) {
    kill(job.WorkerPid(n % 2), SIGKILL);
    ASSERT_TRUE(grows_to("headcount_restarts_total{role=\"worker\"}", n));
    // What is open is read again; only then there is more.
    for (int32_t p = 0; p < 2; ++p) {
      job.Produce(p, Seconds(kStart + 30 + 10 * n, kStart + 40 + 10 * n, 20, "p" + std::to_string(p)));
    }
    ASSERT_TRUE(grows_to(counted, 1'600 + 400 * n));
  }
  kill(job.WriterPid(), SIGKILL);
  ASSERT_TRUE(grows_to("headcount_restarts_total{role=\"writer\"}", 1));
  for (int32_t p = 0; p < 2; ++p) job.Produce(p, Seconds(kStart + 60, kStart + 70, 20, "p" + std::to_string(p)));
  ASSERT_TRUE(job.HasClosed(kStart + 60));
  ASSERT_TRUE(grows_to(counted, 2'800));
  EXPECT_EQ(last.Value(counted), 2'800) << "each once";
  EXPECT_GT(last.Value("headcount_records_total"), 2'800) << "and some read again";
  EXPECT_GT(last.Value("headcount_transaction_seconds_count"), 1);
  ASSERT_TRUE(Eventually([port] { return HttpGet(port, "/-/ready").status == 200; }));
  EXPECT_EQ(Describe(*job.Drain()), "exit 0");
}

// By the names of the kernel: "socket:[4711]".
std::set<std::string> SocketsOf(pid_t pid) {
  std::set<std::string> sockets;
  std::error_code gone;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd", gone)) {
    const std::string target = std::filesystem::read_symlink(entry, gone).string();
    if (target.rfind("socket:", 0) == 0) sockets.insert(target);
  }
  return sockets;
}

// It is forked by a coordinator that listens, and that has a client; of a first worker cli_metrics_test.cc says the
// same. It has sockets of its own, to the broker.
TEST_F(JobMetrics, AWorkerThatIsStartedAgainHasNoSocketOfTheServer) {
  Job job(broker_, 2, kStreaming);
  const uint16_t port = StartWithFrames(&job);
  ASSERT_NE(port, 0);
  const TcpClient held(port);
  EXPECT_EQ(HttpGet(port, "/metrics").status, 200);  // by then the one above is accepted
  // By their names, which a child would keep that has them, also once the client is ended here.
  const std::set<std::string> of_the_server = SocketsOf(job.process().pid());
  EXPECT_GE(of_the_server.size(), 2U) << "it listens, and has a client";
  const pid_t before = job.WorkerPid(0);
  kill(before, SIGKILL);
  ASSERT_TRUE(Eventually([&] { return job.WorkerPid(0) != before && job.WorkerPid(0) > 0; }));
  const pid_t now = job.WorkerPid(0);
  // It closes them after the fork, and may be seen before.
  EXPECT_TRUE(Eventually([&] {
    const std::set<std::string> own = SocketsOf(now);
    return std::none_of(own.begin(), own.end(),
                        [&](const std::string& socket) { return of_the_server.count(socket) > 0; });
  }));
}

TEST_F(JobMetrics, PromtoolHasNothingToSayAboutAScrape) {
  if (!std::filesystem::exists("/usr/bin/promtool"))
    GTEST_SKIP() << "promtool is not installed (scripts/setup.sh --dev)";
  Job job(broker_, 2, kStreaming);
  const uint16_t port = StartWithFrames(&job);
  ASSERT_NE(port, 0);
  ChildOptions options;
  options.input = HttpGet(port, "/metrics").body;
  const Finished checked = RunToEnd("promtool", {"check", "metrics"}, options);
  EXPECT_EQ(Describe(checked.status), "exit 0") << checked.out << checked.err;
  EXPECT_EQ(checked.out + checked.err, "");
}

TEST_F(JobMetrics, APrometheusScrapesThemAndLoadsTheAlerts) {
  if (!std::filesystem::exists("/usr/bin/prometheus")) GTEST_SKIP() << "no prometheus (scripts/setup.sh --dev)";
  Job job(broker_, 2, kStreaming);
  const uint16_t port = StartWithFrames(&job);
  ASSERT_NE(port, 0);
  const TempDir dir;
  WriteFile(dir / "prometheus.yml", "global: { scrape_interval: 1s, evaluation_interval: 1s }\nrule_files: [" +
                                        std::string(HEADCOUNT_SOURCE_DIR) +
                                        "/config/prometheus/headcount.rules.yml]\nscrape_configs:\n"
                                        "  - { job_name: headcount, static_configs: [{ targets: ['127.0.0.1:" +
                                        std::to_string(port) + "'] }] }\n");
  // It cannot be asked to find a port itself: one that was free a moment ago, and another if somebody was faster.
  std::unique_ptr<ChildProcess> prometheus;
  uint16_t own = 0;
  const auto runs = [&] {
    own = FreePort();
    prometheus = std::make_unique<ChildProcess>("prometheus",
                                                Arguments{"--config.file=" + (dir / "prometheus.yml").string(),
                                                          "--storage.tsdb.path=" + (dir / "data").string(),
                                                          "--web.listen-address=127.0.0.1:" + std::to_string(own)});
    return Eventually([&] {
             return !prometheus->IsRunning() ||
                    prometheus->Err().find("Server is ready to receive web requests") != std::string::npos;
           }) &&
           prometheus->IsRunning();
  };
  ASSERT_TRUE(runs() || runs() || runs()) << prometheus->Err();
  const auto answer = [own](const std::string& path) {
    return ReadJson(HttpGet(own, "/api/v1/" + path).body).value_or(JsonValue());
  };
  const auto value_of = [&](const std::string& query) {
    const JobStatus all(answer("query?query=" + query));
    return all.Has("data.result.0.value.1") ? all.Text("data.result.0.value.1") : "";
  };
  EXPECT_TRUE(Eventually([&] { return value_of("headcount_windows_published_total") == "3"; }));
  EXPECT_EQ(value_of("up"), "1");
  EXPECT_EQ(value_of("sum(headcount_verdicts_total)"), "1600");
  EXPECT_TRUE(Eventually([&] {
    const JobStatus rules(answer("rules"));
    return rules.Has("data.groups.0.rules.10") && rules.Text("data.groups.0.rules.10.health") == "ok";
  }));
  prometheus->Signal(SIGTERM);
  EXPECT_EQ(Describe(prometheus->Wait().value_or(ExitStatus{})), "exit 0");
}

}  // namespace
}  // namespace headcount::test
