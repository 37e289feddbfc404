// Where somebody looks: the progress line of a terminal, a pager that takes its time, a reader who has seen enough.

#include <algorithm>
#include <set>
#include <sstream>

#include "tests/integration/cli_testing.h"
#include "tests/support/terminal.h"

namespace headcount::test {
namespace {

constexpr char kWipe[] = "\r\x1b[K";

// What a person sees in the end: each wipe takes away what stands since the last line end.
std::string Visible(const std::string& text) {
  std::string seen;
  for (size_t at = 0; at < text.size();) {
    if (text.compare(at, sizeof kWipe - 1, kWipe) == 0) {
      seen.erase(seen.rfind('\n') + 1);
      at += sizeof kWipe - 1;
    } else {
      seen += text[at++];
    }
  }
  return seen;
}

// From one wipe to the next.
std::vector<std::string> Pieces(const std::string& text) {
  std::vector<std::string> pieces(1);
  for (size_t at = 0; at < text.size();) {
    if (text.compare(at, sizeof kWipe - 1, kWipe) == 0) {
      pieces.emplace_back();
      at += sizeof kWipe - 1;
    } else {
      pieces.back() += text[at++];
    }
  }
  return pieces;
}

class CliTerminalTest : public CliTest {
 protected:
  static std::string SomeText(uint64_t frames = 4'000, double damaged = 0.01) {
    GeneratorOptions options;
    options.frames = frames;
    options.partitions = 1;
    options.frame_bytes = 200;
    options.damage = AllDamage(damaged);
    return GenerateTexts(options)[0];
  }
  static ChildOptions WithTerm(const char* kind) {
    ChildOptions options;
    options.environment.emplace_back("TERM", kind);
    return options;
  }
  static bool HasProgress(const std::string& text) { return text.find(" minutes out") != std::string::npos; }
};

// --- The progress line ---------------------------------------------------------------------------------------

TEST_F(CliTerminalTest, ATerminalShowsAProgressLineThatIsGoneInTheEnd) {
  const std::string text = SomeText();
  Terminal terminal(100);
  Feed feed(dir_ / "feed");
  const auto job = Start("exec $headcount run --input - < feed 2> " + terminal.name(), WithTerm("xterm"));
  feed.Write(text);
  ASSERT_TRUE(Eventually([&] { return HasProgress(terminal.Text()) && job->Out() == ClosedRecordsOf({text}); }));
  feed.Close();
  EXPECT_EQ(Describe(job->Wait().value_or(ExitStatus{})), "exit 0");
  EXPECT_EQ(job->Out(), RecordsOf({text}));

  const std::string all = terminal.Text();
  for (const std::string& piece : Pieces(all)) {
    if (!HasProgress(piece)) continue;
    EXPECT_NE(piece.find(" frames  "), std::string::npos) << piece;
    EXPECT_NE(piece.find("/s  "), std::string::npos) << piece;
    EXPECT_EQ(piece.find('\n'), std::string::npos) << piece;
  }
  const std::string seen = Visible(all);
  EXPECT_FALSE(HasProgress(seen)) << seen;
  EXPECT_NE(seen.find("writer claimed run="), std::string::npos) << seen;
  EXPECT_EQ(seen.back(), '\n') << "the next prompt begins a line";
}

TEST_F(CliTerminalTest, WhereTheLogIsForProgramsNoProgressLineIsDrawnIntoIt) {
  const std::string text = SomeText();
  Terminal terminal(100);
  Feed feed(dir_ / "feed");
  const auto job =
      Start("exec $headcount run --input - --log-format ecs < feed 2> " + terminal.name(), WithTerm("xterm"));
  feed.Write(text);
  // A progress line is drawn twice as often as the status file is replaced.
  std::set<int64_t> replaced;
  ASSERT_TRUE(WaitForStatus([&](const JsonValue& status) {
    replaced.insert(NumberAt(status, {"updated_at_ms"}));
    return replaced.size() >= 3;
  }));
  feed.Close();
  EXPECT_EQ(Describe(job->Wait().value_or(ExitStatus{})), "exit 0");
  EXPECT_NE(terminal.Text().find("\"action\":\"claim.made\""), std::string::npos) << terminal.Text();
  EXPECT_EQ(terminal.Text().find('\x1b'), std::string::npos) << terminal.Text();
}

TEST_F(CliTerminalTest, ATerminalThatNobodyReadsDoesNotHoldUpTheJob) {
  const std::string text = SomeText();
  WriteFiles(std::vector<std::string>(8, text));
  Terminal terminal(100);
  // Each worker names some seventy frames that are not counted: more than a terminal has room for.
  const auto job = Start("exec $headcount run --workers 8 --input in-*.jsonl 2> " + terminal.name(), WithTerm("xterm"));
  EXPECT_EQ(Describe(job->Wait(std::chrono::seconds(30)).value_or(ExitStatus{})), "exit 0");
  EXPECT_GT(std::count(terminal.Text().begin(), terminal.Text().end(), '\n'), 10) << "what it took can be read";
}

TEST_F(CliTerminalTest, RecordsOnTheSameTerminalStandOnLinesOfTheirOwn) {
  const std::string text = SomeText();
  Terminal terminal(100);
  Feed feed(dir_ / "feed");
  const auto job = Start("exec $headcount run --input - < feed > " + terminal.name() + " 2>&1", WithTerm("xterm"));
  const std::string first = FirstLines(text, 50);
  feed.Write(first);
  ASSERT_TRUE(Eventually([&] { return HasProgress(terminal.Text()); }));
  feed.Write(text.substr(first.size()));
  feed.Close();
  EXPECT_EQ(Describe(job->Wait().value_or(ExitStatus{})), "exit 0");
  std::string seen = Visible(terminal.Text());
  EXPECT_FALSE(HasProgress(seen)) << seen;
  std::string records;
  std::string line;
  for (std::istringstream lines(seen); std::getline(lines, line);) {
    if (line.back() == '\r') line.pop_back();  // the terminal's own
    if (line[0] == '{') records += line + "\n";
  }
  EXPECT_EQ(records, RecordsOf({text})) << seen;
}

TEST_F(CliTerminalTest, ANarrowTerminalGetsAShorterLine) {
  Terminal terminal(30);
  Feed feed(dir_ / "feed");
  const auto job = Start("exec $headcount run --input - < feed 2> " + terminal.name(), WithTerm("xterm"));
  feed.Write(SomeText());
  const auto drawn = [&] {
    const std::vector<std::string> pieces = Pieces(terminal.Text());
    return pieces.size() > 1 && pieces.back().find(" frames") != std::string::npos;
  };
  ASSERT_TRUE(Eventually(drawn));
  EXPECT_LT(Pieces(terminal.Text()).back().size(), 30U);
}

TEST_F(CliTerminalTest, ATerminalThatCannotWipeALineAndAFileGetNone) {
  Terminal terminal(100);
  Feed feed(dir_ / "feed");
  const auto job = Start("exec $headcount run --input - < feed 2> " + terminal.name(), WithTerm("dumb"));
  Feed other_feed(dir_ / "other_feed");
  const auto other_job =
      Start("exec $headcount run --status-file other.json --input - < other_feed", WithTerm("xterm"));
  feed.Write(SomeText());
  other_feed.Write(SomeText());
  // Two status files later a line would have been drawn.
  const auto updated = [&] { return NumberAt(Status(), {"updated_at_ms"}); };
  for (int i = 0; i < 2; ++i) {
    const int64_t before = updated();
    ASSERT_TRUE(Eventually([&] { return updated() > before; }));
  }
  feed.Close();
  other_feed.Close();
  EXPECT_EQ(Describe(job->Wait().value_or(ExitStatus{})), "exit 0");
  EXPECT_EQ(Describe(other_job->Wait().value_or(ExitStatus{})), "exit 0");
  EXPECT_FALSE(HasProgress(terminal.Text()));
  EXPECT_EQ(terminal.Text().find('\x1b'), std::string::npos);
  EXPECT_EQ(other_job->Err().find('\x1b'), std::string::npos);
}

// --- Who reads stdout ----------------------------------------------------------------------------------------

// As any tool whose reader has gone: it dies of SIGPIPE, which a shell shows as 141.
TEST_F(CliTerminalTest, AReaderWhoHasSeenEnoughEndsTheJobWithoutAWord) {
  WriteFiles({SomeText(50'000, 0)});  // else the writer may come to warn of a window's invalid frames
  const Finished run = Shell("$headcount run --window 1s --input in-0.jsonl | head -1; echo ${PIPESTATUS[0]}");
  EXPECT_EQ(LinesIn(run.out), 2U);
  EXPECT_EQ(run.out.substr(run.out.find('\n') + 1), "141\n");
  for (const char* words : {" WARN  coordinator", " WARN  writer", " ERROR ", "died", "failed"}) {
    EXPECT_EQ(run.err.find(words), std::string::npos) << run.err;
  }
  EXPECT_EQ(TextAt(Status(), {"state"}), "failed") << "not all was printed";
}

TEST_F(CliTerminalTest, WithSigpipeIgnoredItIsAnErrorAsOfOtherTools) {
  WriteFiles({SomeText(50'000)});
  const Finished run =
      Shell("trap '' PIPE; $headcount run --window 1s --input in-0.jsonl | head -1; echo ${PIPESTATUS[0]}");
  EXPECT_EQ(run.out.substr(run.out.find('\n') + 1), "75\n");
  EXPECT_NE(run.err.find("writing minutes to stdout failed: Broken pipe"), std::string::npos) << run.err;
}

// Each prints more than a pipe holds; help is printed before there is anything else.
TEST_F(CliTerminalTest, EveryCommandEndsWithoutAWordWhenItsReaderHasGone) {
  WriteFiles({SomeText(50'000)});
  ASSERT_EQ(Describe(Shell("exec $headcount run --window 1s --input in-0.jsonl > records").status), "exit 0");
  for (const char* command : {"status", "status --watch", "status --json", "explain", "report --input records --out -",
                              "run --print-config", "run --help"}) {
    SCOPED_TRACE(command);
    const Finished run = Shell(std::string("$headcount ") + command + " | true; echo ${PIPESTATUS[0]}");
    EXPECT_EQ(run.err, "");
    EXPECT_TRUE(run.out == "141\n" || run.out == "0\n") << run.out << "(0: it had printed all before)";
  }
}

TEST_F(CliTerminalTest, AReaderWhoHasGoneLeavesNobodyBehind) {
  const std::string text = SomeText();
  const std::string first = FirstLines(text, LinesIn(text) / 2);
  WriteFiles({""});
  Feed feed(dir_ / "feed");
  const auto job = Start(
      "$headcount run --workers 2 --input - in-0.jsonl < feed |"
      "{ read -r line; echo \"$line\"; exec 0<&- ; touch gone; }");
  feed.Write(first);
  ASSERT_TRUE(Eventually([&] { return exists(dir_ / "gone"); }));
  EXPECT_EQ(LinesIn(job->Out()), 1U);
  feed.Write(text.substr(first.size()));
  ASSERT_TRUE(job->Wait(std::chrono::seconds(10))) << "the shell waits for all of the pipe";
  EXPECT_EQ(TextAt(Status(), {"state"}), "failed");
  EXPECT_FALSE(IsAlive(NumberAt(Status(), {"coordinator", "pid"})));
  for (size_t slot = 0; slot < 2; ++slot) EXPECT_FALSE(IsAlive(PidOf(Status(), slot)));
}

TEST_F(CliTerminalTest, AFullDiskIsAClearError) {
  WriteFiles({SomeText()});
  const Finished run = Shell("$headcount run --input in-0.jsonl > /dev/full");
  EXPECT_EQ(Describe(run.status), "exit 75");
  EXPECT_NE(run.err.find("writing minutes to stdout failed: No space left on device"), std::string::npos) << run.err;
}

TEST_F(CliTerminalTest, AClosedStdoutIsRefusedBeforeAnythingIsRead) {
  WriteFiles({SomeText()});
  for (const char* how : {">&-", "1< /dev/null"}) {
    const Finished run = Shell(std::string("$headcount run --input in-0.jsonl ") + how);
    EXPECT_EQ(Describe(run.status), "exit 78") << how;
    EXPECT_NE(run.err.find("go to stdout, and it is closed"), std::string::npos) << run.err;
    EXPECT_EQ(run.err.find("claimed"), std::string::npos) << run.err;
  }
}

TEST_F(CliTerminalTest, WithoutStderrAndWithoutStdinTheRecordsAreTheSame) {
  const std::string text = SomeText();
  WriteFiles({text});
  EXPECT_EQ(Shell("$headcount run --input in-0.jsonl 2>&-").out, RecordsOf({text}));
  EXPECT_EQ(Shell("$headcount run --input in-0.jsonl <&- 2>&-").out, RecordsOf({text}));
  EXPECT_EQ(Shell("$headcount run --input in-0.jsonl <&- 2> /dev/full").out, RecordsOf({text}));
}

// Longer than a process may be silent: somebody reads the first page and goes for coffee.
TEST_F(CliTerminalTest, AReaderWhoTakesHisTimeGetsEverything) {
  const std::string text = SomeText(60'000);
  WriteFiles({text});
  OracleRule rule;
  rule.rule.window_s = 1;
  const std::string expected = RecordsOf({text}, rule);
  ASSERT_GT(expected.size(), size_t{100'000}) << "more than a pipe holds";
  const Finished run = Shell("$headcount run --window 1s --input in-0.jsonl | (sleep 12; cat)");
  EXPECT_EQ(Describe(run.status), "exit 0") << run.err;
  EXPECT_EQ(run.out, expected) << run.err;
}

}  // namespace
}  // namespace headcount::test
