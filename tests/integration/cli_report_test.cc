// `headcount report` on records from files, as a user types it. On a topic, and in a browser: job_report_test.cc.

#include <sys/stat.h>

#include <filesystem>

#include "tests/integration/cli_testing.h"

namespace headcount::test {
namespace {

class CliReportTest : public CliTest {
 protected:
  // What a job prints for these frames.
  std::string Records(uint64_t frames = 2'000) const {
    GeneratorOptions options;
    options.seed = 7;
    options.frames = frames;
    options.partitions = 1;
    options.frame_bytes = 200;
    options.damage = AllDamage(0.02);
    const Finished run = Run(WriteFiles(GenerateTexts(options)));
    EXPECT_EQ(Describe(run.status), "exit 0") << run.err;
    return run.out;
  }
  void ExpectRefused(const std::vector<std::string>& words, const std::string& part) const {
    const Finished report = Headcount(words);
    EXPECT_EQ(Describe(report.status), "exit 78") << report.err;
    EXPECT_EQ(report.out, "");
    EXPECT_NE(report.err.find(part), std::string::npos) << part << " is not in: " << report.err;
  }
  size_t FilesHere() const {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(dir_.path()), {}));
  }
};

TEST_F(CliReportTest, TakesWhatAJobPrintsThroughAPipe) {
  const std::string records = Records();
  ASSERT_GT(LinesIn(records), 1U);
  const Finished piped = Shell("$headcount run --input in-0.jsonl | $headcount report --input - --out page.html");
  EXPECT_EQ(Describe(piped.status), "exit 0") << piped.err;
  const std::string page = ReadFile(dir_ / "page.html");
  EXPECT_EQ(page.rfind("<!DOCTYPE html>", 0), 0U);
  EXPECT_NE(page.find("records from stdin"), std::string::npos);
  size_t rows = 0;
  for (size_t at = page.find("<th scope=\"row\">"); at != std::string::npos;
       at = page.find("<th scope=\"row\">", at + 1)) {
    ++rows;
  }
  EXPECT_EQ(rows, LinesIn(records));
}

TEST_F(CliReportTest, PrintsThePageOrReplacesAFileAndLeavesNothingElseBehind) {
  WriteFile(dir_ / "records", Records());
  WriteFile(dir_ / "page.html", "an older page");
  const size_t files = FilesHere();
  const Finished printed = Headcount({"report", "--input", "records", "--out", "-"});
  EXPECT_EQ(Describe(printed.status), "exit 0");
  const Finished written = Headcount({"report", "--input", "records", "--out", "page.html"});
  EXPECT_EQ(Describe(written.status), "exit 0") << written.err;
  EXPECT_EQ(written.out + written.err, "");
  const std::string page = ReadFile(dir_ / "page.html");
  // The time of making is not the same.
  EXPECT_EQ(page.substr(page.find("</header>")), printed.out.substr(printed.out.find("</header>")));
  EXPECT_EQ(FilesHere(), files);
}

TEST_F(CliReportTest, OfNoRecordsIsAPageThatSaysSo) {
  const Finished report = Headcount({"report", "--input", "-", "--out", "-"}, {});
  EXPECT_EQ(Describe(report.status), "exit 0") << report.err;
  EXPECT_NE(report.out.find("There is no minute yet"), std::string::npos);
}

TEST_F(CliReportTest, NamesTheLineThatIsNoRecordAndLeavesTheOldPage) {
  const std::string records = FirstLines(Records(), 2);
  WriteFile(dir_ / "page.html", "an older page");
  for (const std::string& wrong : {std::string("{}"), std::string("nonsense"), std::string(100'000, 'x')}) {
    std::string text = records + "\r\n\n";
    text.append(wrong).append("\n").append(records);
    WriteFile(dir_ / "records", text);
    ExpectRefused({"report", "--input", "records", "--out", "page.html"}, "'records', line 5: no record of a minute");
  }
  EXPECT_EQ(ReadFile(dir_ / "page.html"), "an older page");
}

TEST_F(CliReportTest, SaysWhatItCannotReadOrWrite) {
  WriteFile(dir_ / "records", FirstLines(Records(), 1));
  ExpectRefused({"report", "--input", "missing", "--out", "page.html"}, "cannot read 'missing': No such file");
  ExpectRefused({"report", "--input", dir_.path(), "--out", "page.html"}, "Is a directory");
  ExpectRefused({"report", "--input", "records", "--out", "missing/page.html"}, "cannot create page missing/page.html");
  ASSERT_EQ(mkfifo((dir_ / "pipe").c_str(), 0600), 0);
  for (const std::string& out : {dir_.path().string(), std::string("pipe")}) {
    // Said before the topic is read: nobody listens on port 1.
    const Finished refused = Headcount({"report", "-b", "localhost:1", "--out", out});
    EXPECT_EQ(Describe(refused.status), "exit 64");
    EXPECT_NE(refused.err.find(", and only a file can be replaced; - prints to stdout"), std::string::npos)
        << refused.err;
  }
  const Finished full = Shell("exec $headcount report --input records --out - > /dev/full");
  EXPECT_EQ(Describe(full.status), "exit 75");
}

TEST_F(CliReportTest, SaysThatAMinuteIsThereTwice) {
  const std::string records = Records();
  WriteFile(dir_ / "records", records + FirstLines(records, 1));
  const Finished report = Headcount({"report", "--input", "records", "--out", "page.html"});
  EXPECT_EQ(Describe(report.status), "exit 0");
  EXPECT_NE(report.err.find("1 of the minutes have more than one record"), std::string::npos) << report.err;
  EXPECT_NE(ReadFile(dir_ / "page.html").find("1 minute more than once."), std::string::npos);
}

TEST_F(CliReportTest, NeedsABrokerThatAnswers) {
  const Finished report = Headcount({"report", "-b", "localhost:1", "--out", "page.html"});
  EXPECT_EQ(Describe(report.status), "exit 69") << report.err;
  EXPECT_FALSE(std::filesystem::exists(dir_ / "page.html"));
}

}  // namespace
}  // namespace headcount::test
