// `headcount run --input`: whatever the files hold and however they come, stdout is the oracle's records, byte for
// byte, with any number of workers.

#include <array>
#include <chrono>
#include <sstream>
#include <thread>

#include "tests/integration/cli_testing.h"

namespace headcount::test {
namespace {

constexpr std::array<const char*, 3> kWorkerCounts = {"1", "2", "3"};

// --- Hostile frames under every rule -------------------------------------------------------------------------

struct HostileCase {
  const char* name;
  std::vector<std::string> words;  // of the command line, which must say the same as `rule`
  OracleRule rule;
  GeneratorOptions frames;
};

void PrintTo(const HostileCase& c, std::ostream* out) { *out << "seed " << c.frames.seed; }

GeneratorOptions Frames(uint64_t seed, uint64_t frames, size_t frame_bytes, int64_t delay_s) {
  GeneratorOptions options;
  options.seed = seed;
  options.frames = frames;
  options.users = 2'000;
  options.frame_bytes = frame_bytes;
  options.delay_s = delay_s;
  options.damage = AllDamage(0.02);
  return options;
}

GeneratorOptions WithTooLarge(GeneratorOptions frames, size_t bytes) {
  frames.too_large_bytes = bytes;
  frames.damage[static_cast<size_t>(Damage::kTooLarge)] = 0.02;
  return frames;
}

GeneratorOptions WithDamage(GeneratorOptions frames, const char* damage) {
  frames.damage = *ParseDamage(damage);
  return frames;
}

GeneratorOptions Spread(GeneratorOptions frames, int64_t minutes, int32_t partitions) {
  frames.minutes = minutes;
  frames.partitions = partitions;
  return frames;
}

CountingRule Rule(int64_t window_s, int64_t lateness_s, int64_t max_jump_s) {
  CountingRule rule;
  rule.window_s = window_s;
  rule.lateness_s = lateness_s;
  rule.max_jump_s = max_jump_s;
  return rule;
}

std::vector<HostileCase> HostileCases() {
  constexpr size_t kMiB = limits::kMaxFrameBytes;
  return {
      {"Defaults", {}, {}, Frames(1, 12'000, 300, 4)},
      {"DefaultsMuchDelay", {}, {}, Frames(2, 12'000, 300, 20)},
      {"NoLateness", {"--allowed-lateness", "0s"}, {Rule(60, 0, 0), kMiB}, Frames(3, 12'000, 300, 2)},
      {"LatenessLongerThanTheWindow",
       {"--allowed-lateness", "2m", "--max-jump", "3s"},
       {Rule(60, 120, 3), kMiB},
       Frames(4, 12'000, 300, 90)},
      {"JumpAsLongAsLateness",
       {"--allowed-lateness", "30s", "--max-jump", "30s"},
       {Rule(60, 30, 30), kMiB},
       Frames(5, 12'000, 300, 40)},
      {"NoJump", {"--max-jump", "0s"}, {Rule(60, 5, 0), kMiB}, Frames(6, 12'000, 300, 6)},
      {"WindowsOfASecond",
       {"--window", "1s", "--allowed-lateness", "2s"},
       {Rule(1, 2, 2), kMiB},
       Frames(7, 12'000, 300, 3)},
      {"WindowsOfSevenSeconds",
       {"--window", "7s", "--allowed-lateness", "20s", "--max-jump", "1s", "--max-skew", "7s"},
       {Rule(7, 20, 1), kMiB},
       Frames(8, 12'000, 300, 25)},
      {"WindowsOfAnHour", {"--window", "1h"}, {Rule(3600, 5, 5), kMiB}, Frames(9, 12'000, 300, 8)},
      {"LongFrames", {}, {}, Frames(10, 3'000, 4'000, 4)},
      {"ShortestFrames", {"--max-frame", "200"}, {Rule(60, 5, 5), 200}, WithTooLarge(Frames(11, 20'000, 60, 4), 201)},
      {"FramesOfAMebibyte", {}, {}, WithTooLarge(Frames(12, 1'000, 300, 4), kMiB + 1)},
      {"FramesCutAtFourKibibytes",
       {"--max-frame", "4KiB"},
       {Rule(60, 5, 5), 4096},
       WithTooLarge(Frames(13, 8'000, 3'900, 4), 4097)},
      {"OneHostInFiveAnHourAhead", {}, {}, WithDamage(Frames(14, 20'000, 200, 3), "host-ahead:0.2,host-behind:0.1")},
      {"MostTimesFlipped", {}, {}, WithDamage(Frames(15, 20'000, 200, 3), "flipped-ts:0.6,late:0.2")},
      {"EverythingDamaged", {}, {}, WithDamage(Frames(16, 20'000, 200, 3), "all:0.043,too-large:0")},
      {"SparseOverADay", {}, {}, Spread(Frames(17, 3'000, 200, 40), 1'440, 4)},
      {"OnePartition", {}, {}, Spread(Frames(18, 12'000, 300, 4), 10, 1)},
      {"TwentyPartitions", {}, {}, Spread(Frames(19, 20'000, 200, 4), 10, 20)},
  };
}

class HostileFilesTest : public CliTest, public testing::WithParamInterface<HostileCase> {};

TEST_P(HostileFilesTest, GiveTheOraclesRecordsWithAnyNumberOfWorkers) {
  const HostileCase& c = GetParam();
  const std::vector<std::string> texts = GenerateTexts(c.frames);
  const std::vector<std::string> files = WriteFiles(texts);
  const std::string expected = RecordsOf(texts, c.rule);
  ASSERT_NE(expected, "");
  for (const char* workers : kWorkerCounts) {
    SCOPED_TRACE(std::string("seed ") + std::to_string(c.frames.seed) + ", workers " + workers);
    std::vector<std::string> words = c.words;
    words.insert(words.end(), {"--workers", workers});
    const Finished run = Run(files, words);
    EXPECT_EQ(Describe(run.status), "exit 0") << run.err;
    EXPECT_EQ(run.out, expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Cli, HostileFilesTest, testing::ValuesIn(HostileCases()),
                         [](const auto& param) { return std::string(param.param.name); });

class CliInputTest : public CliTest {
 protected:
  // Four partitions with some of every damage.
  static std::vector<std::string> SomeTexts(uint64_t seed, uint64_t frames = 6'000) {
    return GenerateTexts(Frames(seed, frames, 300, 4));
  }
};

TEST_F(CliInputTest, LeaveOpenPrintsOnlyWhatNoLaterLineCanChange) {
  const std::vector<std::string> texts = SomeTexts(21);
  const std::string expected = ClosedRecordsOf(texts);
  ASSERT_GT(LinesIn(expected), 5U);
  for (const char* workers : kWorkerCounts) {
    SCOPED_TRACE(workers);
    const Finished run = Run(WriteFiles(texts), {"--leave-open", "--workers", workers});
    EXPECT_EQ(Describe(run.status), "exit 0") << run.err;
    EXPECT_EQ(run.out, expected);
  }
}

TEST_F(CliInputTest, FilesOfOtherHoursEmptyFilesAndFilesWithoutAnyGoodLineGoTogether) {
  std::vector<std::string> texts = SomeTexts(22, 3'000);
  GeneratorOptions later = Frames(23, 3'000, 300, 4);
  later.start_s += 3 * 3600;
  for (const std::string& text : GenerateTexts(later)) texts.push_back(text);
  texts.insert(texts.begin() + 1, "");
  texts.insert(texts.begin() + 3, "no frame\n{}\n[]\n");
  const std::string expected = RecordsOf(texts);
  for (const char* workers : kWorkerCounts) {
    SCOPED_TRACE(workers);
    const Finished run = Run(WriteFiles(texts), {"--workers", workers});
    EXPECT_EQ(Describe(run.status), "exit 0") << run.err;
    EXPECT_EQ(run.out, expected);
  }
}

TEST_F(CliInputTest, TheSameFileTwiceIsTwoPartitions) {
  const std::vector<std::string> texts = {SomeTexts(24)[0]};
  const std::vector<std::string> files = WriteFiles(texts);
  const Finished run = Run({files[0], files[0]});
  EXPECT_EQ(Describe(run.status), "exit 0") << run.err;
  EXPECT_EQ(run.out, RecordsOf({texts[0], texts[0]}));
}

TEST_F(CliInputTest, FieldsWithOtherNamesAreCountedAsWell) {
  const auto renamed = [](std::string text, const std::string& from, const std::string& to) {
    for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
      text.replace(at, from.size(), to);
    }
    return text;
  };
  // In whole frames only, whose keys are never spelled with escapes.
  GeneratorOptions options;
  options.frames = 4'000;
  options.partitions = 2;
  options.frame_bytes = 300;
  const std::vector<std::string> texts = GenerateTexts(options);
  std::vector<std::string> others;
  others.reserve(texts.size());
  for (const std::string& text : texts) {
    others.push_back(renamed(renamed(text, "\"ts\"", "\"event_time\""), "\"uid\"", "\"user.id\""));
  }
  const Finished run = Run(WriteFiles(others), {"--time-field", "event_time", "--id-field", "user.id"});
  EXPECT_EQ(Describe(run.status), "exit 0") << run.err;
  EXPECT_EQ(run.out, RecordsOf(texts));
}

// --- Lines ---------------------------------------------------------------------------------------------------

class CliLinesTest : public CliTest {
 protected:
  void ExpectOracle(const std::string& text, const std::vector<std::string>& words = {}, const OracleRule& rule = {}) {
    const OracleCounts counts = CountTexts({text}, rule);
    const std::string ended = counts.records > 0 && counts.totals.counted == 0 ? "exit 65" : "exit 0";
    const Finished from_file = Run(WriteFiles({text}), words);
    EXPECT_EQ(Describe(from_file.status), ended) << from_file.err;
    EXPECT_EQ(from_file.out, RecordsOf({text}, rule));
    const Finished from_pipe = Shell("cat in-0.jsonl | $headcount run --input - " + Joined(words));
    EXPECT_EQ(Describe(from_pipe.status), ended) << from_pipe.err;
    EXPECT_EQ(from_pipe.out, RecordsOf({text}, rule));
  }
  static std::string Joined(const std::vector<std::string>& words) {
    std::string all;
    for (const std::string& word : words) all += Quoted(word) + " ";
    return all;
  }
};

constexpr char kLine[] = R"({"ts":1468244401,"uid":"a"})";
constexpr char kOtherLine[] = R"({"ts":1468244461,"uid":"b"})";

TEST_F(CliLinesTest, AnEmptyFileHasNoMinutes) {
  const Finished run = Run(WriteFiles({""}));
  EXPECT_EQ(Describe(run.status), "exit 0") << run.err;
  EXPECT_EQ(run.out, "");
  ExpectOracle("");
}

TEST_F(CliLinesTest, DevNullIsAnEmptyFile) {
  const Finished run = Run({"/dev/null"});
  EXPECT_EQ(Describe(run.status), "exit 0") << run.err;
  EXPECT_EQ(run.out, "");
}

TEST_F(CliLinesTest, EmptyLinesAreNoRecords) {
  ExpectOracle("\n\n\r\n\n\r\n\r");
  EXPECT_EQ(NumberAt(Status(), {"totals", "records"}), 0);
}

TEST_F(CliLinesTest, OnlyInvalidLinesWaitForAMinuteThatNeverOpens) {
  ExpectOracle("x\n[]\n\"\n");
  EXPECT_EQ(NumberAt(Status(), {"totals", "records"}), 3);
  EXPECT_EQ(NumberAt(Status(), {"totals", "waiting"}), 3);
}

TEST_F(CliLinesTest, TheLastLineNeedsNoEnd) {
  ExpectOracle(std::string(kLine) + "\n" + kOtherLine);
  ExpectOracle(kLine);
  ExpectOracle(std::string(kLine) + "\nhalf a fra");
}

TEST_F(CliLinesTest, CarriageReturnsAreWhiteSpace) {
  ExpectOracle(std::string(kLine) + "\r\n\r\n" + kOtherLine + "\r\n\r\n");
  ExpectOracle(std::string(kLine) + "\r\n\r\n" + kOtherLine + "\r");
}

TEST_F(CliLinesTest, ALineOfTheGreatestLengthCountsAndALongerOneDoesNot) {
  const auto line = [](const char* uid, size_t bytes) {
    const std::string frame = std::string(R"({"ts":1468244401,"uid":")") + uid + "\"}";
    return frame + std::string(bytes - frame.size(), ' ') + "\n";
  };
  const std::string text = line("a", 1000) + line("b", 1001) + line("c", 999) + line("d", 400'000) + kOtherLine;
  ExpectOracle(text, {"--max-frame", "1000"}, {CountingRule{}, 1000});
  EXPECT_EQ(NumberAt(Status(), {"totals", "invalid_reasons", "too_large"}), 2);
}

TEST_F(CliLinesTest, ALineOfFortyMebibytesIsOneRecordAndIsNotHeldInMemory) {
  const std::string text = std::string(kLine) + "\n{" + std::string(size_t{40} << 20, 'x') + "\n" + kOtherLine + "\n";
  ExpectOracle(text);
  EXPECT_EQ(NumberAt(Status(), {"totals", "records"}), 3);
}

// --- Where the lines come from -------------------------------------------------------------------------------

TEST_F(CliInputTest, StdinMayBeAFileAPipeOrNothing) {
  const std::vector<std::string> texts = {SomeTexts(31)[0]};
  WriteFiles(texts);
  const std::string expected = RecordsOf(texts);
  EXPECT_EQ(Shell("$headcount run --input - < in-0.jsonl").out, expected);
  EXPECT_EQ(Shell("cat in-0.jsonl | $headcount run --input -").out, expected);
  EXPECT_EQ(Shell("cat in-0.jsonl | $headcount run --input /dev/stdin").out, expected);
  EXPECT_EQ(Shell("$headcount run --input - < /dev/null").out, "");
}

TEST_F(CliInputTest, WhatSomebodyElseHasReadOfStdinIsNotReadAgain) {
  const std::string text = std::string(kLine) + "\n" + kOtherLine + "\n";
  WriteFiles({"a header\n" + text});
  EXPECT_EQ(Shell("(read -r header; exec $headcount run --input -) < in-0.jsonl").out, RecordsOf({text}));
  EXPECT_EQ(Shell("cat in-0.jsonl | (read -r header; exec $headcount run --input -)").out, RecordsOf({text}));
}

TEST_F(CliInputTest, FilesAndStdinMix) {
  const std::vector<std::string> texts = SomeTexts(32);
  WriteFiles(texts);
  for (const char* workers : kWorkerCounts) {
    const Finished run =
        Shell(std::string("cat in-2.jsonl | $headcount run --input in-0.jsonl in-1.jsonl - in-3.jsonl ") +
              "--workers " + workers);
    EXPECT_EQ(Describe(run.status), "exit 0") << run.err;
    EXPECT_EQ(run.out, RecordsOf(texts)) << workers;
  }
}

TEST_F(CliInputTest, ProcessSubstitutionIsAFile) {
  const std::vector<std::string> texts = SomeTexts(33);
  WriteFiles(texts);
  for (const char* workers : kWorkerCounts) {
    const Finished run =
        Shell(std::string("$headcount run --workers ") + workers +
              " --input <(cat in-0.jsonl) in-1.jsonl <(cat in-2.jsonl) <(gzip < in-3.jsonl | gzip -d)");
    EXPECT_EQ(Describe(run.status), "exit 0") << run.err;
    EXPECT_EQ(run.out, RecordsOf(texts)) << workers;
  }
}

TEST_F(CliInputTest, NamedPipesMayBeOpenedLate) {
  const std::vector<std::string> texts = SomeTexts(34);
  WriteFiles(texts);
  const Finished run = Shell(
      "mkfifo late && (sleep 0.3; cat in-0.jsonl > late) & "
      "while [[ ! -p late ]]; do sleep 0.01; done; $headcount run --input late in-1.jsonl in-2.jsonl in-3.jsonl");
  EXPECT_EQ(Describe(run.status), "exit 0") << run.err;
  EXPECT_EQ(run.out, RecordsOf(texts));
}

// Pieces that end within lines, within escapes and within characters.
TEST_F(CliInputTest, ASlowPipeInSmallPiecesGivesTheSame) {
  const std::string text = SomeTexts(35, 2'000)[0];
  Feed feed(dir_ / "feed");
  const auto job = Start("exec $headcount run --input - < feed");
  for (size_t at = 0; at < text.size(); at += 1'777) {
    feed.Write(text.substr(at, 1'777));
    if (at % 7 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  feed.Close();
  EXPECT_EQ(Describe(job->Wait().value_or(ExitStatus{})), "exit 0") << job->Err();
  EXPECT_EQ(job->Out(), RecordsOf({text}));
}

TEST_F(CliInputTest, MinutesOfAPipeAppearWhileItIsStillOpen) {
  const std::string text = SomeTexts(36)[0];
  Feed feed(dir_ / "feed");
  const auto job = Start("exec $headcount run --input - < feed");
  feed.Write(text);
  const std::string closed = ClosedRecordsOf({text});
  EXPECT_TRUE(Eventually([&] { return job->Out() == closed; })) << job->Out() << "\nwanted:\n" << closed;
  feed.Close();
  EXPECT_EQ(Describe(job->Wait().value_or(ExitStatus{})), "exit 0") << job->Err();
  EXPECT_EQ(job->Out(), RecordsOf({text}));
}

TEST_F(CliInputTest, AQuietPipeHoldsTheMinutesOfTheFilesBesideIt) {
  const std::vector<std::string> texts = SomeTexts(37);
  WriteFiles(texts);
  Feed feed(dir_ / "feed");
  const auto job = Start("exec $headcount run --workers 2 --input in-0.jsonl - in-2.jsonl in-3.jsonl < feed");
  const std::string first = FirstLines(texts[1], LinesIn(texts[1]) / 2);
  feed.Write(first);
  const std::string closed = ClosedRecordsOf({texts[0], first, texts[2], texts[3]});
  ASSERT_NE(closed, "");
  EXPECT_TRUE(Eventually([&] { return job->Out() == closed; })) << job->Out() << "\nwanted:\n" << closed;
  feed.Write(texts[1].substr(first.size()));
  feed.Close();
  EXPECT_EQ(Describe(job->Wait().value_or(ExitStatus{})), "exit 0") << job->Err();
  EXPECT_EQ(job->Out(), RecordsOf(texts));
}

TEST_F(CliInputTest, AFileThatGrowsIsReadUpToWhereItsEndIsMet) {
  const std::string text = SomeTexts(38)[0];
  WriteFiles({text});
  const Finished run = Shell(
      "(while :; do echo '{\"ts\":1468300000,\"uid\":\"late\"}' >> in-0.jsonl; sleep 0.001; done) & "
      "$headcount run --input in-0.jsonl; code=$?; kill $!; exit $code");
  EXPECT_EQ(Describe(run.status), "exit 0") << run.err;
  const std::string expected = RecordsOf({text});
  EXPECT_EQ(FirstLines(run.out, LinesIn(expected) - 1), FirstLines(expected, LinesIn(expected) - 1));
}

// --- What goes where -----------------------------------------------------------------------------------------

TEST_F(CliInputTest, StdoutHoldsRecordsOnlyAndStderrPlainLogLines) {
  const Finished run = Run(WriteFiles(SomeTexts(41)));
  ASSERT_NE(run.out, "");
  EXPECT_EQ(run.out.find("INFO"), std::string::npos);
  EXPECT_NE(run.err.find(" INFO  writer claimed run="), std::string::npos) << run.err;
  EXPECT_EQ(run.err.find_first_of("\r\x1b{"), std::string::npos) << run.err;
  std::string line;
  for (std::istringstream lines(run.out); std::getline(lines, line);) EXPECT_TRUE(ReadJson(line)) << line;
}

}  // namespace
}  // namespace headcount::test
