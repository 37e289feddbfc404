// A line of the log in both formats, and what the index template in config/elastic makes of the second.
#include "common/log/log_line.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "common/base/limits.h"
#include "tests/support/ecs_lines.h"
#include "tests/support/random.h"

namespace headcount {
namespace {

using test::EcsTemplate;
using test::JsonValue;

const EcsTemplate& Template() {
  static const EcsTemplate mapped(std::string(HEADCOUNT_SOURCE_DIR) + "/config/elastic/component-template.json");
  return mapped;
}

LogRecord RecordOf(LogAction action, std::string_view message, const std::vector<LabelValue>& labels = {}) {
  return {1769854830123, action, message, labels.data(), labels.size(), "worker-1", 4711, "1.0.0"};
}

// Every label that the action may have, with this text or a number.
std::vector<LabelValue> AllLabelsOf(LogAction action, std::string_view text) {
  std::vector<LabelValue> labels;
  for (const LogLabel label : SpecOf(action).labels) {
    if (label == LogLabel::kNone) continue;
    if (SpecOf(label).type == LogLabelType::kText) {
      labels.emplace_back(label, text);
    } else {
      labels.emplace_back(label, INT64_MIN);
    }
  }
  return labels;
}

std::string WithoutBreak(const std::string& line) {
  EXPECT_EQ(line.find('\n'), line.size() - 1) << "not one line: " << line;
  return line.substr(0, line.size() - 1);
}

// The string at a path of the line that this message gives.
std::string EcsMessage(std::string_view message) {
  const std::string line = WithoutBreak(EcsLine(RecordOf(LogAction::kJobDraining, message)));
  EXPECT_EQ(Template().WrongWith(line), "") << line;
  const std::optional<JsonValue> root = test::ReadJson(line);
  return root ? test::LeavesOf(*root)["message"].text : "";
}

TEST(LogLine, InTextIsTimeLevelRoleAndMessageOnOneLine) {
  EXPECT_EQ(TextLine(RecordOf(LogAction::kFramePoison, "two\nlines", {{LogLabel::kPartition, 3}})),
            "2026-01-31T10:20:30.123Z WARN  worker-1 two lines\n");
}

TEST(LogLine, OfTextIsNoLongerThanAPipeTakesAtOnceAndEndsWithAWholeCharacter) {
  for (size_t bytes = 4'020; bytes < 4'060; ++bytes) {
    std::string message(bytes, 'x');
    for (int n = 0; n < 100; ++n) message += "\xE7\x94\xA8";
    const std::string line = TextLine(RecordOf(LogAction::kFramePoison, message));
    ASSERT_LE(line.size(), limits::kLogLineBytes);
    ASSERT_GT(line.size(), limits::kLogLineBytes - 4);
    EXPECT_EQ(line.substr(line.size() - 4), "...\n");
    EXPECT_TRUE(test::IsValidUtf8(line));
  }
}

TEST(LogLine, InEcsHasTheFieldsOfItsActionInObjects) {
  EXPECT_EQ(EcsLine(RecordOf(LogAction::kWorkerFailed, "over",
                             {{LogLabel::kErrorType, "try_again"}, {LogLabel::kErrorCode, "75"}})),
            R"({"@timestamp":"2026-01-31T10:20:30.123Z","log":{"level":"error"},"message":"over",)"
            R"("ecs":{"version":"8.11.0"},"service":{"name":"headcount","version":"1.0.0"},)"
            R"("event":{"dataset":"headcount.log","action":"worker.failed"},"process":{"pid":4711,"name":"headcount"},)"
            R"("labels":{"role":"worker-1"},"error":{"message":"over","type":"try_again","code":"75"}})"
            "\n");
}

TEST(LogLine, OfEveryActionParsesAndHasAllRequiredAndOnlyMappedFields) {
  for (const LogActionSpec& spec : LogActionTable()) {
    SCOPED_TRACE(spec.name);
    EXPECT_EQ(Template().WrongWith(WithoutBreak(EcsLine(RecordOf(spec.action, "a message")))), "");
    const std::vector<LabelValue> labels = AllLabelsOf(spec.action, "a text");
    const std::string line = WithoutBreak(EcsLine(RecordOf(spec.action, "a message", labels)));
    EXPECT_EQ(Template().WrongWith(line), "") << line;
    const auto leaves = test::LeavesOf(*test::ReadJson(line));
    for (const LabelValue& value : labels) EXPECT_EQ(leaves.count(SpecOf(value.label()).field), 1U);
  }
}

TEST(LogLine, LeavesOutLabelsThatSayNothing) {
  const std::string line = EcsLine(RecordOf(LogAction::kOffsetsChanged, "m",
                                            {{LogLabel::kTopic, ""}, {LogLabel::kOffset, std::optional<int64_t>()}}));
  EXPECT_EQ(line.find("topic"), std::string::npos) << line;
  EXPECT_EQ(line.find("offset\":"), std::string::npos) << line;
}

TEST(LogLine, TheTemplateHasNoFieldOfOursThatNobodyWrites) {
  for (const auto& [path, type] : Template().types()) {
    if (path.rfind("headcount.", 0) != 0 && path.rfind("labels.", 0) != 0) continue;
    bool written = path == "labels.role";
    for (const LogLabelSpec& spec : LogLabelTable()) written = written || path == spec.field;
    EXPECT_TRUE(written) << path;
  }
}

TEST(LogLine, EscapesWhatJsonWantsEscapedAndLeavesTheRest) {
  const std::string odd =
      "\"quoted\" back\\slash\r\n\ttab \x01 \x7F Stra\xC3\x9F"
      "e \xE2\x80\xA8 \xF0\x9F\x8E\x89";
  EXPECT_EQ(EcsMessage(odd), odd);
  EXPECT_EQ(EcsMessage(std::string("nul\0byte", 8)), std::string("nul\0byte", 8));
}

TEST(LogLine, ReplacesBytesThatAreNoUtf8) {
  const std::string no = "\xEF\xBF\xBD";
  EXPECT_EQ(EcsMessage("a\xFF"
                       "b"),
            "a" + no + "b");
  EXPECT_EQ(EcsMessage("cut \xE2\x82"), "cut " + no + no);
  EXPECT_EQ(EcsMessage("\xC3("), no + "(");
  EXPECT_EQ(EcsMessage("overlong \xC0\xAF \xE0\x80\xAF"), "overlong " + no + no + " " + no + no + no);
  EXPECT_EQ(EcsMessage("surrogate \xED\xA0\x80"), "surrogate " + no + no + no);
  EXPECT_EQ(EcsMessage("beyond \xF4\x90\x80\x80"), "beyond " + no + no + no + no);
}

TEST(LogLine, IsOneMappedLineThatFitsIntoAPipeWhateverBytesItIsGiven) {
  const uint64_t seed = 20260131;
  SCOPED_TRACE("seed " + std::to_string(seed));
  test::Random random(seed);
  for (const LogActionSpec& spec : LogActionTable()) {
    for (int round = 0; round < 20; ++round) {
      std::string hell(random.Below(5000) + 1, 'x');
      // Now plain bytes, now those that are worst to escape.
      const uint64_t span = random.Below(2) == 0 ? 256 : 32;
      for (char& c : hell) c = static_cast<char>(random.Below(span));
      const std::vector<LabelValue> labels = AllLabelsOf(spec.action, hell);
      LogRecord record = RecordOf(spec.action, hell, labels);
      record.role = hell;
      const std::string line = EcsLine(record);
      ASSERT_LE(line.size(), limits::kLogLineBytes) << spec.name;
      ASSERT_EQ(Template().WrongWith(WithoutBreak(line)), "") << spec.name;
    }
  }
}

}  // namespace
}  // namespace headcount
