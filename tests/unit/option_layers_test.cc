// Options from flags, the environment and a config file together: who wins, and how messages name where it was said.
#include "coordinator/options/option_layers.h"

#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/commands/health_options.h"
#include "coordinator/commands/status_options.h"
#include "coordinator/options/command_line.h"
#include "coordinator/options/run_option_table.h"

namespace headcount {
namespace {

using Environment = std::vector<std::pair<std::string, std::string>>;
using Files = std::map<std::string, std::string>;

std::vector<std::string> Words(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

HostEnvironment With(Environment environment, Files files = {}) {
  HostEnvironment host;
  host.cores = 4;
  host.environment = std::move(environment);
  host.read_file = [files = std::move(files)](const std::string& path, size_t max_bytes) -> Result<std::string> {
    const auto found = files.find(path);
    if (found == files.end()) return Error{ExitCode::kHumanNeeded, "cannot read '" + path + "': there is none"};
    if (found->second.size() > max_bytes) return Error{ExitCode::kHumanNeeded, "'" + path + "' is too big"};
    return found->second;
  };
  return host;
}

// The surroundings of a test that is about the file only: it is called f.
HostEnvironment WithConfig(const std::string& text) { return With({{"HEADCOUNT_CONFIG", "f"}}, {{"f", text}}); }

RunOptions Taken(const std::string& line, const HostEnvironment& host) {
  const Result<RunOptions> options = ParseRun(Words(line), host);
  EXPECT_TRUE(options.ok()) << line << ": " << options.error().message;
  return options.ok() ? *options : RunOptions{};
}

std::string Refused(const std::string& line, const HostEnvironment& host, ExitCode code = ExitCode::kUsage) {
  const Result<RunOptions> options = ParseRun(Words(line), host);
  EXPECT_FALSE(options.ok()) << line;
  if (options.ok()) return "";
  EXPECT_EQ(options.error().exit_code, code) << options.error().message;
  return options.error().message;
}

// "key=value" of each property, in order, with its scope's prefix.
std::string PropertiesOf(const RunOptions& options) {
  std::string text;
  for (const KafkaProperty& property : options.properties) {
    if (property.scope == KafkaProperty::Scope::kConsumer) text += "consumer.";
    if (property.scope == KafkaProperty::Scope::kProducer) text += "producer.";
    text += property.key + "=" + property.value + " ";
  }
  return text;
}

#define EXPECT_SAYS(message, part) EXPECT_NE((message).find(part), std::string::npos) << (message)

// --- The file ---------------------------------------------------------------------------------------------

TEST(ConfigFile, SetsEveryKindOfOption) {
  const RunOptions options = Taken("", WithConfig("# all kinds\n"
                                                  "bootstrap-server = a:1,b:2\n"
                                                  "from = 2016-07-11T13:40:00Z\n"
                                                  "on-lost-input = continue\n"
                                                  "until-end = true\n"
                                                  "leave-open = false\n"
                                                  "allowed-lateness = 9s # a word\n"
                                                  "max-hold = off\n"
                                                  "workers = \"3\"\n"
                                                  "memory = 1GiB\n"
                                                  "X.sasl.mechanism = PLAIN\n"
                                                  "X.consumer.fetch.max.bytes = 4194304\n"));
  EXPECT_EQ(options.bootstrap_server, "a:1,b:2");
  EXPECT_EQ(options.from.time, EventTime(1468244400));
  EXPECT_EQ(options.on_lost_input, OnLostInput::kContinue);
  EXPECT_TRUE(options.until_end);
  EXPECT_FALSE(options.leave_open);
  EXPECT_EQ(options.rule.lateness_s, 9);
  EXPECT_EQ(options.workers, 3);
  EXPECT_EQ(options.memory_bytes, uint64_t{1} << 30);
  EXPECT_EQ(PropertiesOf(options), "sasl.mechanism=PLAIN consumer.fetch.max.bytes=4194304 ");
}

TEST(ConfigFile, IsNamedByTheFlagBeforeTheEnvironment) {
  const HostEnvironment host = With({{"HEADCOUNT_CONFIG", "e"}}, {{"e", "group = of-e"}, {"f", "group = of-f"}});
  EXPECT_EQ(Taken("", host).group, "of-e");
  EXPECT_EQ(Taken("--config f", host).group, "of-f");
}

TEST(ConfigFile, ThatCannotBeReadNeedsAHuman) {
  EXPECT_SAYS(Refused("--config g", With({}), ExitCode::kHumanNeeded), "--config: cannot read 'g'");
  EXPECT_SAYS(Refused("", With({{"HEADCOUNT_CONFIG", "g"}}), ExitCode::kHumanNeeded), "HEADCOUNT_CONFIG: cannot read");
}

TEST(ConfigFile, ErrorsNameFileLineAndKeyAndTheNearestKnownOne) {
  EXPECT_EQ(Refused("", WithConfig("\nalowed-lateness = 5s")),
            "f:2: alowed-lateness: unknown key; did you mean allowed-lateness? (headcount run --help shows all "
            "options)");
  EXPECT_SAYS(Refused("", WithConfig("allowed_lateness = 5s")), "did you mean allowed-lateness?");
  EXPECT_SAYS(Refused("", WithConfig("--window = 5s")), "did you mean window?");
  EXPECT_EQ(Refused("", WithConfig("window = 60")).rfind("f:1: window \"60\": the unit is missing", 0), 0u);
  EXPECT_EQ(Refused("", WithConfig("window = 0s")).rfind("f:1: window \"0s\": at least 1s", 0), 0u);
  EXPECT_EQ(Refused("", WithConfig("until-end = yes")), "f:1: until-end \"yes\": true or false is needed");
  EXPECT_EQ(Refused("", WithConfig("group = \"\"")), "f:1: group: a value is needed: NAME");
  EXPECT_SAYS(Refused("", WithConfig("group")), "f:1: KEY = VALUE is needed");
  EXPECT_SAYS(Refused("", WithConfig("X = linger.ms=5")), "f:1: X: the property is part of the key");
  EXPECT_SAYS(Refused("", WithConfig("X. = 5")), "f:1: X.: the property's name is missing");
}

TEST(ConfigFile, AKeyThatStandsTwiceIsNamedWithBothLines) {
  EXPECT_EQ(Refused("", WithConfig("window = 5s\ngroup = a\nwindow = 5s")),
            "f:3: window: it is given twice, before in f:1: window");
  EXPECT_SAYS(Refused("", WithConfig("X.linger.ms = 5\nX.linger.ms = 6")), "before in f:1: X.linger.ms");
  EXPECT_SAYS(Refused("", WithConfig("X.sasl.password = a\nX.sasl.password_file = p")), "given twice");
  EXPECT_EQ(PropertiesOf(Taken("", WithConfig("X.consumer.a = 5\nX.a = 6"))), "consumer.a=5 a=6 ");
}

TEST(ConfigFile, DoesNotSayWhatBelongsToOneStart) {
  for (const char* key : {"input", "config", "help", "version"}) {
    EXPECT_EQ(Refused("", WithConfig(std::string(key) + " = true")),
              std::string("f:1: ") + key + ": it belongs to one start: only the command line takes it, as --" + key);
  }
  EXPECT_SAYS(Refused("", With({{"HEADCOUNT_INPUT", "a"}})), "HEADCOUNT_INPUT: it belongs to one start");
}

// --- The environment --------------------------------------------------------------------------------------

TEST(ConfigEnvironment, SetsEveryKindOfOption) {
  const RunOptions options = Taken("", With({{"HEADCOUNT_ALLOWED_LATENESS", "9s"},
                                             {"HEADCOUNT_BOOTSTRAP_SERVER", "a:1"},
                                             {"HEADCOUNT_UNTIL_END", "true"},
                                             {"HEADCOUNT_LEAVE_OPEN", "false"},
                                             {"HEADCOUNT_X_SASL_MECHANISM", "PLAIN"},
                                             {"HEADCOUNT_X_LOG_LEVEL", "7"},
                                             {"HEADCOUNT_X_CONSUMER_FETCH_MAX_BYTES", "5"},
                                             {"HEADCOUNT_X_FETCH_MAX_BYTES", "6"}}));
  EXPECT_EQ(options.rule.lateness_s, 9);
  EXPECT_EQ(options.bootstrap_server, "a:1");
  EXPECT_TRUE(options.until_end);
  EXPECT_FALSE(options.leave_open);
  EXPECT_EQ(PropertiesOf(options), "fetch.max.bytes=6 log_level=7 sasl.mechanism=PLAIN consumer.fetch.max.bytes=5 ");
}

TEST(ConfigEnvironment, AnEmptyVariableIsNotSet) {
  EXPECT_EQ(Taken("", With({{"HEADCOUNT_GROUP", ""}, {"HEADCOUNT_X_LINGER_MS", ""}, {"HEADCOUNT_CONFIG", ""}})).group,
            "headcount");
}

TEST(ConfigEnvironment, ErrorsNameTheVariableAndTheNearestKnownOne) {
  EXPECT_EQ(Refused("", With({{"HEADCOUNT_WINDOWS", "5s"}})),
            "HEADCOUNT_WINDOWS: unknown variable; did you mean HEADCOUNT_WINDOW? (headcount run --help shows all "
            "options)");
  EXPECT_SAYS(Refused("", With({{"HEADCOUNT_CONFG", "f"}})), "did you mean HEADCOUNT_CONFIG?");
  EXPECT_SAYS(Refused("", With({{"HEADCOUNT_X", "a=b"}})), "HEADCOUNT_X: unknown variable");
  EXPECT_SAYS(Refused("", With({{"HEADCOUNT_WINDOW", "60"}})), "HEADCOUNT_WINDOW \"60\": the unit is missing");
  EXPECT_SAYS(Refused("", With({{"HEADCOUNT_UNTIL_END", "1"}})), "HEADCOUNT_UNTIL_END \"1\": true or false");
  EXPECT_SAYS(Refused("", With({{"HEADCOUNT_X_SASL_PASSWORD", "a"}, {"HEADCOUNT_X_SASL_PASSWORD_FILE", "p"}})),
              "HEADCOUNT_X_SASL_PASSWORD_FILE: it is given twice, also as HEADCOUNT_X_SASL_PASSWORD");
}

TEST(ConfigEnvironment, LeavesWhatScriptsTestsAndKubernetesSay) {
  Taken("", With({{"HEADCOUNT_LOG_LEVEL", "debug"},
                  {"HEADCOUNT_BIN", "x"},
                  {"HEADCOUNT_SEED", "1"},
                  {"HEADCOUNT_CRASH_POINT", "x"},
                  {"HEADCOUNT_WALL_CLOCK_FILE", "x"},
                  {"HEADCOUNT_TEST_BOOTSTRAP_FILE", "x"},
                  {"HEADCOUNT_PORT", "tcp://10.0.0.1:80"},
                  {"HEADCOUNT_SERVICE_HOST", "10.0.0.1"},
                  {"HEADCOUNT_KAFKA_SERVICE_PORT_PLAIN", "9092"},
                  {"HEADCOUNT_KAFKA_PORT_9092_TCP_ADDR", "10.0.0.1"}}));
}

// --- Together ---------------------------------------------------------------------------------------------

TEST(ConfigPrecedence, AFlagWinsOverTheEnvironmentAndThatOverTheFile) {
  const Files files = {{"f", "window = 10s\ngroup = file\nuntil-end = true\nX.a = file\nX.b = file\nX.c = file"}};
  const HostEnvironment host = With({{"HEADCOUNT_CONFIG", "f"},
                                     {"HEADCOUNT_WINDOW", "20s"},
                                     {"HEADCOUNT_UNTIL_END", "false"},
                                     {"HEADCOUNT_X_B", "environment"},
                                     {"HEADCOUNT_X_C", "environment"}},
                                    files);
  const RunOptions options = Taken("--window 30s -X c=flag", host);
  EXPECT_EQ(options.rule.window_s, 30);
  EXPECT_FALSE(options.until_end);
  EXPECT_EQ(options.group, "file");
  EXPECT_EQ(PropertiesOf(options), "a=file b=environment c=flag ");
  EXPECT_EQ(Taken("", host).rule.window_s, 20);
  EXPECT_TRUE(Taken("--until-end", host).until_end);
}

TEST(ConfigPrecedence, WhatIsOutdoneIsNotJudged) {
  EXPECT_EQ(Taken("--window 30s", WithConfig("window = nonsense")).rule.window_s, 30);
}

TEST(ConfigPrecedence, RelationsAreJudgedTogetherAndNameWhereTheWrongOneStands) {
  const HostEnvironment host = WithConfig("max-jump = 6s");
  EXPECT_SAYS(Refused("", host), "f:1: max-jump \"6s\": at most --allowed-lateness (5s)");
  EXPECT_EQ(Taken("--allowed-lateness 6s", host).rule.max_jump_s, 6);
  EXPECT_SAYS(Refused("", With({{"HEADCOUNT_LEAVE_OPEN", "true"}})), "HEADCOUNT_LEAVE_OPEN: it needs --until-end");
  EXPECT_TRUE(Taken("--until-end", With({{"HEADCOUNT_LEAVE_OPEN", "true"}})).leave_open);
}

TEST(ConfigPrecedence, FilesNeedNoKafkaSoOnlyAFlagAboutItIsRefused) {
  const HostEnvironment host = With({{"HEADCOUNT_CONFIG", "f"}, {"HEADCOUNT_GROUP", "g"}},
                                    {{"f", "input-topic = in\nX.sasl.password_file = missing\nwindow = 10s"}});
  const RunOptions options = Taken("--input a", host);
  EXPECT_EQ(options.rule.window_s, 10);
  EXPECT_EQ(PropertiesOf(options), "");
  EXPECT_SAYS(Refused("--input a --group g", host), "--group: it is about Kafka");
}

TEST(ConfigPrecedence, OtherCommandsTakeWhatTheyShareWithRun) {
  const HostEnvironment host = WithConfig("status-file = /of/file\nwindow = nonsense\nX.sasl.password_file = missing");
  EXPECT_EQ(ParseStatus({}, host)->status_file, "/of/file");
  EXPECT_EQ(ParseHealth({"--ready"}, host)->status_file, "/of/file");
  EXPECT_EQ(ParseStatus({"--status-file", "s"}, host)->status_file, "s");
  EXPECT_SAYS(ParseStatus({"--config", "g"}, host).error().message, "--config: cannot read 'g'");
  EXPECT_SAYS(ParseHealth({}, WithConfig("stats-file = x")).error().message, "did you mean status-file?");
}

TEST(ConfigPrecedence, ASwitchThatOnlySoundsLikeOneOfRunIsNotTakenFromTheFile) {
  const OptionTable own = {{"",
                            {{"until-end", 0, OptionSpec::Takes::kNothing, "", "", true},
                             {"group", 0, OptionSpec::Takes::kOne, "NAME", ""}}}};
  const HostEnvironment host = WithConfig("until-end = true\ngroup = g");
  const Result<ParsedOptions> given = ReadLayers("other", own, RunOptionTable(), {}, host);
  EXPECT_FALSE(given->Has("until-end"));
  EXPECT_TRUE(given->Has("group"));
  EXPECT_TRUE(ReadLayers("other", own, RunOptionTable(), {"--until-end"}, host)->Has("until-end"));
}

// The one who may see the job need not be one who may read its config.
TEST(ConfigPrecedence, ACommandThatHasAllItNeedsLeavesTheFileAlone) {
  EXPECT_EQ(ParseStatus({"--status-file", "s"}, With({{"HEADCOUNT_CONFIG", "missing"}}))->status_file, "s");
}

// --- Secrets ----------------------------------------------------------------------------------------------

TEST(ConfigSecrets, AreReadFromFilesWithoutTheLastLineEnd) {
  const Files files = {{"p", "hunter2\n"},
                       {"dos", "hunter2\r\n"},
                       {"bare", "hunter2"},
                       {"two", "a\nb\n\n"},
                       {"f", "X.sasl.password_file = p"}};
  for (const char* file : {"p", "dos", "bare"}) {
    EXPECT_EQ(PropertiesOf(Taken(std::string("-X sasl.password_file=") + file, With({}, files))),
              "sasl.password=hunter2 ");
  }
  EXPECT_EQ(PropertiesOf(Taken("-X ssl.key.pem_file=two", With({}, files))), "ssl.key.pem=a\nb\n ");
  EXPECT_EQ(PropertiesOf(Taken("--config f", With({}, files))), "sasl.password=hunter2 ");
  EXPECT_EQ(PropertiesOf(Taken("", With({{"HEADCOUNT_X_CONSUMER_SASL_PASSWORD_FILE", "p"}}, files))),
            "consumer.sasl.password=hunter2 ");
  EXPECT_EQ(PropertiesOf(Taken("-X sasl.password=flag --config f", With({}, files))), "sasl.password=flag ");
}

TEST(ConfigSecrets, OfAFileThatCannotServeNeedAHumanAndAreNotRepeated) {
  const HostEnvironment host = With({}, {{"empty", ""},
                                         {"line", "\n"},
                                         {"nul", std::string("hunter2\0x", 9)},
                                         {"big", std::string(100'000, 'x')},
                                         {"f", "X.sasl.password_file = missing"}});
  const auto refused = [&](const std::string& path) {
    return Refused("-X sasl.password_file=" + path, host, ExitCode::kHumanNeeded);
  };
  EXPECT_EQ(refused("missing"), "-X sasl.password_file: cannot read 'missing': there is none");
  EXPECT_EQ(refused("empty"), "-X sasl.password_file: 'empty' is empty");
  EXPECT_EQ(refused("line"), "-X sasl.password_file: 'line' is empty");
  EXPECT_EQ(refused("big"), "-X sasl.password_file: 'big' is too big");
  EXPECT_EQ(refused("nul"), "-X sasl.password_file: 'nul' holds a NUL byte, which no secret may");
  EXPECT_SAYS(Refused("--config f", host, ExitCode::kHumanNeeded), "f:1: X.sasl.password_file: cannot read");
}

TEST(ConfigSecrets, NoFileIsReadForWhatIsNoSecret) {
  EXPECT_EQ(PropertiesOf(Taken("-X client.id_file=p", With({}))), "client.id_file=p ");
}

}  // namespace
}  // namespace headcount
