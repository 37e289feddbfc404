// The dashboard for Kibana, config/elastic: what it draws is what the log says.
#include <gtest/gtest.h>

#include <functional>
#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/log/log_actions.h"
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

// What a bucket of the answer has, by the names of Vega: that is Elasticsearch's, and a value of each aggregation in
// it.
std::set<std::string> FieldsOfABucket(const JsonValue& spec) {
  const JsonValue* const time = spec.Find("data")->Find("url")->Find("body")->Find("aggs")->Find("time");
  std::set<std::string> fields = {"key", "doc_count"};
  for (const std::string& name : time->Find("aggs")->keys) fields.insert(name + ".value");
  return fields;
}

// What a transform makes of them is there from then on.
void Follow(const JsonValue& transform, std::set<std::string>* fields) {
  const JsonValue* const as = transform.Find("as");
  if (const JsonValue* const formula = transform.Find("calculate"); formula != nullptr) {
    std::smatch match;
    ASSERT_TRUE(std::regex_match(formula->text, match, std::regex("datum\\.([a-z_.]+)"))) << formula->text;
    EXPECT_EQ(fields->count(match[1]), 1U) << formula->text;
    fields->insert(as->text);
    return;
  }
  const JsonValue* const fold = transform.Find("fold");
  ASSERT_NE(fold, nullptr) << "a transform that this test does not know";
  for (const JsonValue& field : fold->items) EXPECT_EQ(fields->count(field.text), 1U) << field.text;
  for (const JsonValue& name : as->items) fields->insert(name.text);
}

TEST_F(KibanaDashboard, DrawsNothingButWhatItAsksFor) {
  for (const JsonValue& spec : Specs()) {
    EXPECT_EQ(spec.Find("data")->Find("format")->Find("property")->text, "aggregations.time.buckets");
    std::set<std::string> fields = FieldsOfABucket(spec);
    if (const JsonValue* const transforms = spec.Find("transform"); transforms != nullptr) {
      for (const JsonValue& transform : transforms->items) Follow(transform, &fields);
    }
    size_t drawn = 0;
    for (const JsonValue& channel : spec.Find("encoding")->items) {
      EXPECT_EQ(fields.count(channel.Find("field")->text), 1U) << channel.Find("field")->text;
      ++drawn;
    }
    EXPECT_GE(drawn, 2U);
  }
}

// A panel names a reference, which has the panel's index before its name, and the reference an object.
TEST_F(KibanaDashboard, HasAPanelForEachOfItsCharts) {
  std::set<std::string> charts;
  std::set<std::string> shown;
  for (const JsonValue& object : objects_) {
    if (object.Find("type")->text == "visualization") charts.insert(object.Find("id")->text);
    const JsonValue* const panels = object.Find("attributes")->Find("panelsJSON");
    if (panels == nullptr) continue;
    for (const JsonValue& panel : Json(panels->text).items) {
      const std::string name = panel.Find("panelIndex")->text + ":" + panel.Find("panelRefName")->text;
      size_t resolved = 0;
      for (const JsonValue& reference : object.Find("references")->items) {
        if (reference.Find("name")->text != name) continue;
        shown.insert(reference.Find("id")->text);
        ++resolved;
      }
      EXPECT_EQ(resolved, 1U) << name;
    }
  }
  EXPECT_EQ(charts.size(), 4U);
  EXPECT_EQ(shown, charts);
}

}  // namespace
}  // namespace headcount::test
