#include "common/base/units.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "common/base/limits.h"

namespace headcount {
namespace {

// The error, which names the option and the text; empty if there is none.
template <typename T>
std::string Complaint(const Result<T>& result, const std::string& text) {
  if (result.ok()) return "";
  EXPECT_EQ(result.error().exit_code, ExitCode::kUsage);
  EXPECT_EQ(result.error().message.rfind("--x \"" + text + "\": ", 0), 0u) << result.error().message;
  return result.error().message;
}

TEST(Durations, AreAWholeNumberAndAUnit) {
  const std::vector<std::pair<std::string, int64_t>> good = {
      {"5s", 5000}, {"500ms", 500}, {"2m", 120'000},          {"1h", 3'600'000},
      {"0s", 0},    {"007s", 7000}, {"8784h", 31'622'400'000}};
  for (const auto& [text, duration_ms] : good) {
    const Result<int64_t> parsed = ParseDurationMs("--x", text);
    ASSERT_TRUE(parsed.ok()) << text;
    EXPECT_EQ(*parsed, duration_ms) << text;
  }
}

TEST(Durations, OfAnyOtherShapeAreAnErrorThatSaysWhatWouldBeRight) {
  for (const std::string text : {"", "s", "5", "-5s", "+5s", "5 s", " 5s", "5s ", "1.5s", "5S", "5sec", "1m30s", "5d",
                                 "0x5s", "99999999999999999999s", "8785h", "18446744073709551615ms", "5s\n", "1e3s"}) {
    EXPECT_NE(Complaint(ParseDurationMs("--x", text), text), "") << text;
  }
  EXPECT_NE(Complaint(ParseDurationMs("--x", "5"), "5").find("unit is missing"), std::string::npos);
  EXPECT_NE(Complaint(ParseDurationMs("--x", "5d"), "5d").find("500ms, 5s, 2m or 1h"), std::string::npos);
  EXPECT_NE(Complaint(ParseDurationMs("--x", "9999h"), "9999h").find("at most 8784h"), std::string::npos);
}

TEST(Durations, OfEventTimeAreWholeSeconds) {
  EXPECT_EQ(*ParseDurationS("--x", "2m"), 120);
  EXPECT_EQ(*ParseDurationS("--x", "5000ms"), 5);
  EXPECT_NE(Complaint(ParseDurationS("--x", "1500ms"), "1500ms").find("whole seconds"), std::string::npos);
}

TEST(Durations, ArePrintedInTheLargestUnitThatFits) {
  EXPECT_EQ(FormatDurationMs(0), "0s");
  EXPECT_EQ(FormatDurationMs(500), "500ms");
  EXPECT_EQ(FormatDurationMs(90'000), "90s");
  EXPECT_EQ(FormatDurationMs(120'000), "2m");
  EXPECT_EQ(FormatDurationMs(7'200'000), "2h");
  for (const int64_t duration_ms : {1, 999, 1000, 1001, 59'999, 60'000, 3'600'000}) {
    EXPECT_EQ(*ParseDurationMs("--x", FormatDurationMs(duration_ms)), duration_ms);
  }
}

TEST(Sizes, AreBytesOrBinaryUnitsAndDecimalOnesWhereTheNameSaysSo) {
  EXPECT_EQ(*ParseSizeBytes("--x", "512MiB"), uint64_t{512} << 20);
  EXPECT_EQ(*ParseSizeBytes("--x", "1GiB"), uint64_t{1} << 30);
  EXPECT_EQ(*ParseSizeBytes("--x", "64KiB"), 65536u);
  EXPECT_EQ(*ParseSizeBytes("--x", "4096"), 4096u);
  EXPECT_EQ(*ParseSizeBytes("--x", "4096B"), 4096u);
  EXPECT_EQ(*ParseSizeBytes("--x", "512MB"), 512'000'000u);
}

TEST(Sizes, OfAnyOtherShapeAreAnErrorThatSaysWhatWouldBeRight) {
  for (const std::string text : {"", "MiB", "512M", "512m", "1g", "-1", "1.5GiB", "512 MiB", "99999999999TiB"}) {
    EXPECT_NE(Complaint(ParseSizeBytes("--x", text), text), "") << text;
  }
}

TEST(Sizes, ArePrintedInTheLargestUnitThatFits) {
  EXPECT_EQ(FormatSizeBytes(uint64_t{512} << 20), "512MiB");
  EXPECT_EQ(FormatSizeBytes(uint64_t{1536} << 20), "1536MiB");
  EXPECT_EQ(FormatSizeBytes(1000), "1000");
  EXPECT_EQ(FormatSizeBytes(0), "0");
}

TEST(Times, AreRfc3339WithAZoneOrUnixSeconds) {
  const std::vector<std::pair<std::string, int64_t>> good = {{"2016-07-11T13:40:00Z", 1468244400},
                                                             {"2016-07-11t13:40:00z", 1468244400},
                                                             {"2016-07-11T15:40:00+02:00", 1468244400},
                                                             {"2016-07-11T08:10:00-05:30", 1468244400},
                                                             {"1468244400", 1468244400},
                                                             {"0", 0},
                                                             {"2024-02-29T00:00:00Z", 1709164800}};
  for (const auto& [text, seconds] : good) {
    const Result<EventTime> parsed = ParseTime("--x", text);
    ASSERT_TRUE(parsed.ok()) << text;
    EXPECT_EQ(parsed->seconds(), seconds) << text;
  }
}

TEST(Times, OfAnyOtherShapeAreAnErrorThatSaysWhatWouldBeRight) {
  for (const std::string text :
       {"", "yesterday", "2016-07-11", "2016-07-11T13:40:00", "2016-07-11 13:40:00Z", "2016-07-11T13:40Z",
        "2016-07-11T13:40:00.5Z", "2023-02-29T00:00:00Z", "2016-13-01T00:00:00Z", "2016-00-01T00:00:00Z",
        "2016-07-11T24:00:00Z", "2016-07-11T13:60:00Z", "2016-07-11T13:40:61Z", "1969-12-31T23:59:59Z", "-1",
        "2016-07-11T13:40:00+2:00", "2016-07-11T13:40:00+0200", "2016-07-11T13:40:00Zjunk", "9999-12-31T00:00:00Z"}) {
    EXPECT_NE(Complaint(ParseTime("--x", text), text), "") << text;
  }
  EXPECT_NE(Complaint(ParseTime("--x", "1468244400000"), "1468244400000").find("milliseconds"), std::string::npos);
}

TEST(Times, ArePrintedInUtc) {
  EXPECT_EQ(FormatUtc(EventTime(1468244400)), "2016-07-11T13:40:00Z");
  EXPECT_EQ(FormatUtc(EventTime(0)), "1970-01-01T00:00:00Z");
}

TEST(Counts, AreDigitsWithinTheirBounds) {
  EXPECT_EQ(*ParseCount("--x", "4", "workers", 1, 256), 4);
  for (const std::string text : {"", "0", "257", "-1", "+1", "1.0", "two", "99999999999999999999"}) {
    EXPECT_NE(Complaint(ParseCount("--x", text, "workers", 1, 256), text).find("a number of workers from 1 to 256"),
              std::string::npos)
        << text;
  }
}

}  // namespace
}  // namespace headcount
