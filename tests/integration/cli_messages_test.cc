// What a user reads when something is wrong, or asks for help: the exit code, and a message that names the option,
// the value and what would be right. Nothing is printed to stdout then.

#include <ctime>

#include "tests/integration/cli_testing.h"

namespace headcount::test {
namespace {

class CliMessagesTest : public CliTest {
 protected:
  // One good file, `in-0.jsonl`.
  void SetUp() override { WriteFiles({"{\"ts\":1468244401,\"uid\":\"a\"}\n"}); }

  void ExpectRefused(const std::vector<std::string>& words, int code, const std::vector<std::string>& parts) const {
    std::string line;
    for (const std::string& word : words) line += " " + word;
    SCOPED_TRACE("headcount" + line);
    const Finished run = Headcount(words);
    EXPECT_EQ(Describe(run.status), "exit " + std::to_string(code)) << run.err;
    EXPECT_EQ(run.out, "");
    for (const std::string& part : parts) {
      EXPECT_NE(run.err.find(part), std::string::npos) << "\"" << part << "\" is not in: " << run.err;
    }
    EXPECT_EQ(run.err.find("claimed"), std::string::npos) << "something was read: " << run.err;
  }
};

// --- Options -------------------------------------------------------------------------------------------------

struct AuthFailure {
  const char* name;
  std::vector<std::string> words;
  std::vector<std::string> parts;
};

void PrintTo(const AuthFailure& auth_failure, std::ostream* out) { *out << auth_failure.name; }

std::vector<AuthFailure> WordsThatAreRefused() {
  return {
      {"NoCommand", {}, {"a command is needed", "run, status, explain, tail, report or health"}},
      {"UnknownCommand", {"rnu"}, {"\"rnu\"", "did you mean run?", "--help"}},
      {"CommandThatIsAnOption", {"--until-end"}, {"unknown command \"--until-end\"", "--help"}},
      {"UnknownOption", {"run", "--alowed-lateness", "5s"}, {"--alowed-lateness", "did you mean --allowed-lateness?"}},
      {"UnknownOptionOfStatus", {"status", "--jsn"}, {"--jsn", "did you mean --json?", "headcount status --help"}},
      {"ExplainNeedsATime", {"explain", "yesterday"}, {"MINUTE \"yesterday\"", "2016-07-11T13:40:00Z"}},
      {"UnknownOptionOfExplain", {"explain", "--jsn"}, {"--jsn", "headcount explain --help"}},
      {"TooManyMinutesOfTail", {"tail", "--last", "1000001"}, {"--last \"1000001\"", "minutes"}},
      {"ReportNeedsAPlaceToWriteTo", {"report"}, {"--out: it is needed", "- for stdout"}},
      {"ReportOfAFileNeedsNoBroker",
       {"report", "--out", "r.html", "--input", "in-0.jsonl", "-b", "localhost:9092"},
       {"--bootstrap-server", "no meaning with --input"}},
      {"UnknownOptionOfReport", {"report", "--ouput", "r.html"}, {"--ouput", "headcount report --help"}},
      {"UnknownOptionOfHealth", {"health", "--maxage", "1s"}, {"--maxage", "did you mean --max-age?"}},
      {"WordWithoutOption", {"run", "in-0.jsonl"}, {"\"in-0.jsonl\"", "options begin with --"}},
      {"MissingValue", {"run", "--group"}, {"--group", "a value is needed", "NAME"}},
      {"ForgottenValue", {"run", "--group", "--until-end"}, {"--group", "a value is needed"}},
      {"SuperfluousValue", {"run", "--until-end=yes"}, {"--until-end", "no value"}},
      {"GivenTwice", {"run", "--workers", "1", "--workers", "2"}, {"--workers", "twice"}},
      {"EmptyInput", {"run", "--input"}, {"--input", "a value is needed", "FILE..."}},
  };
}

std::vector<AuthFailure> DurationsThatAreRefused() {
  return {
      {"DurationWithoutUnit",
       {"run", "--input", "in-0.jsonl", "--window", "60"},
       {"--window \"60\"", "the unit is missing", "500ms, 5s, 2m or 1h"}},
      {"DurationOfNonsense",
       {"run", "--input", "in-0.jsonl", "--allowed-lateness", "soon"},
       {"--allowed-lateness \"soon\"", "500ms, 5s, 2m or 1h"}},
      {"DurationBelowZero", {"run", "--input", "in-0.jsonl", "--window", "-5s"}, {"--window \"-5s\"", "5s"}},
      {"DurationOfHalfASecond",
       {"run", "--input", "in-0.jsonl", "--allowed-lateness", "1500ms"},
       {"--allowed-lateness \"1500ms\"", "whole seconds", "5s"}},
      {"DurationOfACentury",
       {"run", "--input", "in-0.jsonl", "--window", "876600h"},
       {"--window \"876600h\"", "a year"}},
      {"DurationThatOverflows",
       {"run", "--input", "in-0.jsonl", "--window", "18446744073709551615h"},
       {"--window \"18446744073709551615h\"", "a year"}},
      {"WindowOfNothing", {"run", "--input", "in-0.jsonl", "--window", "0s"}, {"--window \"0s\"", "at least 1s"}},
      {"JumpAboveLateness",
       {"run", "--input", "in-0.jsonl", "--max-jump", "6s"},
       {"--max-jump \"6s\"", "at most --allowed-lateness (5s)"}},
      {"JumpAboveALatenessThatIsGiven",
       {"run", "--input", "in-0.jsonl", "--max-jump", "3s", "--allowed-lateness", "2s"},
       {"--max-jump \"3s\"", "at most --allowed-lateness (2s)"}},
      {"SkewBelowWindow",
       {"run", "--input", "in-0.jsonl", "--max-skew", "59s"},
       {"--max-skew \"59s\"", "at least --window (1m)"}},
      {"IdleTimeoutTooShort", {"run", "--idle-timeout", "1ms"}, {"--idle-timeout \"1ms\"", "at least 100ms"}},
      {"HoldOfNonsense", {"run", "--max-hold", "never"}, {"--max-hold \"never\"", "500ms, 5s, 2m or 1h"}},
  };
}

std::vector<AuthFailure> NumbersThatAreRefused() {
  return {
      {"NoWorkers", {"run", "--input", "in-0.jsonl", "--workers", "0"}, {"--workers \"0\"", "from 1 to 256"}},
      {"WorkersBelowZero", {"run", "--input", "in-0.jsonl", "--workers", "-1"}, {"--workers \"-1\"", "from 1 to 256"}},
      {"TooManyWorkers", {"run", "--input", "in-0.jsonl", "--workers", "257"}, {"--workers \"257\"", "from 1 to 256"}},
      {"WorkersInWords", {"run", "--input", "in-0.jsonl", "--workers", "two"}, {"--workers \"two\"", "from 1 to 256"}},
      {"SizeOfNonsense",
       {"run", "--input", "in-0.jsonl", "--memory", "much"},
       {"--memory \"much\"", "64KiB, 512MiB or 1GiB"}},
      {"SizeOfAnUnknownUnit", {"run", "--input", "in-0.jsonl", "--memory", "5XB"}, {"--memory \"5XB\"", "512MiB"}},
      {"TooLittleMemory", {"run", "--input", "in-0.jsonl", "--memory", "1KiB"}, {"--memory \"1KiB\"", "1MiB to 1TiB"}},
      {"TooMuchMemory",
       {"run", "--input", "in-0.jsonl", "--memory", "1TiB", "--workers", "64"},
       {"--memory \"1TiB\"", "with 64 workers at most"}},
      {"FramesTooShort", {"run", "--input", "in-0.jsonl", "--max-frame", "15"}, {"--max-frame \"15\"", "16", "64MiB"}},
      {"FramesTooLong", {"run", "--input", "in-0.jsonl", "--max-frame", "65MiB"}, {"--max-frame \"65MiB\"", "64MiB"}},
  };
}

std::vector<AuthFailure> OthersThatAreRefused() {
  return {
      {"TimeOfNonsense",
       {"run", "--from", "tomorrow"},
       {"--from \"tomorrow\"", "RFC 3339", "2016-07-11T13:40:00Z", "earliest and latest"}},
      {"TimeInMilliseconds", {"run", "--from", "1468244400000"}, {"--from \"1468244400000\"", "milliseconds"}},
      {"TimeThatNoCalendarHas", {"run", "--from", "2016-02-30T00:00:00Z"}, {"--from \"2016-02-30T00:00:00Z\""}},
      {"LostInputOfNonsense", {"run", "--on-lost-input", "skip"}, {"--on-lost-input \"skip\"", "fail or continue"}},
      {"BrokersOfNonsense", {"run", "-b", "a b"}, {"--bootstrap-server \"a b\"", "HOST:PORT"}},
      {"TopicOfNonsense", {"run", "--input-topic", "a/b"}, {"--input-topic \"a/b\"", "letters, digits"}},
      {"OutputIsInput", {"run", "--output-topic", "user_events"}, {"--output-topic \"user_events\"", "two topics"}},
      {"OpenWithoutEnd", {"run", "--leave-open"}, {"--leave-open", "needs --until-end"}},
      {"KafkaWithFiles",
       {"run", "--input", "in-0.jsonl", "--group", "g"},
       {"--group", "about Kafka", "no meaning with --input"}},
      {"PropertyWithFiles", {"run", "--input", "in-0.jsonl", "-X", "linger.ms=5"}, {"-X", "no meaning with --input"}},
      {"StdinTwice", {"run", "--input", "-", "-"}, {"--input", "stdin", "once"}},
      {"StdinUnderTwoNames", {"run", "--input", "-", "in-0.jsonl", "--input", "-"}, {"--input", "stdin", "once"}},
      {"MaxAgeWithoutUnit", {"health", "--max-age", "15"}, {"--max-age \"15\"", "the unit is missing"}},
      {"MaxAgeTooShort", {"health", "--max-age", "10ms"}, {"--max-age \"10ms\"", "at least 1s"}},

      {"PropertyWithoutValue", {"run", "-X", "linger.ms"}, {"-X \"linger.ms\"", "KEY=VALUE"}},
      {"PropertyWithoutName", {"run", "-X", "consumer.=5"}, {"-X \"consumer.\"", "name is missing"}},
      {"PropertyThatIsUnknown", {"run", "-X", "linger.mss=5"}, {"-X linger.mss", "No such configuration property"}},
      {"PropertyOfAWrongType", {"run", "-X", "linger.ms=often"}, {"-X linger.ms", "Invalid value"}},
  };
}

class CliUsageTest : public CliMessagesTest, public testing::WithParamInterface<AuthFailure> {};

TEST_P(CliUsageTest, IsRefusedWithSixtyFour) { ExpectRefused(GetParam().words, 64, GetParam().parts); }

std::string NameOfAuthFailure(const testing::TestParamInfo<AuthFailure>& auth_failure) {
  return auth_failure.param.name;
}

INSTANTIATE_TEST_SUITE_P(Words, CliUsageTest, testing::ValuesIn(WordsThatAreRefused()), NameOfAuthFailure);
INSTANTIATE_TEST_SUITE_P(Durations, CliUsageTest, testing::ValuesIn(DurationsThatAreRefused()), NameOfAuthFailure);
INSTANTIATE_TEST_SUITE_P(Numbers, CliUsageTest, testing::ValuesIn(NumbersThatAreRefused()), NameOfAuthFailure);
INSTANTIATE_TEST_SUITE_P(Others, CliUsageTest, testing::ValuesIn(OthersThatAreRefused()), NameOfAuthFailure);

TEST_F(CliMessagesTest, WhatTheGuaranteeRestsOnCannotBeSet) {
  for (const char* key : {"isolation.level", "auto.offset.reset", "enable.auto.commit", "enable.idempotence",
                          "group.id", "transactional.id", "acks"}) {
    for (const char* prefix : {"", "consumer.", "producer."}) {
      ExpectRefused({"run", "-X", std::string(prefix) + key + "=1"}, 64,
                    {std::string("-X ") + prefix + key, "cannot be set"});
    }
  }
}

TEST_F(CliMessagesTest, APasswordIsNotRepeated) {
  const Finished run = Headcount({"run", "-X", "sasl.pasword=hunter2"});
  EXPECT_EQ(Describe(run.status), "exit 64");
  EXPECT_EQ((run.out + run.err).find("hunter2"), std::string::npos) << run.err;
}

// --- Inputs --------------------------------------------------------------------------------------------------

TEST_F(CliMessagesTest, InputsThatCannotBeReadAreNamedBeforeAnythingIsRead) {
  create_directory(dir_ / "folder");
  ExpectRefused({"run", "--input", "in-0.jsonl", "no-such-file"}, 78, {"'no-such-file'", "No such file or directory"});
  ExpectRefused({"run", "--input", "in-0.jsonl", "folder"}, 78, {"'folder'", "Is a directory"});
  ExpectRefused({"run", "--input", "in-0.jsonl/x"}, 78, {"'in-0.jsonl/x'", "Not a directory"});
}

TEST_F(CliMessagesTest, AFileThatMayNotBeReadIsNamed) {
  // Whoever runs this as root may read everything, unless he gives that up.
  const Finished run = Shell(
      "chmod 000 in-0.jsonl; drop=; [[ -r in-0.jsonl ]] && drop='setpriv "
      "--bounding-set=-dac_override,-dac_read_search';"
      "$drop bash -c '[[ ! -r in-0.jsonl ]]' || exit 77; exec $drop $headcount run --input in-0.jsonl");
  if (run.status.code == 77) GTEST_SKIP() << "nobody here may be refused a file";
  EXPECT_EQ(Describe(run.status), "exit 78");
  EXPECT_NE(run.err.find("'in-0.jsonl': Permission denied"), std::string::npos) << run.err;
}

TEST_F(CliMessagesTest, AClosedStdinIsNoInput) {
  for (const char* name : {"-", "/dev/stdin"}) {
    const Finished run = Shell(std::string("exec $headcount run --input ") + name + " <&-");
    EXPECT_EQ(Describe(run.status), "exit 78") << name;
    EXPECT_NE(run.err.find("cannot read input standard input: it is closed"), std::string::npos) << run.err;
  }
}

TEST_F(CliMessagesTest, APipeUnderTwoNamesIsRefused) {
  const Finished run = Shell("cat in-0.jsonl | $headcount run --input - /dev/stdin");
  EXPECT_EQ(Describe(run.status), "exit 64");
  EXPECT_NE(run.err.find("--input - and --input /dev/stdin are the same pipe"), std::string::npos) << run.err;
}

// --- While it runs -------------------------------------------------------------------------------------------

TEST_F(CliMessagesTest, TooLittleMemoryIsNamedAndNothingWrongIsPrinted) {
  GeneratorOptions options;
  options.frames = 3'000;
  options.users = 500;
  options.frame_bytes = 100;
  options.minutes = 3;
  options.partitions = 2;
  std::vector<std::string> texts = GenerateTexts(options);
  options.seed = 2;
  options.start_s += 180;
  options.frames = options.users = 300'000;
  const std::vector<std::string> more = GenerateTexts(options);
  for (size_t i = 0; i < texts.size(); ++i) texts[i] += more[i];
  const std::string expected = RecordsOf(texts);
  for (const char* workers : {"1", "2"}) {
    const Finished run = Run(WriteFiles(texts), {"--memory", "1MiB", "--workers", workers});
    EXPECT_EQ(Describe(run.status), "exit 78") << run.err;
    EXPECT_NE(
        run.err.find("do not fit into its 1 MiB of memory: nothing wrong was published; start again with a bigger "
                     "--memory"),
        std::string::npos)
        << run.err;
    EXPECT_EQ(run.out, expected.substr(0, run.out.size())) << run.err;
    EXPECT_LT(LinesIn(run.out), LinesIn(expected));
    EXPECT_EQ(TextAt(Status(), {"state"}), "failed");
    // The last line is all that many a tool shows.
    const std::string last = run.err.substr(run.err.rfind('\n', run.err.size() - 2) + 1);
    EXPECT_NE(last.find("coordinator the open windows of worker "), std::string::npos) << last;
    EXPECT_NE(last.find("start again with a bigger --memory; worker "), std::string::npos) << last;
    EXPECT_EQ(run.err.find("signal=9"), std::string::npos) << run.err;
  }
  const Finished run = Run(WriteFiles(texts), {"--memory", "16MiB", "--workers", "2"});
  EXPECT_EQ(Describe(run.status), "exit 0") << run.err;
  EXPECT_EQ(run.out, expected);
}

TEST_F(CliMessagesTest, AStatusFileThatCannotBeWrittenIsSaidOnceAndStopsNothing) {
  for (const char* path : {"no-such-folder/status.json", "/dev/null/status.json"}) {
    const Finished run = Run({"in-0.jsonl"}, {"--status-file", path});
    EXPECT_EQ(Describe(run.status), "exit 0");
    EXPECT_EQ(LinesIn(run.out), 1U);
    const size_t first = run.err.find(path);
    EXPECT_NE(first, std::string::npos) << run.err;
    EXPECT_EQ(run.err.find("--status-file names another place"), run.err.rfind("--status-file names another place"));
  }
}

// The shell's own file, of which a byte is too many already; what is said goes into a pipe.
TEST_F(CliMessagesTest, AFileThatMayNotGrowEndsNothingBySurprise) {
  const Finished minutes = Shell(
      "(ulimit -f 0; exec $headcount run --status-file off --input in-0.jsonl 2>&1 > minutes) | cat >&2; exit "
      "${PIPESTATUS[0]}");
  EXPECT_EQ(Describe(minutes.status), "exit 75") << minutes.err;
  EXPECT_NE(minutes.err.find("writing minutes to stdout failed: File too large"), std::string::npos) << minutes.err;
  EXPECT_NE(minutes.err.find("ulimit -f"), std::string::npos) << minutes.err;
  const Finished status =
      Shell("(ulimit -f 0; exec $headcount run --input in-0.jsonl 2>&1) | cat; exit ${PIPESTATUS[0]}");
  EXPECT_EQ(Describe(status.status), "exit 0") << status.out;
}

// Nobody listens on port 1.
TEST_F(CliMessagesTest, ABrokerThatIsNotThereIsNamed) {
  const Finished run =
      Headcount({"run", "-b", "localhost:1", "--group", "cli-test-" + std::to_string(time(nullptr)), "--until-end"});
  EXPECT_EQ(Describe(run.status), "exit 69") << run.err;
  EXPECT_EQ(run.out, "");
  EXPECT_NE(run.err.find("no answer from localhost:1 in time"), std::string::npos) << run.err;
}

// --- Help ----------------------------------------------------------------------------------------------------

TEST_F(CliMessagesTest, HelpAndVersionWorkEverywhereAndEndWithZero) {
  const std::vector<std::vector<std::string>> commands = {{},       {"run"},    {"status"}, {"explain"},
                                                          {"tail"}, {"report"}, {"health"}};
  for (const std::vector<std::string>& command : commands) {
    for (const char* option : {"-h", "--help", "--version"}) {
      std::vector<std::string> words = command;
      words.emplace_back(option);
      const Finished asked = Headcount(words);
      SCOPED_TRACE((command.empty() ? "" : command[0] + " ") + option);
      EXPECT_EQ(Describe(asked.status), "exit 0");
      EXPECT_EQ(asked.err, "");
      const std::vector<std::string> parts =
          std::string(option) == "--version"
              ? std::vector<std::string>{"headcount 1.", "librdkafka 2.", "RapidJSON 1.", "Boost 1."}
              : std::vector<std::string>{"Usage: headcount", "--help", "--version", "headcount run"};
      for (const std::string& part : parts) {
        if (part == "headcount run" && !command.empty() && command[0] != "run") continue;
        EXPECT_NE(asked.out.find(part), std::string::npos) << part << " is not in: " << asked.out;
      }
    }
  }
}

TEST_F(CliMessagesTest, HelpIsGivenAlsoBesideNonsense) {
  const Finished asked = Headcount({"run", "--no-such-option", "--window", "x", "--help"});
  EXPECT_EQ(Describe(asked.status), "exit 0");
  EXPECT_NE(asked.out.find("Usage: headcount run"), std::string::npos);
}

TEST_F(CliMessagesTest, TheGeneralHelpNamesCommandsAndExitCodes) {
  const Finished asked = Headcount({"--help"});
  for (const char* part : {"  run ", "  status ", "  health ", "  64  ", "  69  ", "  70  ", "  75  ", "  78  "}) {
    EXPECT_NE(asked.out.find(part), std::string::npos) << part;
  }
}

TEST_F(CliMessagesTest, HelpThatCannotBePrintedIsAnError) {
  // One that fits into a buffer, and one that does not.
  for (const char* words : {"--help", "run --help"}) {
    const Finished asked = Shell("exec $headcount " + std::string(words) + " > /dev/full");
    EXPECT_EQ(Describe(asked.status), "exit 75") << words;
    EXPECT_NE(asked.err.find("writing to stdout failed"), std::string::npos);
  }
}

}  // namespace
}  // namespace headcount::test
