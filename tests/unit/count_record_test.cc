#include "common/records/count_record.h"

#include <gtest/gtest.h>

#include "tests/support/small_stack.h"

namespace headcount {
namespace {

TEST(CountRecord, IsByteForByteTheDocumentedExample) {
  CountRecord record;
  record.start = WindowStart(1468244400);
  record.window_s = 60;
  record.unique_users = 41130;
  record.counts.counted = 59983;
  EXPECT_EQ(KeyText(record), "1468244400");
  EXPECT_EQ(
      ValueText(record),
      R"({"window_start":1468244400,"window_end":1468244460,"minute":"2016-07-11T13:40:00Z","unique_users":41130,)"
      R"("events":59983,"late":0,"invalid":0,"future":0,"method":"exact","error":0.0,"revision":0})");
}

TEST(CountRecord, AddsUpTheReasonsOfInvalidRecords) {
  CountRecord record;
  record.start = WindowStart(0);
  record.window_s = 3600;
  record.counts.late = 2;
  record.counts.future = 3;
  record.counts.invalid_by_reason = {1, 1, 1, 1, 1, 1, 1, 1, 1};
  EXPECT_EQ(KeyText(record), "0");
  EXPECT_EQ(ValueText(record),
            R"({"window_start":0,"window_end":3600,"minute":"1970-01-01T00:00:00Z","unique_users":0,"events":0,)"
            R"("late":2,"invalid":9,"future":3,"method":"exact","error":0.0,"revision":0})");
}

TEST(CountRecord, ComesBackFromItsValue) {
  CountRecord record;
  record.start = WindowStart(1468244400);
  record.window_s = 60;
  record.unique_users = UINT64_MAX;
  record.counts.counted = 59983;
  record.counts.late = 2;
  record.counts.future = 3;
  record.counts.invalid_by_reason = {1, 1, 1, 1, 1, 1, 1, 1, 1};
  const std::optional<CountRecord> back = ParseCountRecord(ValueText(record));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(ValueText(*back), ValueText(record));
}

TEST(CountRecord, IsNotReadOutOfAnythingElse) {
  CountRecord record;
  record.start = WindowStart(0);
  record.window_s = 60;
  const std::string value = ValueText(record);
  for (size_t length = 0; length < value.size(); ++length) EXPECT_FALSE(ParseCountRecord(value.substr(0, length)));
  for (const char* other : {"", "[]", "{}", "1", R"({"window_start":"0","window_end":60})", "\xFF"}) {
    EXPECT_FALSE(ParseCountRecord(other)) << other;
  }
  const auto with = [&value](const std::string& from, const std::string& to) {
    std::string changed = value;
    changed.replace(changed.find(from), from.size(), to);
    return ParseCountRecord(changed).has_value();
  };
  EXPECT_FALSE(with(R"("window_end":60)", R"("window_end":0)"));
  EXPECT_FALSE(with(R"("window_end":60)", R"("window_end":99999999999)"));
  EXPECT_FALSE(with(R"("window_start":0)", R"("window_start":18446744073709551615)"));
  EXPECT_FALSE(with(R"("unique_users":0)", R"("unique_users":-1)"));
}

TEST(CountRecord, IsReadWithoutRecursion) {
  const std::string deep = std::string(test::kHarmlessDepth, '[') + std::string(test::kHarmlessDepth, ']');
  test::OnASmallStack([&] { EXPECT_FALSE(ParseCountRecord(deep)); });
}

// The topic is open to others: what only looks like a minute must not be shown as one.
TEST(CountRecord, SaysWhatNoJobCanHaveWritten) {
  CountRecord record;
  record.start = WindowStart(1468244400);
  record.window_s = 60;
  record.unique_users = 3;
  record.counts.counted = 5;
  const std::string value = ValueText(record);
  EXPECT_EQ(WhyForeign(std::nullopt, value), "");
  EXPECT_EQ(WhyForeign("1468244400", value), "");
  const auto why = [&value](const std::string& from, const std::string& to) {
    std::string changed = value;
    const size_t at = changed.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    changed.replace(at, from.size(), to);
    return WhyForeign("1468244400", changed);
  };
  EXPECT_EQ(WhyForeign("1468244460", value), "its key is not its window_start");
  EXPECT_EQ(WhyForeign("", value), "its key is not its window_start");
  EXPECT_EQ(WhyForeign("1468244400", "{}"), "its value is no record of a minute");
  EXPECT_EQ(why("1468244460", "1468244473"), "no window of 73 s begins at its window_start");
  EXPECT_EQ(why("13:40:00Z", "13:41:00Z"), "its minute is not the time of its window_start");
  EXPECT_EQ(why("\"unique_users\":3", "\"unique_users\":6"), "it has more unique_users than events");
  EXPECT_EQ(why("\"unique_users\":3", "\"unique_users\":0"), "it has events of no user");
  EXPECT_EQ(why("\"unique_users\":3,\"events\":5", "\"unique_users\":0,\"events\":0"),
            "it counts nothing, and a window without a record has none");
  EXPECT_EQ(why("\"late\":0", "\"late\":18446744073709551615"), "a number in it is greater than any count");
  EXPECT_EQ(why("\"method\":\"exact\",", ""), "it has no method");
  EXPECT_EQ(why(",\"revision\":0", ""), "it has no revision");
  // A later headcount may write more.
  EXPECT_EQ(why(",\"revision\":0", ",\"revision\":0,\"filtered\":7"), "");
}

TEST(CountRecord, HoldsTheLargestNumbersThereAre) {
  CountRecord record;
  record.start = WindowStart(99'999'999'960);
  record.window_s = 60;
  record.unique_users = UINT64_MAX;
  EXPECT_NE(ValueText(record).find(R"("minute":"5138-11-16T09:46:00Z","unique_users":18446744073709551615)"),
            std::string::npos);
}

}  // namespace
}  // namespace headcount
