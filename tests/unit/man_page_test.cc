// The man pages, config/man: what they say of options is what --help and config/headcount.conf say. Where a page is
// behind, HEADCOUNT_WRITE_MAN_PAGES=1 in the environment of this test brings it up to date.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "coordinator/commands/explain_options.h"
#include "coordinator/commands/health_options.h"
#include "coordinator/commands/report/report_options.h"
#include "coordinator/commands/status_options.h"
#include "coordinator/commands/tail_options.h"
#include "coordinator/options/option_table.h"
#include "coordinator/options/run_option_table.h"

namespace headcount {
namespace {

const std::string kConfigFolder = std::string(HEADCOUNT_SOURCE_DIR) + "/config/";

std::string Contents(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_FALSE(text.str().empty()) << path;
  return text.str();
}

// As text for troff: a hyphen that may be copied, no escapes, no requests.
std::string Roff(const std::string& text) {
  std::string roff;
  for (const char c : text) {
    const bool begins_line = roff.empty() || roff.back() == '\n';
    if (begins_line && (c == '.' || c == '\'')) roff += "\\&";
    if (c == '-') {
      roff += "\\-";
    } else if (c == '\\') {
      roff += "\\e";
    } else {
      roff += c;
    }
  }
  return roff;
}

std::string RoffOf(const OptionSpec& spec) {
  std::string text = ".TP\n";
  if (spec.short_name != 0) text += "\\fB\\-" + std::string(1, spec.short_name) + "\\fR, ";
  text += "\\fB" + Roff(Dashed(spec.name)) + "\\fR";
  if (!spec.argument.empty()) text += " \\fI" + Roff(spec.argument) + "\\fR";
  return text + "\n" + Roff(spec.help) + "\n";
}

std::string RoffOf(const OptionTable& table) {
  std::string text;
  for (const OptionSection& section : table) {
    if (table.size() > 1) text += ".SS " + section.title + "\n";
    for (const OptionSpec& spec : section.options) text += RoffOf(spec);
  }
  return text;
}

// Those that a file may say, but for properties: they have keys of their own.
std::vector<std::string> KeysOfFiles() {
  std::vector<std::string> keys;
  for (const OptionSection& section : RunOptionTable()) {
    for (const OptionSpec& spec : section.options) {
      if (!spec.flag_only && spec.name != "X") keys.push_back(spec.name);
    }
  }
  return keys;
}

// "# KEY = VALUE": an option that has no default, as its example.
bool IsExample(const std::string& line) {
  const std::vector<std::string> keys = KeysOfFiles();
  return std::any_of(keys.begin(), keys.end(),
                     [&line](const std::string& key) { return line.rfind("# " + key + " = ", 0) == 0; });
}

// The sections and options of a config file, each with the comment above it.
std::string RoffOfConfig(const std::string& config) {
  std::string text;
  std::string comment;
  std::istringstream lines(config.substr(config.find("# --- ")));
  for (std::string line; std::getline(lines, line);) {
    const bool is_option = line.size() > 1 && line[0] == '#' && line[1] >= 'a' && line[1] <= 'z';
    const bool is_example = IsExample(line);
    if (line.rfind("# --- ", 0) == 0) {
      text += ".SS " + line.substr(6, line.find(" --", 6) - 6) + "\n";
    } else if (is_option || is_example) {
      text += ".TP\n\\fB" + Roff(line.substr(is_option ? 1 : 2)) + "\\fR\n" + comment;
    } else if (line.rfind("#   ", 0) == 0) {
      if (!comment.empty()) text += ".TP\n\\fBX.\\fIKEY\\fB = \\fIVALUE\\fR\n" + comment;
      text += ".br\n" + Roff(line.substr(4)) + "\n";  // an example of several lines
    } else if (line.rfind("# ", 0) == 0) {
      comment += Roff(line.substr(2)) + "\n";
      continue;
    } else if (line == "#") {
      continue;
    }
    comment.clear();
  }
  return text;
}

class ManPage {
 public:
  explicit ManPage(const std::string& name) : path_(kConfigFolder + "man/" + name), text_(Contents(path_)) {}
  ~ManPage() {
    if (getenv("HEADCOUNT_WRITE_MAN_PAGES") != nullptr) std::ofstream(path_) << text_;
  }

  // The part between two comments.
  void ExpectPart(const std::string& part, const std::string& right) {
    const std::string begin = ".\\\" begin" + part + "\n";
    const size_t from = text_.find(begin) + begin.size();
    const size_t to = text_.find(".\\\" end\n", from);
    ASSERT_NE(text_.find(begin), std::string::npos) << path_;
    ASSERT_NE(to, std::string::npos) << path_;
    if (getenv("HEADCOUNT_WRITE_MAN_PAGES") != nullptr) text_.replace(from, to - from, right);
    EXPECT_EQ(text_.substr(from, right.size()), right) << path_;
    EXPECT_EQ(text_.find(".\\\" end\n", from), from + right.size()) << path_;
  }

 private:
  const std::string path_;
  std::string text_;
};

TEST(ManPages, HeadcountHasTheOptionsOfEveryCommandAsTheHelpHasThem) {
  ManPage page("headcount.1");
  page.ExpectPart(" run", RoffOf(RunOptionTable()));
  page.ExpectPart(" status", RoffOf(StatusOptionTable()));
  page.ExpectPart(" explain", RoffOf(ExplainOptionTable()));
  page.ExpectPart(" tail", RoffOf(TailOptionTable()));
  page.ExpectPart(" report", RoffOf(ReportOptionTable()));
  page.ExpectPart(" health", RoffOf(HealthOptionTable()));
}

TEST(ManPages, TheConfigPageHasEveryOptionAsTheShippedFileHasIt) {
  ManPage("headcount.conf.5").ExpectPart("", RoffOfConfig(Contents(kConfigFolder + "headcount.conf")));
}

TEST(ManPages, TheConfigPageHasAnEntryForEveryOptionThatAFileMaySay) {
  const std::string page = Contents(kConfigFolder + "man/headcount.conf.5");
  EXPECT_GT(KeysOfFiles().size(), 20U);
  for (const std::string& key : KeysOfFiles()) {
    EXPECT_NE(page.find(".TP\n\\fB" + Roff(key) + " = "), std::string::npos) << key;
  }
}

}  // namespace
}  // namespace headcount
