// What users type, and what they are told when it is wrong.
#include "coordinator/options/command_line.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "coordinator/commands/health_options.h"
#include "coordinator/commands/report/report_options.h"
#include "coordinator/commands/status_options.h"
#include "coordinator/options/run_option_table.h"

namespace headcount {
namespace {

const HostEnvironment kHost{4, ""};

std::vector<std::string> Words(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

RunOptions Taken(const std::string& line) {
  const Result<RunOptions> options = ParseRun(Words(line), kHost);
  EXPECT_TRUE(options.ok()) << line << ": " << options.error().message;
  return options.ok() ? *options : RunOptions{};
}

// The error of a command line; all are kUsage.
std::string Refused(const std::string& line) {
  const Result<RunOptions> options = ParseRun(Words(line), kHost);
  EXPECT_FALSE(options.ok()) << line;
  if (options.ok()) return "";
  EXPECT_EQ(options.error().exit_code, ExitCode::kUsage) << line;
  return options.error().message;
}

#define EXPECT_SAYS(message, part) EXPECT_NE((message).find(part), std::string::npos) << (message)

TEST(RunCommandLine, WithoutOptionsGivesTheDocumentedDefaults) {
  const RunOptions options = Taken("");
  EXPECT_EQ(options.bootstrap_server, "localhost:9092");
  EXPECT_EQ(options.input_topic, "user_events");
  EXPECT_EQ(options.output_topic, "event_metrics");
  EXPECT_EQ(options.group, "headcount");
  EXPECT_FALSE(options.until_end);
  EXPECT_FALSE(options.leave_open);
  EXPECT_EQ(options.from.kind, StartFrom::Kind::kEarliest);
  EXPECT_EQ(options.on_lost_input, OnLostInput::kFail);
  EXPECT_FALSE(options.ignore_tombstones);
  EXPECT_EQ(options.rule.window_s, 60);
  EXPECT_EQ(options.rule.lateness_s, 5);
  EXPECT_EQ(options.rule.max_jump_s, 5);
  EXPECT_EQ(options.max_skew_s, 120);
  EXPECT_EQ(options.idle_timeout_ms, 10'000);
  EXPECT_EQ(options.max_hold_ms, 0);
  EXPECT_EQ(options.workers, 4);
  EXPECT_EQ(options.memory_bytes, uint64_t{512} << 20);
  EXPECT_EQ(options.max_frame_bytes, uint64_t{1} << 20);
  EXPECT_EQ(options.status_file, "headcount.status.json");
  EXPECT_EQ(options.log_format, LogFormat::kText);
}

TEST(RunCommandLine, TakesEveryOption) {
  const RunOptions options = Taken(
      "-b a:1,b --input-topic in --output-topic out --group g:1 --from latest --on-lost-input=continue --until-end "
      "--tombstones ignore "
      "--leave-open --window 5m --allowed-lateness=10s --max-jump 7s --max-skew 1h --idle-timeout 500ms --max-hold 30s "
      "--workers 2 --memory 1GiB --max-frame 64KiB --status-file /x/y.json --metrics-file /x/y.prom --metrics-listen "
      "9187 "
      "--log-format ecs "
      "-X a=b -Xconsumer.c=d=e -X producer.f=");
  EXPECT_EQ(options.bootstrap_server, "a:1,b");
  EXPECT_EQ(options.input_topic, "in");
  EXPECT_EQ(options.output_topic, "out");
  EXPECT_EQ(options.group, "g:1");
  EXPECT_EQ(options.from.kind, StartFrom::Kind::kLatest);
  EXPECT_EQ(options.on_lost_input, OnLostInput::kContinue);
  EXPECT_TRUE(options.ignore_tombstones);
  EXPECT_TRUE(options.until_end);
  EXPECT_TRUE(options.leave_open);
  EXPECT_EQ(options.rule.window_s, 300);
  EXPECT_EQ(options.rule.lateness_s, 10);
  EXPECT_EQ(options.rule.max_jump_s, 7);
  EXPECT_EQ(options.max_skew_s, 3600);
  EXPECT_EQ(options.idle_timeout_ms, 500);
  EXPECT_EQ(options.max_hold_ms, 30'000);
  EXPECT_EQ(options.workers, 2);
  EXPECT_EQ(options.memory_bytes, uint64_t{1} << 30);
  EXPECT_EQ(options.max_frame_bytes, 65536u);
  EXPECT_EQ(options.status_file, "/x/y.json");
  EXPECT_EQ(options.metrics_file, "/x/y.prom");
  EXPECT_EQ(options.metrics_listen, "127.0.0.1:9187");
  EXPECT_EQ(options.log_format, LogFormat::kEcs);
  ASSERT_EQ(options.properties.size(), 3u);
  EXPECT_EQ(options.properties[0].scope, KafkaProperty::Scope::kBoth);
  EXPECT_EQ(options.properties[0].key, "a");
  EXPECT_EQ(options.properties[1].scope, KafkaProperty::Scope::kConsumer);
  EXPECT_EQ(options.properties[1].key, "c");
  EXPECT_EQ(options.properties[1].value, "d=e");
  EXPECT_EQ(options.properties[2].scope, KafkaProperty::Scope::kProducer);
  EXPECT_EQ(options.properties[2].value, "");
}

TEST(RunCommandLine, ListensWhereItIsTold) {
  for (const auto& [text, address] :
       std::vector<std::pair<std::string, std::string>>{{"0", "127.0.0.1:0"},
                                                        {"localhost:1", "127.0.0.1:1"},
                                                        {"0.0.0.0:65535", "0.0.0.0:65535"},
                                                        {"[::1]:9187", "[::1]:9187"}}) {
    EXPECT_EQ(Taken("--metrics-listen " + text).metrics_listen, address);
  }
  for (const char* text : {":9187", "9187x", "65536", "host:9187", "::1:9187", "[::1]", "[127.0.0.1]:1", "1.2.3:4",
                           "127.0.0.1:", "127.0.0.1", "-1"}) {
    EXPECT_SAYS(Refused("--metrics-listen=" + std::string(text)), "a port (9187: for this host alone)");
  }
}

TEST(RunCommandLine, ReadsAStartTime) {
  const RunOptions options = Taken("--from 2016-07-11T13:40:00Z");
  EXPECT_EQ(options.from.kind, StartFrom::Kind::kTime);
  EXPECT_EQ(options.from.time, EventTime(1468244400));
  EXPECT_EQ(Taken("--from 1468244400").from.time, EventTime(1468244400));
}

TEST(RunCommandLine, TakesFilesInOrderAndReadsThemToTheirEnd) {
  const RunOptions options = Taken("--input a - --input b --workers 1");
  EXPECT_EQ(options.files, (std::vector<std::string>{"a", "-", "b"}));
  EXPECT_TRUE(options.until_end);
  EXPECT_TRUE(Taken("--input a --leave-open").leave_open);
}

TEST(RunCommandLine, SuggestsTheNearestOptionForAnUnknownOne) {
  EXPECT_SAYS(Refused("--grup x"), "unknown option \"--grup\"; did you mean --group?");
  EXPECT_SAYS(Refused("--windows 5s"), "did you mean --window?");
  EXPECT_SAYS(Refused("--bootstrap x"), "did you mean --bootstrap-server?");
  EXPECT_SAYS(Refused("--until_end"), "did you mean --until-end?");
  EXPECT_EQ(Refused("--frobnicate").find("did you mean"), std::string::npos);
  EXPECT_EQ(Refused("-z").find("did you mean"), std::string::npos);
}

TEST(RunCommandLine, TakesNoAbbreviations) { EXPECT_SAYS(Refused("--work 2"), "did you mean --workers?"); }

TEST(RunCommandLine, SaysThatAValueIsMissingSuperfluousOrGivenTwice) {
  EXPECT_SAYS(Refused("--window"), "--window: a value is needed: --window DURATION");
  EXPECT_SAYS(Refused("--window="), "--window: a value is needed");
  EXPECT_SAYS(Refused("--group --until-end"), "--group: a value is needed: --group NAME");
  EXPECT_SAYS(Refused("--group --unknown"), "--group: a value is needed");
  EXPECT_SAYS(Refused("--input --until-end"), "--input: a value is needed");
  EXPECT_SAYS(Refused("--until-end=yes"), "--until-end: it takes no value");
  EXPECT_SAYS(Refused("--group a --group b"), "--group: it is given twice");
  EXPECT_SAYS(Refused("-b a --bootstrap-server b"), "--bootstrap-server: it is given twice");
  EXPECT_SAYS(Refused("until-end"), "unexpected word \"until-end\"");
  EXPECT_SAYS(Refused("-- --until-end"), "unexpected word");
}

TEST(RunCommandLine, RefusesDurationsThatMakeNoSense) {
  EXPECT_SAYS(Refused("--window 0s"), "--window \"0s\": at least 1s");
  EXPECT_SAYS(Refused("--window 60"), "--window \"60\": the unit is missing");
  EXPECT_SAYS(Refused("--window 1500ms"), "--window \"1500ms\": whole seconds");
  EXPECT_SAYS(Refused("--allowed-lateness -5s"), "--allowed-lateness \"-5s\"");
  EXPECT_SAYS(Refused("--max-jump 6s"), "--max-jump \"6s\": at most --allowed-lateness (5s)");
  EXPECT_SAYS(Refused("--max-jump 3s --allowed-lateness 2s"), "--max-jump \"3s\": at most --allowed-lateness (2s)");
  EXPECT_SAYS(Refused("--max-skew 59s"), "--max-skew \"59s\": at least --window (1m)");
  EXPECT_SAYS(Refused("--idle-timeout 0s"), "--idle-timeout \"0s\": at least 100ms");
  EXPECT_SAYS(Refused("--max-hold 1ms"), "--max-hold \"1ms\": at least 100ms, or off");
}

TEST(RunCommandLine, DerivesJumpAndSkewFromLatenessAndWindowWhereTheyAreNotGiven) {
  EXPECT_EQ(Taken("--allowed-lateness 2s").rule.max_jump_s, 2);
  EXPECT_EQ(Taken("--allowed-lateness 0s").rule.max_jump_s, 0);
  EXPECT_EQ(Taken("--allowed-lateness 1m").rule.max_jump_s, 5);
  EXPECT_EQ(Taken("--window 1h").max_skew_s, 7200);
  EXPECT_EQ(Taken("--window 1s").max_skew_s, 120);
  EXPECT_EQ(Taken("--window 1s --max-skew 1s").max_skew_s, 1);
  EXPECT_EQ(Taken("--max-hold off").max_hold_ms, 0);
}

TEST(RunCommandLine, EveryWindowLengthHasASkewThatFits) {
  for (const char* window : {"1s", "59s", "61s", "8783h", "8784h"}) {
    const RunOptions options = Taken(std::string("--window ") + window);
    EXPECT_GE(options.max_skew_s, options.rule.window_s) << window;
  }
}

TEST(RunCommandLine, RefusesResourcesOutOfBounds) {
  EXPECT_SAYS(Refused("--workers 0"), "--workers \"0\": a number of workers from 1 to 256");
  EXPECT_SAYS(Refused("--workers 257"), "--workers \"257\"");
  EXPECT_SAYS(Refused("--workers -1"), "--workers \"-1\"");
  EXPECT_SAYS(Refused("--memory 1KiB"), "--memory \"1KiB\": 1MiB to 1TiB");
  EXPECT_SAYS(Refused("--memory 512"), "--memory \"512\"");
  EXPECT_SAYS(Refused("--memory 1TiB --workers 200"), "with 200 workers at most 163GiB each");
  EXPECT_SAYS(Refused("--max-frame 3"), "--max-frame \"3\": 16");
  EXPECT_SAYS(Refused("--max-frame 1GiB"), "to 64MiB");
}

TEST(RunCommandLine, RefusesNamesThatKafkaRefuses) {
  for (const std::string& name : std::vector<std::string>{"a/b", "a:b", "..", ".", "ä", std::string(250, 'a')}) {
    EXPECT_SAYS(Refused("--input-topic " + name), "--input-topic \"" + name + "\": a topic's name");
    EXPECT_SAYS(Refused("--output-topic " + name), "--output-topic \"" + name + "\": a topic's name");
  }
  EXPECT_EQ(Taken("--input-topic " + std::string(249, 'a')).input_topic.size(), 249u);
  EXPECT_FALSE(ParseRun({"--group", "a b"}, kHost).ok());
  EXPECT_FALSE(ParseRun({"--group", "a\nb"}, kHost).ok());
  EXPECT_SAYS(Refused("--group ü"), "--group \"ü\"");
}

TEST(RunCommandLine, TakesNamesOfFieldsThatCanBeSpelledInOneWayOnly) {
  EXPECT_EQ(Taken("").fields.time, "ts");
  EXPECT_EQ(Taken("").fields.id, "uid");
  EXPECT_EQ(Taken("--time-field @timestamp").fields.time, "@timestamp");
  EXPECT_EQ(Taken("--id-field " + std::string(62, 'a')).fields.id, std::string(62, 'a'));
  for (const std::string& name : std::vector<std::string>{"a/b", "a\"b", "a\\b", "é", std::string(63, 'a')}) {
    EXPECT_SAYS(Refused("--id-field " + name),
                "--id-field \"" + name + "\": a field's name is 1 to 62 printable ASCII");
  }
  EXPECT_SAYS(Refused("--time-field uid"), "--id-field: --time-field has the same name");
}

TEST(RunCommandLine, RefusesToCountItsOwnOutput) {
  EXPECT_SAYS(Refused("--input-topic x --output-topic x"), "--output-topic \"x\": input and output must be two topics");
  EXPECT_SAYS(Refused("--input-topic event_metrics"), "--input-topic \"event_metrics\"");
}

TEST(RunCommandLine, RefusesBrokersThatAreNone) {
  for (const char* brokers : {":9092", "a:", "a:0", "a:65536", "a:x", "a,,b", ",", "a:1,", "http:/a", "::1"}) {
    EXPECT_SAYS(Refused(std::string("-b ") + brokers),
                std::string("--bootstrap-server \"") + brokers + "\": brokers are");
  }
  for (const char* brokers : {"a", "a:1", "a.b-c:65535,d", "[::1]:9092", "[::1]", "SSL://a:9093", "10.0.0.1:9092"}) {
    EXPECT_EQ(Taken(std::string("-b ") + brokers).bootstrap_server, brokers);
  }
  EXPECT_FALSE(ParseRun({"-b", "a:1, b:1"}, kHost).ok());
}

TEST(RunCommandLine, RefusesOtherWordsWhereAChoiceIsAsked) {
  EXPECT_SAYS(Refused("--from yesterday"), "--from \"yesterday\"");
  EXPECT_SAYS(Refused("--from yesterday"), "earliest and latest");
  EXPECT_SAYS(Refused("--on-lost-input skip"), "--on-lost-input \"skip\": fail or continue");
  EXPECT_SAYS(Refused("--tombstones count"), "--tombstones \"count\": ignore or invalid");
  EXPECT_SAYS(Refused("--log-format json"), "--log-format \"json\": text or ecs");
}

TEST(RunCommandLine, RefusesLeaveOpenWithoutAnEnd) {
  EXPECT_SAYS(Refused("--leave-open"), "--leave-open: it needs --until-end");
}

TEST(RunCommandLine, RefusesWhatIsAboutKafkaTogetherWithFiles) {
  for (const char* option : {"-b a", "--input-topic a", "--output-topic a", "--group a", "--from latest",
                             "--on-lost-input fail", "--tombstones ignore", "-X a=b"}) {
    EXPECT_SAYS(Refused(std::string("--input f ") + option), "no meaning with --input");
  }
  EXPECT_SAYS(Refused("--input - -"), "stdin (-) can be read once only");
}

TEST(RunCommandLine, NeverRepeatsTheValueOfAProperty) {
  for (const char* line : {"-X sasl.password=hunter2 --input f", "-X =hunter2", "-X consumer.=hunter2"}) {
    EXPECT_EQ(Refused(line).find("hunter2"), std::string::npos) << line;
  }
  EXPECT_SAYS(Refused("-X nonsense"), "-X \"nonsense\": KEY=VALUE is needed");
}

TEST(RunCommandLine, PutsTheStatusFileIntoTheRuntimeDirectoryIfThereIsOne) {
  EXPECT_EQ(ParseRun({}, {1, "/run/headcount"})->status_file, "/run/headcount/headcount.status.json");
  EXPECT_EQ(ParseRun({"--status-file", "s"}, {1, "/run/headcount"})->status_file, "s");
}

TEST(RunCommandLine, NeverStartsMoreWorkersThanThereMayBe) {
  EXPECT_EQ(ParseRun({}, {1000, ""})->workers, limits::kMaxWorkers);
  EXPECT_EQ(ParseRun({}, {0, ""})->workers, 1);
  EXPECT_GE(ThisHost().cores, 1);
}

TEST(StatusCommandLine, TakesItsOptions) {
  EXPECT_FALSE(ParseStatus({}, kHost)->json);
  EXPECT_TRUE(ParseStatus({"--json"}, kHost)->json);
  EXPECT_EQ(ParseStatus({"--status-file", "f"}, kHost)->status_file, "f");
  EXPECT_SAYS(ParseStatus({"--jsn"}, kHost).error().message, "did you mean --json? (headcount status --help");
}

TEST(ReportCommandLine, TakesItsOptions) {
  const ReportOptions options = *ParseReport(
      Words("-b k:1 --output-topic out -o p.html --from 1468244400 --to 2016-07-12T00:00:00Z -n 60"), kHost);
  EXPECT_EQ(options.kafka.bootstrap_server, "k:1");
  EXPECT_EQ(options.kafka.output_topic, "out");
  EXPECT_EQ(options.out, "p.html");
  EXPECT_EQ(options.input, "");
  EXPECT_EQ(options.range.from_s, 1468244400);
  EXPECT_EQ(options.range.to_s, 1468281600);
  EXPECT_EQ(options.range.last, 60U);
  EXPECT_EQ(ParseReport(Words("--out - --input -"), kHost)->input, "-");
  EXPECT_FALSE(ParseReport(Words("--out -"), kHost)->range.last.has_value());
  EXPECT_SAYS(ParseReport({}, kHost).error().message, "--out: it is needed");
  EXPECT_SAYS(ParseReport(Words("--out p --last 0"), kHost).error().message, "--last \"0\"");
  EXPECT_SAYS(ParseReport(Words("--out p --from 7 --to 7"), kHost).error().message, "--to \"7\": it must be later");
  EXPECT_SAYS(ParseReport(Words("--out p --input f -b k:1"), kHost).error().message, "no meaning with --input");
}

// What a file says of a job stays out of the way: its `from` is where the job begins to read.
TEST(ReportCommandLine, TakesTheBrokerFromTheConfigFileAndNothingThatOnlySoundsAlike) {
  HostEnvironment host = kHost;
  host.read_file = [](const std::string&, size_t) {
    return std::string("bootstrap-server = k:1\nfrom = latest\noutput-topic = out\nX.client.id = me\n");
  };
  const ReportOptions options = *ParseReport(Words("--config f --out p"), host);
  EXPECT_EQ(options.kafka.bootstrap_server, "k:1");
  EXPECT_EQ(options.kafka.output_topic, "out");
  EXPECT_EQ(options.kafka.properties.size(), 1U);
  EXPECT_FALSE(options.range.from_s.has_value());
  EXPECT_EQ(ParseReport(Words("--config f --out p --input f"), host)->input, "f");
}

TEST(HealthCommandLine, TakesItsOptions) {
  EXPECT_EQ(ParseHealth({}, kHost)->max_age_ms, 15'000);
  EXPECT_TRUE(ParseHealth({"--ready", "--max-age=1m"}, kHost)->ready);
  EXPECT_EQ(ParseHealth({"--ready", "--max-age=1m"}, kHost)->max_age_ms, 60'000);
  EXPECT_SAYS(ParseHealth({"--max-age", "10"}, kHost).error().message, "--max-age \"10\"");
  EXPECT_SAYS(ParseHealth({"--max-age", "0s"}, kHost).error().message, "at least 1s");
}

TEST(Help, IsGivenEvenIfOtherWordsAreWrong) {
  EXPECT_EQ(ParseHelpOrVersion(Words("--nonsense --help")), HelpOrVersion::kHelp);
  EXPECT_EQ(ParseHelpOrVersion(Words("--window x -h")), HelpOrVersion::kHelp);
  EXPECT_EQ(ParseHelpOrVersion(Words("--version")), HelpOrVersion::kVersion);
  EXPECT_EQ(ParseHelpOrVersion(Words("--until-end")), HelpOrVersion::kNothing);
  EXPECT_EQ(ParseHelpOrVersion(Words("-- -h")), HelpOrVersion::kNothing);
}

TEST(Help, FitsAHundredColumnsAndEndsWithExamples) {
  for (const std::string& text : {GeneralHelp(), RunHelp(), StatusHelp(), ReportHelp(), HealthHelp()}) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), kHelpColumns) << line;
    EXPECT_NE(text.find("\n  headcount "), std::string::npos);
  }
}

TEST(Help, ShowsEveryOptionOfRun) {
  const std::string text = RunHelp();
  for (const OptionSection& section : RunOptionTable()) {
    for (const OptionSpec& spec : section.options) EXPECT_SAYS(text, Dashed(spec.name)) << spec.name;
  }
}

}  // namespace
}  // namespace headcount
