// What --print-config prints: complete, right about where things come from, usable as a file, and without secrets.
#include "coordinator/options/shown_config.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "coordinator/options/command_line.h"
#include "coordinator/options/config_text.h"
#include "coordinator/options/run_option_table.h"

namespace headcount {
namespace {

using Files = std::map<std::string, std::string>;

HostEnvironment With(const Files& files) {
  HostEnvironment host;
  host.cores = 4;
  host.read_file = [files](const std::string& path, size_t) { return Result<std::string>(files.at(path)); };
  return host;
}

std::string Printed(std::vector<std::string> words, const HostEnvironment& host) {
  words.emplace_back("--print-config");
  const Result<RunRequest> request = ParseRunRequest(words, host);
  EXPECT_TRUE(request.ok()) << request.error().message;
  if (!request.ok()) return "";
  EXPECT_EQ(request->what, RunRequest::What::kPrintConfig);
  return request->shown_config;
}

// KEY=VALUE lines.
std::string ValuesIn(const std::string& config) {
  std::string values;
  const Result<std::vector<ConfigLine>> lines = ParseConfigText("f", config);
  EXPECT_TRUE(lines.ok()) << lines.error().message;
  for (const ConfigLine& line : *lines) values += line.key + "=" + line.value + "\n";
  return values;
}

bool HasLine(const std::string& text, const std::string& left, const std::string& right) {
  const size_t at = text.find("\n" + left + " ");
  if (at == std::string::npos) return false;
  const std::string line = text.substr(at + 1, text.find('\n', at + 1) - at - 1);
  return line.size() > right.size() && line.substr(line.size() - right.size() - 3) == " # " + right;
}

const std::vector<std::string> kEverything = {"-b",
                                              "a:1,[::1]:9092",
                                              "--input-topic",
                                              "in",
                                              "--output-topic",
                                              "out",
                                              "--group",
                                              "g#1",
                                              "--from",
                                              "1468244400",
                                              "--on-lost-input",
                                              "continue",
                                              "--tombstones",
                                              "ignore",
                                              "--until-end",
                                              "--leave-open",
                                              "--window",
                                              "90s",
                                              "--allowed-lateness",
                                              "10s",
                                              "--max-jump",
                                              "7s",
                                              "--max-skew",
                                              "1h",
                                              "--idle-timeout",
                                              "1500ms",
                                              "--max-hold",
                                              "30s",
                                              "--workers",
                                              "2",
                                              "--memory",
                                              "1GiB",
                                              "--max-frame",
                                              "100",
                                              "--status-file",
                                              "/x/a b # \"c\".json",
                                              "--metrics-file",
                                              "/x/y.prom",
                                              "--metrics-listen",
                                              "0.0.0.0:9187",
                                              "-X",
                                              "client.id=old",
                                              "-X",
                                              "client.id= a\nb ",
                                              "-X",
                                              "consumer.fetch.max.bytes=5"};

TEST(ShownConfig, HasAValueForEveryOptionThatAFileMaySet) {
  for (const OptionSection& section : RunOptionTable()) {
    for (const OptionSpec& spec : section.options) {
      const bool needed = !spec.flag_only && spec.name != "X";
      EXPECT_EQ(ShownValue(spec.name, RunOptions()).has_value(), needed) << spec.name;
    }
  }
}

TEST(ShownConfig, UsedAsAFileGivesTheSameAgain) {
  for (const std::vector<std::string>& words : {kEverything, std::vector<std::string>{}}) {
    const std::string printed = Printed(words, With({}));
    const std::string again = Printed({"--config", "f"}, With({{"f", printed}}));
    EXPECT_EQ(ValuesIn(again), ValuesIn(printed));
    EXPECT_NE(ValuesIn(again), "");
  }
  EXPECT_NE(ValuesIn(Printed(kEverything, With({}))).find("client.id= a\nb \n"), std::string::npos);
  EXPECT_EQ(ValuesIn(Printed(kEverything, With({}))).find("client.id=old"), std::string::npos);
}

TEST(ShownConfig, SaysWhereEachValueComesFrom) {
  HostEnvironment host = With({{"f", "window = 10s\nuntil-end = true\nX.linger.ms = 5\n"}});
  host.environment = {{"HEADCOUNT_CONFIG", "f"}, {"HEADCOUNT_GROUP", "g"}, {"HEADCOUNT_UNTIL_END", "false"}};
  const std::string text = Printed({"--workers", "3", "-X", "client.id=me"}, host);
  EXPECT_TRUE(HasLine(text, "window = 10s", "f:1")) << text;
  EXPECT_TRUE(HasLine(text, "X.linger.ms = 5", "f:3")) << text;
  EXPECT_TRUE(HasLine(text, "until-end = false", "HEADCOUNT_UNTIL_END")) << text;
  EXPECT_TRUE(HasLine(text, "group = g", "HEADCOUNT_GROUP")) << text;
  EXPECT_TRUE(HasLine(text, "workers = 3", "--workers")) << text;
  EXPECT_TRUE(HasLine(text, "X.client.id = me", "-X")) << text;
  EXPECT_TRUE(HasLine(text, "memory = 512MiB", "default")) << text;
}

TEST(ShownConfig, ShowsNoSecretButTheFileOfOne) {
  const std::string text =
      Printed({"-X", "sasl.password=hunter2", "-X", "producer.ssl.key.password_file=p"}, With({{"p", "hunter2\n"}}));
  EXPECT_EQ(text.find("hunter2"), std::string::npos) << text;
  EXPECT_TRUE(HasLine(text, "# X.sasl.password = ******** (a secret)", "-X")) << text;
  EXPECT_TRUE(HasLine(text, "X.producer.ssl.key.password_file = p", "-X")) << text;
}

TEST(ShownConfig, LeavesOutKafkaWhereThereIsNone) {
  const std::string values = ValuesIn(Printed({"--input", "a"}, With({})));
  EXPECT_EQ(values.find("group="), std::string::npos) << values;
  EXPECT_NE(values.find("until-end=true"), std::string::npos) << values;
}

}  // namespace
}  // namespace headcount
