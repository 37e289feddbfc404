// Options from a config file and the environment, by the whole binary: what wins, what is said when it is wrong, and
// that a secret stays one.

#include <unistd.h>

#include "tests/integration/cli_testing.h"

namespace headcount::test {
namespace {

using Environment = std::vector<std::pair<std::string, std::string>>;

class CliConfigTest : public CliTest {
 protected:
  // One good file, `in-0.jsonl`.
  void SetUp() override { WriteFiles({"{\"ts\":1468244401,\"uid\":\"a\"}\n"}); }

  void Config(const std::string& text) const { WriteFile(dir_ / "headcount.conf", text); }

  Finished With(const std::vector<std::string>& words, const Environment& environment = {}) const {
    ChildOptions options;
    options.environment = environment;
    return Headcount(words, options);
  }

  void ExpectRefused(const Finished& run, int code, const std::vector<std::string>& parts) const {
    EXPECT_EQ(Describe(run.status), "exit " + std::to_string(code)) << run.err;
    EXPECT_EQ(run.out, "");
    for (const std::string& part : parts) {
      EXPECT_NE(run.err.find(part), std::string::npos) << "\"" << part << "\" is not in: " << run.err;
    }
  }
};

// The length of the window of the only record, in seconds.
int64_t WindowOf(const Finished& run) {
  const JsonValue record = ReadJson(run.out).value_or(JsonValue{});
  return NumberAt(record, {"window_end"}) - NumberAt(record, {"window_start"});
}

const std::vector<std::string> kCount = {"run", "--input", "in-0.jsonl"};

TEST_F(CliConfigTest, AFlagWinsOverTheEnvironmentAndThatOverTheFileAndThatOverTheDefault) {
  Config("window = 10s\n");
  const Environment names_file = {{"HEADCOUNT_CONFIG", "headcount.conf"}};
  const Environment names_both = {{"HEADCOUNT_CONFIG", "headcount.conf"}, {"HEADCOUNT_WINDOW", "20s"}};
  EXPECT_EQ(WindowOf(With(kCount)), 60);
  EXPECT_EQ(WindowOf(With(kCount, names_file)), 10);
  EXPECT_EQ(WindowOf(With({"run", "--input", "in-0.jsonl", "--config", "headcount.conf"})), 10);
  EXPECT_EQ(WindowOf(With(kCount, names_both)), 20);
  EXPECT_EQ(WindowOf(With({"run", "--input", "in-0.jsonl", "--window", "30s"}, names_both)), 30);
}

TEST_F(CliConfigTest, WhatIsWrongIsNamedWhereItStands) {
  Config("# a comment\nallowed-latenes = 5s\n");
  ExpectRefused(With({"run", "--config", "headcount.conf"}), 64,
                {"headcount.conf:2: allowed-latenes: unknown key", "did you mean allowed-lateness?"});
  Config("window = 60\n");
  ExpectRefused(With({"run", "--config", "headcount.conf"}), 64, {"headcount.conf:1: window \"60\": the unit is"});
  Config("X.linger.mss = 5\n");
  ExpectRefused(With({"run", "--config", "headcount.conf"}), 64,
                {"headcount.conf:1: X.linger.mss: No such configuration property"});
  Config("X.acks = 1\n");
  ExpectRefused(With({"run", "--config", "headcount.conf"}), 64, {"headcount.conf:1: X.acks: cannot be set"});
  ExpectRefused(With({"run"}, {{"HEADCOUNT_X_LINGER_MS", "often"}}), 64, {"HEADCOUNT_X_LINGER_MS: Invalid value"});
  ExpectRefused(With({"run"}, {{"HEADCOUNT_WINDOWS", "5s"}}), 64, {"HEADCOUNT_WINDOWS", "mean HEADCOUNT_WINDOW?"});
}

TEST_F(CliConfigTest, AFileThatCannotBeReadNeedsAHuman) {
  create_directory(dir_ / "folder");
  ExpectRefused(With({"run", "--config", "none.conf"}), 78, {"--config: cannot read 'none.conf': No such file"});
  ExpectRefused(With({"run", "--config", "folder"}), 78, {"cannot read 'folder': Is a directory"});
  ExpectRefused(With({"run", "--config", "/dev/zero"}), 78, {"cannot read '/dev/zero': it is larger than 1MiB"});
  ExpectRefused(With({"status"}, {{"HEADCOUNT_CONFIG", "none.conf"}}), 78, {"HEADCOUNT_CONFIG: cannot read"});
  ExpectRefused(With({"run", "-X", "sasl.password_file=none"}), 78, {"-X sasl.password_file: cannot read 'none'"});
}

TEST_F(CliConfigTest, AFileMayComeThroughAPipe) {
  const Finished run = Shell("exec $headcount run --input in-0.jsonl --config <(echo window = 10s)");
  EXPECT_EQ(WindowOf(run), 10) << run.err;
}

TEST_F(CliConfigTest, StatusAndHealthFindTheStatusFileThatTheConfigNames) {
  Config("status-file = elsewhere.json\n");
  const Environment environment = {{"HEADCOUNT_CONFIG", "headcount.conf"}};
  EXPECT_EQ(Describe(With(kCount, environment).status), "exit 0");
  const Finished status = With({"status", "--json"}, environment);
  EXPECT_EQ(Describe(status.status), "exit 0") << status.err;
  EXPECT_EQ(status.out, ReadFile(dir_ / "elsewhere.json"));
  const Finished health = With({"health", "--config", "headcount.conf"});
  EXPECT_EQ((health.out + health.err).find("none.json"), std::string::npos);
  EXPECT_EQ(Describe(health.status), Describe(With({"health", "--status-file", "elsewhere.json"}).status));
}

const std::string kSecret = "hunter2hunter2";

// Nobody listens on port 1. By then the job has said what its settings are, and that it is not there.
TEST_F(CliConfigTest, ASecretStandsInNoLogAndNoStatus) {
  WriteFile(dir_ / "secret", kSecret + "\n");
  Config(
      "bootstrap-server = localhost:1\nX.security.protocol = SASL_PLAINTEXT\nX.sasl.mechanism = PLAIN\n"
      "X.sasl.username = me\nX.debug = conf,security,broker\nX.sasl.password_file = secret\n");
  const auto job =
      Start("exec $headcount run --config headcount.conf --status-file headcount.status.json --group cli-config-" +
            std::to_string(getpid()));
  EXPECT_TRUE(Eventually([&] {
    return job->Err().find("sasl.password = [redacted]") != std::string::npos &&
           job->Err().find("localhost:1") != std::string::npos && TextAt(Status(), {"state"}) == "starting";
  })) << job->Err();
  job->Signal(SIGTERM);
  EXPECT_TRUE(Eventually([&] { return job->Err().find("draining") != std::string::npos; }));
  job->Signal(SIGTERM);
  EXPECT_TRUE(job->Wait().has_value());
  EXPECT_EQ((job->Out() + job->Err() + ReadFile(StatusPath())).find(kSecret), std::string::npos);
}

TEST_F(CliConfigTest, ASecretStandsInNoMessage) {
  for (const char* line :
       {"X.sasl.pasword = hunter2hunter2", "X.sasl.password hunter2hunter2", "X.sasl.password = \"hunter2hunter2",
        "X.group.id = hunter2hunter2", "hunter2hunter2", "X.sasl.password = a\nX.sasl.password = hunter2hunter2",
        "X.security.protocol = sasl_ssl\nX.ssl.key.pem = hunter2hunter2\nbootstrap-server = a:1"}) {
    Config(std::string(line) + "\n");
    const Finished refused = With({"run", "--config", "headcount.conf"});
    EXPECT_EQ((refused.out + refused.err).find(kSecret), std::string::npos) << refused.err;
    EXPECT_EQ(Describe(refused.status), "exit 64") << line << "\n" << refused.err;
  }
}

TEST_F(CliConfigTest, ASecretThatIsMistypedStandsInNoMessage) {
  ExpectRefused(With({"run", "--sasl.password=" + kSecret}), 64, {"unknown option \"--sasl.password\""});
  ExpectRefused(With({"run", "sasl.password=" + kSecret}), 64, {"unexpected word \"sasl.password\""});
  for (const std::vector<std::string>& words : {std::vector<std::string>{"run", "--sasl.password=" + kSecret},
                                                {"run", "sasl.password=" + kSecret},
                                                {"run", "-X", "sasl.password", kSecret},
                                                {"run", "-X", "sasl.password", "=", kSecret},
                                                {"run", "-X", "sasl.password=" + kSecret, kSecret},
                                                {"run", "--X.sasl.password", kSecret}}) {
    const Finished run = With(words);
    EXPECT_EQ(Describe(run.status), "exit 64") << run.err;
    EXPECT_EQ((run.out + run.err).find(kSecret), std::string::npos) << run.err;
  }
  const Finished run = With({"run"}, {{"HEADCOUNT_XSASL_PASSWORD", kSecret}});
  EXPECT_EQ(Describe(run.status), "exit 64") << run.err;
  EXPECT_EQ(run.err.find(kSecret), std::string::npos) << run.err;
}

// --- --print-config ------------------------------------------------------------------------------------------

TEST_F(CliConfigTest, WhatIsPrintedRunsTheSameJob) {
  const Finished printed = With({"run", "--print-config", "--window", "10s"}, {{"HEADCOUNT_X_SASL_PASSWORD", kSecret}});
  EXPECT_EQ(Describe(printed.status), "exit 0") << printed.err;
  EXPECT_EQ(printed.err, "");
  EXPECT_EQ(printed.out.find(kSecret), std::string::npos) << printed.out;
  Config(printed.out);
  const Finished run = With({"run", "--input", "in-0.jsonl", "--config", "headcount.conf"});
  EXPECT_EQ(WindowOf(run), 10) << run.err;
}

TEST_F(CliConfigTest, WhatNoStartWouldTakeIsNotPrinted) {
  ExpectRefused(With({"run", "--print-config", "-X", "sasl.pasword=" + kSecret}), 64, {"-X sasl.pasword: No such"});
  ExpectRefused(With({"run", "--print-config", "--window", "10"}), 64, {"--window \"10\": the unit is missing"});
  EXPECT_EQ(Describe(Shell("exec $headcount run --print-config > /dev/full").status), "exit 75");
}

// --- --check-config ------------------------------------------------------------------------------------------

TEST_F(CliConfigTest, ACheckSaysOkAndReadsNothingAndAsksNobody) {
  const std::vector<std::vector<std::string>> right = {
      {"run", "--check-config"},
      {"run", "--check-config", "-b", "localhost:1", "--until-end", "-X", "security.protocol=ssl"},
      {"run", "--check-config", "--input", "in-0.jsonl"}};
  for (const std::vector<std::string>& words : right) {
    const Finished run = With(words);
    EXPECT_EQ(Describe(run.status), "exit 0") << run.err;
    EXPECT_EQ(run.out, "ok\n");
    EXPECT_EQ(run.err, "");
  }
  EXPECT_EQ(ReadFile(StatusPath()), "");
}

TEST_F(CliConfigTest, ACheckFindsWhatAStartWouldTripOver) {
  ExpectRefused(With({"run", "--check-config", "--window", "60"}), 64, {"--window \"60\": the unit is missing"});
  ExpectRefused(With({"run", "--check-config", "-X", "linger.mss=5"}), 64, {"-X linger.mss: No such"});
  ExpectRefused(With({"run", "--check-config", "-X", "security.protocol=ssl", "-X", "ssl.ca.location=none.pem"}), 64,
                {"cannot make a Kafka consumer", "ssl.ca.location"});
  ExpectRefused(With({"run", "--check-config", "-X", "producer.message.timeout.ms=100000"}), 64,
                {"cannot make a Kafka producer", "message.timeout.ms"});
  ExpectRefused(With({"run", "--check-config", "--input", "none.jsonl"}), 78, {"'none.jsonl'", "No such file"});
  ExpectRefused(With({"run", "--check-config", "-X", "sasl.password_file=none"}), 78, {"cannot read 'none'"});
  ExpectRefused(With({"run", "--check-config", "--print-config"}), 64, {"--print-config: it is one of the two"});
  ExpectRefused(With({"run", "--ready"}), 64, {"--ready: it needs --check-config"});
  ExpectRefused(With({"run", "--check-config", "--ready", "--input", "in-0.jsonl"}), 64, {"--ready: it asks the"});
}

}  // namespace
}  // namespace headcount::test
