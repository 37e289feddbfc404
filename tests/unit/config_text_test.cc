// The lines of a config file, and what is said about those that are none.
#include "coordinator/options/config_text.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace headcount {
namespace {

std::string Shown(const std::string& text) {
  const Result<std::vector<ConfigLine>> lines = ParseConfigText("f", text);
  if (!lines) return lines.error().message;
  std::string shown;
  for (const ConfigLine& line : *lines) {
    shown += std::to_string(line.number) + "[" + line.key + "][" + line.value + "]";
  }
  return shown;
}

TEST(ConfigText, TakesKeysAndValuesAndLeavesOutBlanksAndComments) {
  EXPECT_EQ(Shown(""), "");
  EXPECT_EQ(Shown("# only\n\n   \t\n  # this"), "");
  EXPECT_EQ(Shown("window = 60s"), "1[window][60s]");
  EXPECT_EQ(Shown("window=60s\n\n\tgroup =  a  \n"), "1[window][60s]3[group][a]");
  EXPECT_EQ(Shown("X.a.b = c=d e"), "1[X.a.b][c=d e]");
  EXPECT_EQ(Shown("window = 60s  # a minute\ngroup = a#b#"), "1[window][60s]2[group][a#b#]");
}

TEST(ConfigText, TakesWhatWindowsWrites) {
  EXPECT_EQ(Shown("\xEF\xBB\xBFwindow = 60s\r\n\r\na=b\r\n"), "1[window][60s]3[a][b]");
}

TEST(ConfigText, TakesAnythingInQuotes) {
  EXPECT_EQ(Shown(R"(a = " b # c " # d)"), "1[a][ b # c ]");
  EXPECT_EQ(Shown(R"(a = "\"\\\n'")"), "1[a][\"\\\n']");
  EXPECT_EQ(Shown(R"(a = '"\n#')"), R"(1[a]["\n#])");
  EXPECT_EQ(Shown("a = \"\""), "1[a][]");
}

TEST(ConfigText, SaysWhereAndWhyButNotWhat) {
  EXPECT_EQ(Shown("a = 1\nhunter2"), "f:2: KEY = VALUE is needed, such as window = 60s");
  EXPECT_EQ(Shown("[hunter2]"), "f:1: KEY = VALUE is needed, such as window = 60s");
  EXPECT_EQ(Shown("hunter2+/ = 1"), "f:1: KEY = VALUE is needed, such as window = 60s");
  EXPECT_EQ(Shown("= hunter2"), "f:1: KEY = VALUE is needed, such as window = 60s");
  EXPECT_EQ(Shown("a ="), "f:1: a: a value is needed");
  EXPECT_EQ(Shown("a = # hunter2"), "f:1: a: a value is needed");
  EXPECT_EQ(Shown("a = \"hunter2"), "f:1: a: the closing quote is missing");
  EXPECT_EQ(Shown("a = 'hunter2"), "f:1: a: the closing quote is missing");
  EXPECT_EQ(Shown("a = \"hunter2\" b"), "f:1: a: something stands behind the closing quote");
  EXPECT_EQ(Shown(R"(a = "hunter\2")").substr(0, 43), "f:1: a: after a backslash in double quotes ");
  EXPECT_EQ(Shown(std::string("a = hun\0ter2", 12)), "f:1: a: it holds a NUL byte: is this a text?");
}

TEST(ConfigText, AValueWrittenIsTheValueReadBack) {
  for (const std::string value : {"60s", "", " ", "a b", "a # b", "#", "\"", "'", "\\", "a\nb\n", "\\n", "=", "a\tb",
                                  "ä", "localhost:9092,[::1]:9092", "end\\", "\r", "'a'"}) {
    const Result<std::vector<ConfigLine>> lines = ParseConfigText("f", "key = " + ConfigValue(value) + "  # place\n");
    ASSERT_TRUE(lines.ok()) << value << ": " << lines.error().message;
    ASSERT_EQ(lines->size(), 1u);
    EXPECT_EQ(lines->front().value, value);
  }
  EXPECT_EQ(ConfigValue("localhost:9092"), "localhost:9092");
}

}  // namespace
}  // namespace headcount
