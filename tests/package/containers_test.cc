// The container file and the Kubernetes manifest: no daemon builds or runs them here, but whatever they say of
// headcount is asked of headcount.
#include <algorithm>
#include <regex>
#include <string>
#include <vector>

#include "tests/integration/cli_testing.h"

namespace headcount::test {
namespace {

const std::string kConfig = std::string(HEADCOUNT_SOURCE_DIR) + "/config";

std::vector<std::string> TextsIn(const JsonValue* list) {
  std::vector<std::string> texts;
  if (list == nullptr) return texts;
  for (const JsonValue& item : list->items) texts.push_back(item.text);
  return texts;
}

class ContainersTest : public CliTest {
 protected:
  // "/usr/bin/headcount health --ready": that command has those options.
  void ExpectUnderstood(std::vector<std::string> words) {
    if (!words.empty() && words[0] == "/usr/bin/headcount") words.erase(words.begin());
    ASSERT_FALSE(words.empty());
    const Finished help = Headcount({words[0], "--help"});
    EXPECT_EQ(Describe(help.status), "exit 0") << words[0] << ": " << help.err;
    for (size_t word = 1; word < words.size(); ++word) {
      if (words[word][0] != '-') continue;
      EXPECT_TRUE(std::regex_search(help.out, std::regex(" " + words[word] + "( |\n)"))) << words[word];
    }
  }
  // The documents of a YAML file, as JSON; null where that cannot be read here.
  JsonValue Yaml(const std::string& path) {
    const Finished converted = Shell(
        "/usr/bin/python3 -c 'import json,sys,yaml; print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1])))))' " +
        Quoted(path));
    return ReadJson(converted.out).value_or(JsonValue{});
  }
};

TEST_F(ContainersTest, TheContainerFileSaysNothingThatHeadcountDoesNotUnderstand) {
  const std::string file = ReadFile(kConfig + "/container/Containerfile");
  const std::regex line("\n(?:ENTRYPOINT|CMD|HEALTHCHECK[^\n]* CMD) \\[([^\\]]*)\\]");
  std::vector<std::vector<std::string>> commands;
  for (std::sregex_iterator hit(file.begin(), file.end(), line); hit != std::sregex_iterator(); ++hit) {
    const std::optional<JsonValue> words = ReadJson("[" + (*hit)[1].str() + "]");
    ASSERT_TRUE(words) << hit->str();
    commands.push_back(TextsIn(&*words));
  }
  ASSERT_EQ(commands.size(), 3U) << "the health check, the entry point and its words";
  EXPECT_EQ(commands[1], std::vector<std::string>{"/usr/bin/headcount"});
  ExpectUnderstood(commands[0]);
  ExpectUnderstood(commands[2]);
  EXPECT_NE(file.find("\nSTOPSIGNAL SIGTERM\n"), std::string::npos);
  EXPECT_TRUE(std::regex_search(file, std::regex("\nUSER [1-9][0-9]*:[1-9][0-9]*\n"))) << "not root, by number";
  // What it runs to build is there.
  for (const std::string script : {"scripts/setup.sh", "CMakePresets.json"}) {
    EXPECT_TRUE(std::filesystem::exists(std::string(HEADCOUNT_SOURCE_DIR) + "/" + script));
  }
}

TEST_F(ContainersTest, TheManifestRunsOneHeadcountWithProbesThatItUnderstands) {
  const JsonValue documents = Yaml(kConfig + "/kubernetes/headcount.yaml");
  if (documents.items.empty()) GTEST_SKIP() << "python3-yaml is missing";
  ASSERT_EQ(documents.items.size(), 2U);
  const JsonValue& deployment = documents.items[1];
  EXPECT_EQ(TextAt(deployment, {"kind"}), "Deployment");
  EXPECT_EQ(NumberAt(deployment, {"spec", "replicas"}), 1);
  EXPECT_EQ(TextAt(deployment, {"spec", "strategy", "type"}), "Recreate");
  const std::vector<std::string> pod = {"spec", "template", "spec"};
  const JsonValue* const spec = At(deployment, pod);
  ASSERT_NE(spec, nullptr);
  EXPECT_GT(NumberAt(*spec, {"terminationGracePeriodSeconds"}) * 1000, limits::kDrainMs + limits::kEndReapMs);
  const JsonValue* const containers = At(*spec, {"containers"});
  ASSERT_NE(containers, nullptr);
  ASSERT_EQ(containers->items.size(), 1U);
  const JsonValue& container = containers->items[0];
  ExpectUnderstood(TextsIn(At(container, {"args"})));
  EXPECT_EQ(TextsIn(At(container, {"args"})).at(0), "run");
  ExpectUnderstood(TextsIn(At(container, {"livenessProbe", "exec", "command"})));
  ExpectUnderstood(TextsIn(At(container, {"readinessProbe", "exec", "command"})));
}

TEST_F(ContainersTest, TheManifestsConfigurationIsRight) {
  const JsonValue documents = Yaml(kConfig + "/kubernetes/headcount.yaml");
  if (documents.items.empty()) GTEST_SKIP() << "python3-yaml is missing";
  std::string conf = TextAt(documents.items.at(0), {"data", "headcount.conf"});
  ASSERT_NE(conf.find("_file = /run/secrets/headcount/password"), std::string::npos) << conf;
  conf = std::regex_replace(conf, std::regex("/run/secrets/headcount/"), (dir_.path() / "").string());
  WriteFile(dir_ / "password", "secret\n");
  WriteFile(dir_ / "headcount.conf", conf);
  const Finished checked = Headcount({"run", "--config", "headcount.conf", "--check-config"});
  EXPECT_EQ(Describe(checked.status), "exit 0") << checked.err;
}

}  // namespace
}  // namespace headcount::test
