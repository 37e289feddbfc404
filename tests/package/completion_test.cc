// config/bash-completion/headcount in a real bash: what it offers is what the program understands.
#include <algorithm>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "tests/integration/cli_testing.h"

namespace headcount::test {
namespace {

using Words = std::set<std::string>;

Words WordsOf(const std::string& text) {
  std::istringstream stream(text);
  Words words;
  for (std::string word; stream >> word;) words.insert(word);
  return words;
}

Words Matches(const std::string& text, const std::string& pattern) {
  Words found;
  const std::regex expression(pattern);
  for (std::sregex_iterator hit(text.begin(), text.end(), expression); hit != std::sregex_iterator(); ++hit) {
    found.insert((*hit)[1].str());
  }
  return found;
}

class CompletionTest : public CliTest {
 protected:
  // What a tab offers behind these words, the last of which is begun.
  Words Offered(const std::string& words) {
    const Finished asked =
        Shell("export PATH=$(dirname \"$headcount\"):$PATH; source " +
              Quoted(std::string(HEADCOUNT_SOURCE_DIR) + "/config/bash-completion/headcount") +
              "; COMP_WORDS=(headcount " + words +
              "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); "
              "_headcount headcount \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD - 1]}\"; "
              "printf '%s\\n' \"${COMPREPLY[@]}\"");
    EXPECT_EQ(asked.err, "") << words;
    return WordsOf(asked.out);
  }
  std::string Help(const std::vector<std::string>& words) { return Headcount(words).out; }
};

TEST_F(CompletionTest, OffersEveryCommand) {
  Words commands = Matches(Help({"--help"}).substr(0, Help({"--help"}).find("\nOptions:")), "\n  ([a-z]+)  ");
  ASSERT_TRUE(commands.count("run") == 1 && commands.count("health") == 1);
  commands.insert({"--help", "--version"});
  EXPECT_EQ(Offered("''"), commands);
  EXPECT_EQ(Offered("st"), Words{"status"});
}

// With each option of the help once; the long form of what has both, as well.
TEST_F(CompletionTest, OffersEveryOptionOfEachCommandAndNoOther) {
  for (const std::string& command : Offered("''")) {
    if (command[0] == '-') continue;
    const std::string help = Help({command, "--help"});
    Words options = Matches(help, "\n  [ ]*(?:-[a-zA-Z], )?(--[a-z-]+)");
    const Words shorts = Matches(help, "\n  (-[a-zA-Z])[, ]");
    options.insert(shorts.begin(), shorts.end());
    ASSERT_GE(options.size(), 3U) << command;
    EXPECT_EQ(Offered(command + " -"), options) << command;
  }
}

TEST_F(CompletionTest, OffersTheValuesThatAnOptionHas) {
  EXPECT_EQ(Offered("run --on-lost-input ''"), (Words{"fail", "continue"}));
  EXPECT_EQ(Offered("run --on-lost-input c"), Words{"continue"});
  EXPECT_EQ(Offered("run --from ''"), (Words{"earliest", "latest"}));
  EXPECT_EQ(Offered("run --log-format ''"), (Words{"text", "ecs"}));
  EXPECT_EQ(Offered("run --workers ''"), Words{"auto"});
  EXPECT_EQ(Offered("run --window ''"), Words{}) << "nobody knows which";
  EXPECT_EQ(Offered("run -b ''"), Words{});
  // Those that the help has in words are taken by the program, and no others.
  const Words levels = Offered("run --log-level ''");
  EXPECT_EQ(levels, (Words{"debug", "info", "warning", "error"}));
  for (const std::string& level : levels) {
    EXPECT_EQ(Describe(Headcount({"run", "--log-level", level, "--check-config"}).status), "exit 0") << level;
  }
}

TEST_F(CompletionTest, OffersFilesWhereAFileIsMeant) {
  WriteFile(dir_ / "frames.jsonl", "");
  WriteFile(dir_ / "headcount.conf", "");
  EXPECT_EQ(Offered("run --config h"), Words{"headcount.conf"});
  EXPECT_EQ(Offered("run --input f"), Words{"frames.jsonl"});
  EXPECT_EQ(Offered("run --input other.jsonl f"), Words{"frames.jsonl"});
  EXPECT_EQ(Offered("status --status-file h"), Words{"headcount.conf"});
}

}  // namespace
}  // namespace headcount::test
