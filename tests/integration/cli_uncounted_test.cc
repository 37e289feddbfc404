// Files of which nothing, or little, can be counted, as people have them: the end must say what stands there and what
// helps, and must not look like success. Each is a few lines here; what is typed from its advice must count them.

#include <algorithm>
#include <utility>

#include "tests/integration/cli_testing.h"

namespace headcount::test {
namespace {

constexpr int64_t kMinute = 1468244400;  // 2016-07-11T13:40:00Z

struct Case {
  const char* name;
  std::string text;
  std::vector<std::string> says;
  std::vector<std::string> words = {};
  bool advice_counts = true;  // what it advises is a command, and it counts all three users
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

// Three frames, each with its number where the template has a @.
std::string Three(const std::string& frame) {
  std::string lines;
  for (const char* number : {"0", "1", "2"}) {
    std::string line = frame;
    for (size_t at = line.find('@'); at != std::string::npos; at = line.find('@')) line.replace(at, 1, number);
    lines += line + "\n";
  }
  return lines;
}

std::string Utf16(const std::string& text, const std::string& mark, bool low_first) {
  std::string bytes = mark;
  for (const char c : text) bytes += low_first ? std::string{c, '\0'} : std::string{'\0', c};
  return bytes;
}

std::vector<Case> Cases() {
  const std::string good = Three(R"({"ts":146824440@,"uid":"u@"})");
  return {
      {"Iso8601InUtc",
       Three(R"({"ts":"2016-07-11T13:40:0@.250Z","uid":"u@"})"),
       {"3 bad_ts", "ts is a string of 24 characters that looks like ISO 8601", "root keys: ts, uid"}},
      {"Iso8601WithAnOffset",
       Three(R"({"ts":"2016-07-11T15:40:0@+02:00","uid":"u@"})"),
       {"looks like ISO 8601", "seconds or milliseconds"},
       {},
       false},
      {"Microseconds",
       Three(R"({"ts":146824440@000000,"uid":"u@"})"),
       {"ts is a number of 16 digits that looks like microseconds"}},
      {"NanosecondsAsText", Three(R"({"ts":"146824440@000000000","uid":"u@"})"), {"digits that look like nanoseconds"}},
      {"AnArray",
       R"([{"ts":1468244400,"uid":"u0"},{"ts":1468244401,"uid":"u1"},{"ts":1468244402,"uid":"u2"}])"
       "\n",
       {"1 not_object", "it is a JSON array"}},
      {"PrettyPrinted",
       Three("{\n  \"ts\": 146824440@,\n  \"uid\": \"u@\"\n}"),
       {"12 not_json", "a JSON value that goes over several lines"}},
      {"PrettyPrintedArray",
       "[\n  {\n    \"ts\": 1468244400,\n    \"uid\": \"u0\"\n  }\n]\n",
       {"goes over several lines"},
       {},
       false},
      {"Utf16LowFirst", Utf16(good, "\xFF\xFE", true), {"the bytes are UTF-16"}},
      {"Utf16HighFirst", Utf16(good, "\xFE\xFF", false), {"the bytes are UTF-16"}},
      {"Utf16WithoutAMark", Utf16(good, "", true), {"the bytes are UTF-16"}},
      {"Zstd", "\x28\xb5\x2f\xfd and so on", {"the bytes are zstd", "zstdcat FILE"}, {}, false},
      {"Framed",
       Three(std::string("\0\0\0\0*", 5) + R"({"ts":146824440@,"uid":"u@"})"),
       {"byte 0 and a schema id of 4 bytes", "cannot be read yet"},
       {},
       false},
      {"JsonInAString",
       Three(R"("{\"ts\":146824440@,\"uid\":\"u@\"}")"),
       {"3 not_object", "a JSON string that holds JSON"}},
      {"NotANumber", Three(R"({"ts":146824440@,"uid":"u@","v":NaN})"), {"holds NaN"}, {}, false},
      {"OtherNames",
       Three(R"({"timestamp":146824440@,"uid":"u@"})"),
       {"there is no root key ts", "--time-field timestamp"},
       {},
       false},
      {"OtherId",
       Three(R"({"ts":146824440@,"userId":"u@"})"),
       {"there is no root key uid", "--id-field userId"},
       {},
       false},
      {"APathForAName",
       Three(R"({"data":{"ts":146824440@},"uid":"u@"})"),
       {"no root key data.ts: a dot is part of the name", "root keys: data, uid"},
       {"--time-field", "data.ts"},
       false},
      {"Nested", Three(R"({"data":{"ts":146824440@},"uid":"u@"})"), {"a key ts stands deeper, in data"}},
      {"ManyInOne",
       R"({"records":[{"ts":1468244400,"uid":"u0"},{"ts":1468244401,"uid":"u1"},{"ts":1468244402,"uid":"u2"}]})"
       "\n",
       {"a key ts stands deeper, in records"}},
      {"PythonDicts", Three(R"({'ts':146824440@,'uid':'u@'})"), {"single quotes"}, {}, false},
      {"FractionsAsIds",
       Three(R"({"ts":146824440@,"uid":@.5})"),
       {"3 bad_uid", "uid is a number with a fraction"},
       {},
       false},
  };
}

class UncountedFileTest : public CliTest, public testing::WithParamInterface<Case> {
 protected:
  // The last line on stderr, from its first word on.
  static std::string LastLine(const std::string& err) {
    const size_t begin = err.rfind('\n', err.size() - 2);
    return err.substr(begin == std::string::npos ? 0 : begin + 1);
  }
};

TEST_P(UncountedFileTest, EndsWith65AndSaysWhatStandsThereAndWhatHelps) {
  const Case& c = GetParam();
  WriteFile(dir_ / "frames", c.text);
  for (const char* workers : {"1", "2"}) {
    std::vector<std::string> words = c.words;
    words.insert(words.end(), {"--workers", workers});
    const Finished run = Run({"frames"}, words);
    EXPECT_EQ(Describe(run.status), "exit 65") << run.err;
    EXPECT_EQ(run.out, "");
    const std::string last = LastLine(run.err);
    EXPECT_NE(last.find("ERROR coordinator 0 of "), std::string::npos) << run.err;
    EXPECT_NE(last.find("frames:1: "), std::string::npos) << last;
    for (const std::string& part : c.says) EXPECT_NE(last.find(part), std::string::npos) << part << " not in " << last;
    EXPECT_EQ(last.find("1468244400"), std::string::npos) << "a value in " << last;
    EXPECT_EQ(last.find("u0\""), std::string::npos) << "a value in " << last;
    EXPECT_EQ(TextAt(Status(), {"state"}), "failed");
    if (!c.advice_counts) continue;
    const size_t advice = last.find("What helps: ");
    ASSERT_NE(advice, std::string::npos) << last;
    std::string command = last.substr(advice + std::string("What helps: ").size());
    for (const auto& [from, to] : {std::pair("FILE", "frames"), std::pair("| headcount", "| $headcount")}) {
      ASSERT_NE(command.find(from), std::string::npos) << command;
      command.replace(command.find(from), std::string(from).size(), to);
    }
    const Finished helped = Shell(command);
    EXPECT_EQ(Describe(helped.status), "exit 0") << command << helped.err;
    EXPECT_NE(helped.out.find("\"unique_users\":3,"), std::string::npos) << command << helped.out << helped.err;
  }
}

INSTANTIATE_TEST_SUITE_P(Cli, UncountedFileTest, testing::ValuesIn(Cases()),
                         [](const auto& param) { return std::string(param.param.name); });

class CliUncountedTest : public CliTest {
 protected:
  static std::string Good(int count) {
    std::string lines;
    for (int i = 0; i < count; ++i) {
      lines += "{\"ts\":" + std::to_string(kMinute + i % 50) + ",\"uid\":\"u" + std::to_string(i) + "\"}\n";
    }
    return lines;
  }
};

TEST_F(CliUncountedTest, GzipOfAFileAndOfAPipe) {
  WriteFile(dir_ / "frames", Good(3));
  const Finished file = Shell("gzip -k frames && $headcount run --input frames.gz");
  EXPECT_EQ(Describe(file.status), "exit 65") << file.err;
  EXPECT_NE(file.err.find("frames.gz:1: the bytes are gzip. What helps: zcat FILE | headcount run --input -"),
            std::string::npos)
      << file.err;
  const Finished pipe = Shell("cat frames.gz | $headcount run --input -");
  EXPECT_EQ(Describe(pipe.status), "exit 65") << pipe.err;
  EXPECT_NE(pipe.err.find("stdin:1: the bytes are gzip"), std::string::npos) << pipe.err;
  EXPECT_EQ(Describe(Shell("zcat frames.gz | $headcount run --input -").status), "exit 0");
}

// Editors of some systems begin every file with it.
TEST_F(CliUncountedTest, AByteOrderMarkAtTheBeginningOfAFileIsNoPartOfTheFirstFrame) {
  const std::string text = "\xEF\xBB\xBF" + Good(3);
  const Finished file = Run(WriteFiles({text}));
  EXPECT_EQ(Describe(file.status), "exit 0");
  EXPECT_EQ(file.out, RecordsOf({Good(3)}));
  const Finished pipe = Shell("cat in-0.jsonl | $headcount run --input -");
  EXPECT_EQ(pipe.out, file.out);
  // Anywhere else it makes a frame invalid.
  EXPECT_EQ(Describe(Run(WriteFiles({Good(1) + text})).status), "exit 0");
  EXPECT_EQ(NumberAt(Status(), {"totals", "invalid_reasons", "not_json"}), 1);
  // ... and alone it is an empty file.
  EXPECT_EQ(Describe(Run(WriteFiles({"\xEF\xBB\xBF"})).status), "exit 0");
  EXPECT_EQ(NumberAt(Status(), {"totals", "records"}), 0);
}

TEST_F(CliUncountedTest, AFileWithoutARecordIsNoError) {
  for (const char* text : {"", "\n\n\r\n"}) {
    const Finished run = Run(WriteFiles({text}));
    EXPECT_EQ(Describe(run.status), "exit 0") << run.err;
    EXPECT_NE(run.err.find("coordinator read 0 records; 0 minutes published"), std::string::npos) << run.err;
  }
}

TEST_F(CliUncountedTest, OneFrameThatCountsIsEnough) {
  const Finished run = Run(WriteFiles({"no frame\n" + Good(1)}));
  EXPECT_EQ(Describe(run.status), "exit 0") << run.err;
  EXPECT_NE(run.err.find("read 2 records: 1 counted, 0 late, 1 invalid (1 not_json), 0 future; 1 minute published"),
            std::string::npos)
      << run.err;
}

TEST_F(CliUncountedTest, TheMostFrequentReasonIsShownAndTheLineIsItsOwn) {
  const std::string text = "no frame\n\n{}\n" + Three(R"({"ts":true,"uid":"u@"})");
  const Finished run = Run(WriteFiles({text}));
  EXPECT_EQ(Describe(run.status), "exit 65");
  EXPECT_NE(run.err.find("0 of 5 frames could be counted: 3 bad_ts, 1 not_json, 1 no_ts. "), std::string::npos)
      << run.err;
  EXPECT_NE(run.err.find("in-0.jsonl:4: ts is true or false; root keys: ts, uid"), std::string::npos) << run.err;
}

// A key may be made of data.
TEST_F(CliUncountedTest, KeysThatLookLikeDataAreNotShown) {
  std::string frame =
      R"({"jane.doe@example.org":1,"4917012345678":2,"plain_name":3,"d0f1a2b3c4d5e6f7a8b9c0d1e2f30415":4)";
  frame += ",\"" + std::string(200, 'k') + "\":5,\"caf\xC3\xA9\":6}\n";
  const Finished run = Run(WriteFiles({frame}));
  EXPECT_EQ(Describe(run.status), "exit 65");
  EXPECT_NE(run.err.find("root keys: plain_name, and 5 more"), std::string::npos) << run.err;
  EXPECT_EQ(run.err.find("jane"), std::string::npos) << run.err;
}

TEST_F(CliUncountedTest, AMinuteWithManyInvalidFramesIsNamedAndOneWithFewIsNot) {
  std::string text;
  for (int i = 0; i < 8; ++i) text += FirstLines(Good(1), 1) + "\n";
  EXPECT_EQ(Run(WriteFiles({text + "x\nx\n"})).err.find("% of its frames were invalid"), std::string::npos);
  const Finished run = Run(WriteFiles({text + "{\"uid\":1}\n{\"uid\":1}\nx\n"}));
  EXPECT_EQ(Describe(run.status), "exit 0");
  EXPECT_NE(run.err.find("WARN  writer 2016-07-11T13:40:00Z: 27 % of its frames were invalid, 3 of 11: 2 no_ts, 1 "
                         "not_json; the field is ts"),
            std::string::npos)
      << run.err;
}

TEST_F(CliUncountedTest, ExplainAndStatusCountReasonsFromTheFirstFrameOn) {
  WriteFile(dir_ / "frames", Three(R"({"ts":"2016-07-11T13:40:0@Z","uid":"u@"})"));
  Run({"frames"});
  const Finished status = Headcount({"status"});
  EXPECT_NE(status.out.find("\ninvalid            3  "), std::string::npos) << status.out;
  const Finished invalid = Headcount({"explain", "--invalid"});
  std::string told = invalid.out;
  std::replace(told.begin(), told.end(), '\n', ' ');
  EXPECT_NE(told.find("bad_ts (its time is none): 3 frames, the last seen "), std::string::npos) << invalid.out;
  EXPECT_NE(told.find("The first: frames:1: ts is a string of 20 characters that looks like ISO 8601"),
            std::string::npos)
      << invalid.out;
  EXPECT_NE(Headcount({"explain"}).out.find("All 3 frames that were"), std::string::npos);
}

TEST_F(CliUncountedTest, LateFramesAreNamedInTheLogAndByExplain) {
  std::string text;
  for (int64_t s = 0; s < 130; ++s) text += R"({"ts":)" + std::to_string(kMinute + s) + R"(,"uid":"a"})" + "\n";
  const size_t place = text.size();
  for (int i = 0; i < 12; ++i) text += R"({"ts":)" + std::to_string(kMinute) + R"(,"uid":"b"})" + "\n";
  const Finished run = Run(WriteFiles({text}));
  EXPECT_EQ(Describe(run.status), "exit 0");
  EXPECT_NE(run.err.find("in-0.jsonl, offset " + std::to_string(place) + ": counted as late"), std::string::npos)
      << run.err;
  EXPECT_NE(run.err.find("2 more like this in the last minute: frame.late"), std::string::npos) << run.err;
  const Finished late = Headcount({"explain", "--late"});
  EXPECT_EQ(Describe(late.status), "exit 0");
  EXPECT_NE(late.out.find("late (its minute had been given up): 12 frames"), std::string::npos) << late.out;
  EXPECT_NE(late.out.find("tail -c +"), std::string::npos) << late.out;
  EXPECT_NE(Headcount({"explain", "--invalid"}).out.find("No frame was invalid or future"), std::string::npos);
}

}  // namespace
}  // namespace headcount::test
