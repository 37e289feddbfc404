// The tables of what can be logged (common/log/log_actions.h).
#include "common/log/log_actions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace headcount {
namespace {

bool IsWord(const std::string& word) {
  return !word.empty() &&
         std::all_of(word.begin(), word.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

TEST(LogActions, EveryNameIsAThingAndWhatHappenedToItAndStandsOnce) {
  std::set<std::string> names;
  for (const LogActionSpec& spec : LogActionTable()) {
    const std::string name = spec.name;
    const size_t dot = name.find('.');
    ASSERT_NE(dot, std::string::npos) << name;
    EXPECT_TRUE(IsWord(name.substr(0, dot)) && IsWord(name.substr(dot + 1))) << name;
    EXPECT_TRUE(names.insert(name).second) << name << " stands twice";
  }
}

TEST(LogActions, NoTwoLabelsShareAField) {
  std::set<std::string> fields;
  for (const LogLabelSpec& spec : LogLabelTable()) {
    EXPECT_TRUE(fields.insert(spec.field).second) << spec.field;
  }
}

// ECS has keywords in labels.* and nothing else.
TEST(LogActions, NumbersAreNotAmongTheLabelsOfEcsWhichAreKeywords) {
  for (const LogLabelSpec& spec : LogLabelTable()) {
    if (spec.type != LogLabelType::kNumber) continue;
    EXPECT_NE(std::string(spec.field).rfind("labels.", 0), 0U) << spec.field;
  }
}

TEST(LogActions, EveryLabelIsSaidBySomeActionAndNoActionNamesOneTwice) {
  std::set<LogLabel> used;
  for (const LogActionSpec& spec : LogActionTable()) {
    std::set<LogLabel> own;
    for (const LogLabel label : spec.labels) {
      if (label == LogLabel::kNone) continue;
      EXPECT_TRUE(own.insert(label).second) << spec.name << " has " << SpecOf(label).field << " twice";
      used.insert(label);
    }
  }
  for (const LogLabelSpec& spec : LogLabelTable()) {
    if (spec.label == LogLabel::kNone) continue;
    EXPECT_TRUE(used.count(spec.label) == 1) << spec.field << " is said by nobody";
  }
}

}  // namespace
}  // namespace headcount
