// The alert rules of config/prometheus against the table of metrics, and by Prometheus' own tool; the runbook against
// the rules; the dashboard for Grafana against the table.
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "coordinator/metrics/metric_table.h"
#include "tests/support/child_process.h"
#include "tests/support/json_reader.h"

namespace headcount::test {
namespace {

const std::string kRules = std::string(HEADCOUNT_SOURCE_DIR) + "/config/prometheus/headcount.rules.yml";
const std::string kDashboard = std::string(HEADCOUNT_SOURCE_DIR) + "/config/grafana/headcount.json";
const std::string kRulesTest = std::string(HEADCOUNT_SOURCE_DIR) + "/tests/observe/headcount.rules.test.yml";

std::set<std::string> AllIn(const std::string& text, const std::string& pattern) {
  std::set<std::string> found;
  const std::regex regex(pattern);
  for (std::sregex_iterator it(text.begin(), text.end(), regex); it != std::sregex_iterator(); ++it) {
    found.insert((*it)[1]);
  }
  return found;
}

bool HasPromtool() { return std::filesystem::exists("/usr/bin/promtool"); }

void ExpectNamesOnlyMetricsThatThereAre(const std::string& file) {
  std::set<std::string> known;
  for (const MetricSpec& spec : MetricTable()) {
    const std::string name = spec.name;
    known.insert(name);
    if (spec.type != MetricType::kHistogram) continue;
    known.insert({name + "_bucket", name + "_sum", name + "_count"});
  }
  const std::set<std::string> named = AllIn(ReadFile(file), "\\b(headcount_[a-z_]+)");
  EXPECT_GT(named.size(), 10U) << file;
  for (const std::string& name : named) EXPECT_EQ(known.count(name), 1U) << name << " in " << file;
}

TEST(AlertRules, NameOnlyMetricsThatThereAre) {
  ExpectNamesOnlyMetricsThatThereAre(kRules);
  ExpectNamesOnlyMetricsThatThereAre(kRulesTest);
}

TEST(AlertRules, EachHasASectionInTheRunbookThatHasNoOther) {
  const std::string runbook = ReadFile(std::string(HEADCOUNT_SOURCE_DIR) + "/config/RUNBOOK.md");
  EXPECT_EQ(AllIn(runbook, "\n## (\\w+)"), AllIn(ReadFile(kRules), "- alert: (\\w+)"));
}

TEST(GrafanaDashboard, NamesOnlyMetricsThatThereAreAndOneInEachPanel) {
  ExpectNamesOnlyMetricsThatThereAre(kDashboard);
  const std::optional<JsonValue> dashboard = ReadJson(ReadFile(kDashboard));
  ASSERT_TRUE(dashboard.has_value()) << "it is no JSON";
  EXPECT_GT(dashboard->Find("panels")->items.size(), 10U);
  for (const JsonValue& panel : dashboard->Find("panels")->items) {
    const std::vector<JsonValue>& targets = panel.Find("targets")->items;
    EXPECT_FALSE(targets.empty()) << panel.Find("title")->text;
    for (const JsonValue& target : targets) {
      EXPECT_FALSE(AllIn(target.Find("expr")->text, "(headcount_)").empty()) << panel.Find("title")->text;
    }
  }
}

// With something in the place of the dashboard's variables, as a rule: Prometheus' own tool then says what is wrong.
TEST(GrafanaDashboard, AsksNothingThatPrometheusDoesNotRead) {
  if (!HasPromtool()) GTEST_SKIP() << "promtool is not installed (scripts/setup.sh --dev)";
  const std::optional<JsonValue> dashboard = ReadJson(ReadFile(kDashboard));
  ASSERT_TRUE(dashboard.has_value());
  std::string rules = "groups:\n- name: dashboard\n  rules:\n";
  const auto add = [&rules](const JsonValue& query) {
    std::string expr = std::regex_replace(query.Find("expr")->text, std::regex("\\$__rate_interval"), "5m");
    rules += "  - record: n" + std::to_string(rules.size()) + "\n    expr: |-\n      " + expr + "\n";
  };
  for (const JsonValue& panel : dashboard->Find("panels")->items) {
    for (const JsonValue& target : panel.Find("targets")->items) add(target);
  }
  for (const JsonValue& annotation : dashboard->Find("annotations")->Find("list")->items) add(annotation);
  const TempDir dir;
  WriteFile(dir / "rules.yml", rules);
  const Finished checked = RunToEnd("promtool", {"check", "rules", dir / "rules.yml"});
  EXPECT_EQ(Describe(checked.status), "exit 0") << checked.out << checked.err << rules;
}

// One number is asked for at one time: over the whole range, the last one that there was would stand for now.
TEST(GrafanaDashboard, APanelOfOneNumberShowsThatOfNow) {
  const std::optional<JsonValue> dashboard = ReadJson(ReadFile(kDashboard));
  ASSERT_TRUE(dashboard.has_value());
  size_t panels = 0;
  for (const JsonValue& panel : dashboard->Find("panels")->items) {
    if (panel.Find("type")->text != "stat") continue;
    for (const JsonValue& target : panel.Find("targets")->items) {
      const JsonValue* const instant = target.Find("instant");
      EXPECT_TRUE(instant != nullptr && instant->kind == JsonValue::Kind::kTrue) << panel.Find("title")->text;
    }
    ++panels;
  }
  EXPECT_EQ(panels, 5U);
}

TEST(AlertRules, EachHasASeverityAndARunbookAndIsSeenFiringByATest) {
  const std::string rules = ReadFile(kRules);
  const std::set<std::string> alerts = AllIn(rules, "- alert: (\\w+)");
  EXPECT_GE(alerts.size(), 8U);
  const std::string tests = ReadFile(kRulesTest);
  for (const std::string& alert : alerts) {
    const size_t at = rules.find("- alert: " + alert + "\n");
    const std::string rule = rules.substr(at, rules.find("- alert: ", at + 1) - at);
    for (const char* key : {"severity: ", "summary: ", "description: ", "runbook: "}) {
      EXPECT_NE(rule.find(key), std::string::npos) << alert << " has no " << key;
    }
    EXPECT_TRUE(tests.find("alertname=\"" + alert + "\"}', value: 1") != std::string::npos || alert == "HeadcountDown")
        << alert;
  }
}

TEST(AlertRules, PassPromtoolAndFireWhenTheyShould) {
  if (!HasPromtool()) GTEST_SKIP() << "promtool is not installed (scripts/setup.sh --dev)";
  const Finished checked = RunToEnd("promtool", {"check", "rules", kRules});
  EXPECT_EQ(Describe(checked.status), "exit 0") << checked.out << checked.err;
  const Finished tested = RunToEnd("promtool", {"test", "rules", kRulesTest});
  EXPECT_EQ(Describe(tested.status), "exit 0") << tested.out << tested.err;
}

}  // namespace
}  // namespace headcount::test
