// The dashboard for Kibana, config/elastic: what it draws is what the log says.
#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/log_actions.h"
#include "tests/support/child_process.h"
#include "tests/support/ecs_lines.h"
#include "tests/support/json_reader.h"

namespace headcount::test {
namespace {

const std::string kConfigFolder = std::string(HEADCOUNT_SOURCE_DIR) + "/config/";

JsonValue Json(const std::string& text) {
  const std::optional<JsonValue> value = ReadJson(text);
  if (!value) throw std::runtime_error("this is no JSON: " + text.substr(0, 200));
  return *value;
}

// Calls `visit` for each value in an object, at any depth, with its key.
void Walk(const JsonValue& value, const std::function<void(const std::string& key, const JsonValue&)>& visit) {
  for (size_t i = 0; i < value.items.size(); ++i) {
    if (i < value.keys.size()) visit(value.keys[i], value.items[i]);
    Walk(value.items[i], visit);
  }
}

class KibanaDashboard : public testing::Test {
 protected:
  void SetUp() override {
    std::istringstream lines(ReadFile(kConfigFolder + "elastic/dashboard.ndjson"));
    for (std::string line; std::getline(lines, line);) objects_.push_back(Json(line));
  }
  // What each chart asks for and draws.
  std::vector<JsonValue> Specs() const {
    std::vector<JsonValue> specs;
    for (const JsonValue& object : objects_) {
      const JsonValue* const state = object.Find("attributes")->Find("visState");
      if (state != nullptr) specs.push_back(Json(Json(state->text).Find("params")->Find("spec")->text));
    }
    return specs;
  }

  std::vector<JsonValue> objects_;
};

TEST_F(KibanaDashboard, AsksForFieldsAndActionsThatTheLogHas) {
  const EcsTemplate mapped(kConfigFolder + "elastic/component-template.json");
  std::set<std::string> actions;
  for (const LogActionSpec& spec : LogActionTable()) actions.insert(spec.name);
  ASSERT_EQ(Specs().size(), 4U);
  for (const JsonValue& spec : Specs()) {
    size_t fields = 0;
    size_t asked = 0;
    Walk(*spec.Find("data"), [&](const std::string& key, const JsonValue& value) {
      if (key == "field") {
        EXPECT_EQ(mapped.types().count(value.text), 1U) << value.text;
        ++fields;
      }
      if (key != "event.action") return;
      for (const JsonValue& action : value.items) EXPECT_EQ(actions.count(action.text), 1U) << action.text;
      asked += value.items.size();
    });
    EXPECT_GE(fields, 1U);
    EXPECT_GE(asked, 1U);
  }
}

TEST_F(KibanaDashboard, HasAPanelForEachOfItsCharts) {
  std::set<std::string> charts;
  std::set<std::string> panels;
  for (const JsonValue& object : objects_) {
    if (object.Find("type")->text == "visualization") charts.insert(object.Find("id")->text);
    for (const JsonValue& reference : object.Find("references")->items) panels.insert(reference.Find("id")->text);
  }
  EXPECT_EQ(charts.size(), 4U);
  EXPECT_EQ(panels, charts);
}

}  // namespace
}  // namespace headcount::test
