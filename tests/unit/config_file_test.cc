// config/headcount.conf, as it is shipped: complete, and at the defaults that the program and its help have.
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "coordinator/options/command_line.h"
#include "coordinator/options/config_text.h"
#include "coordinator/options/run_option_table.h"
#include "coordinator/options/shown_config.h"

namespace headcount {
namespace {

std::string Shipped() {
  std::ifstream file(std::string(HEADCOUNT_SOURCE_DIR) + "/config/headcount.conf");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// With the # away from every line that is an option: what explains them has a blank behind the #.
std::string WithOptions() { return std::regex_replace(Shipped(), std::regex("(^|\n)#(?=[a-z])"), "$1"); }

std::vector<ConfigLine> Lines(const std::string& text) {
  const Result<std::vector<ConfigLine>> lines = ParseConfigText("headcount.conf", text);
  EXPECT_TRUE(lines.ok()) << lines.error().message;
  return lines.ok() ? *lines : std::vector<ConfigLine>{};
}

HostEnvironment WithFile(const std::string& text) {
  HostEnvironment host;
  host.cores = 7;
  host.read_file = [text](const std::string&, size_t) { return Result<std::string>(text); };
  return host;
}

RunOptions Parsed(const std::string& text) {
  const Result<RunOptions> options = ParseRun({"--config", "f"}, WithFile(text));
  EXPECT_TRUE(options.ok()) << options.error().message;
  return options.ok() ? *options : RunOptions{};
}

std::vector<OptionSpec> OptionsOfFiles() {
  std::vector<OptionSpec> specs;
  for (const OptionSection& section : RunOptionTable()) {
    for (const OptionSpec& spec : section.options) {
      if (!spec.flag_only && spec.name != "X") specs.push_back(spec);
    }
  }
  return specs;
}

TEST(ShippedConfig, SetsNothingAsItIs) { EXPECT_TRUE(Lines(Shipped()).empty()); }

// What has no default stands there as an example, which is a comment: "# metrics-file = /a/b".
TEST(ShippedConfig, HasEveryOptionInTheOrderOfTheHelp) {
  std::string in_file;
  std::string in_help;
  const std::string shipped = Shipped();
  for (const ConfigLine& line : Lines(WithOptions())) in_file += line.key + "\n";
  for (const OptionSpec& spec : OptionsOfFiles()) {
    if (ShownValue(spec.name, Parsed("")) == "") {
      EXPECT_NE(shipped.find("\n# " + spec.name + " = "), std::string::npos) << spec.name;
    } else {
      in_help += spec.name + "\n";
    }
  }
  EXPECT_EQ(in_file, in_help);
}

TEST(ShippedConfig, WithEveryOptionSetGivesTheDefaults) {
  const RunOptions set = Parsed(WithOptions());
  const RunOptions defaults = Parsed("");
  for (const OptionSpec& spec : OptionsOfFiles()) {
    EXPECT_EQ(ShownValue(spec.name, set), ShownValue(spec.name, defaults)) << spec.name;
  }
  EXPECT_EQ(set.properties.size(), 0u);
}

TEST(ShippedConfig, SaysTheDefaultsThatTheHelpSays) {
  for (const ConfigLine& line : Lines(WithOptions())) {
    const OptionSpec* const spec = FindSpec(RunOptionTable(), line.key);
    ASSERT_NE(spec, nullptr) << line.key;
    if (spec->takes == OptionSpec::Takes::kNothing) {
      EXPECT_EQ(line.value, "false") << line.key;
    } else {
      EXPECT_NE((spec->help + " ").find("Default: " + line.value), std::string::npos)
          << line.key << " = " << line.value << " but: " << spec->help;
    }
  }
}

TEST(ShippedConfig, ItsExampleOfASecuredClusterIsRight) {
  const std::string shipped = Shipped();
  const std::string example = std::regex_replace(shipped, std::regex("(^|\n)#   (?=X\\.)"), "$1");
  HostEnvironment host = WithFile("secret\n");
  host.read_file = [example](const std::string& path, size_t) {
    return Result<std::string>(path == "f" ? example : "hunter2\n");
  };
  const Result<RunOptions> options = ParseRun({"--config", "f"}, host);
  ASSERT_TRUE(options.ok()) << options.error().message;
  ASSERT_EQ(options->properties.size(), 5u);
  EXPECT_EQ(options->properties.back().key, "sasl.password");
  EXPECT_EQ(options->properties.back().value, "hunter2");
}

TEST(ShippedConfig, ExplainsEveryOptionRightAboveIt) {
  std::istringstream lines(Shipped());
  std::string before;
  for (std::string line; std::getline(lines, line); before = line) {
    EXPECT_LE(line.size(), 120u) << line;
    if (line.size() > 1 && line[0] == '#' && line[1] >= 'a' && line[1] <= 'z') {
      EXPECT_EQ(before.rfind("# ", 0), 0u) << line;
    }
  }
}

}  // namespace
}  // namespace headcount
