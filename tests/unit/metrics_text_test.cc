// What Prometheus reads: the table of metrics, and the text that is made of a status report.
#include "coordinator/metrics/metrics_text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "common/base/limits.h"
#include "coordinator/metrics/exposition_text.h"
#include "coordinator/metrics/metric_table.h"
#include "tests/support/child_process.h"

namespace headcount {
namespace {

const MetricConstants kConstants = {"1.2.3", "2.0.2", 1'700'000'000'123, uint64_t{512} << 20};

bool EndsWith(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// A job in which every metric has something to say.
StatusReport FullReport(int32_t partitions = 2) {
  StatusReport report;
  report.state = "running";
  report.updated_at_ms = 1'700'000'060'007;
  report.writer.restarts = 1;
  report.rule.window_s = 60;
  report.has_closed_frontier = true;
  report.closed_frontier = 1'700'000'040;
  report.minutes_published = 3;
  report.recent.push_back({WindowStart(1'699'999'980), 41, {}, 1'700'000'050'500});
  for (int32_t slot = 0; slot < 3; ++slot) {
    StatusReport::Worker worker;
    worker.slot = slot;
    worker.pid = 100 + slot;
    worker.restarts = 2;
    worker.memory_bytes = 4096;
    if (slot < 2) worker.partitions = {slot};  // one has none
    report.workers.push_back(worker);
  }
  for (int32_t p = 0; p < partitions; ++p) {
    StatusReport::Partition partition;
    partition.partition = p;
    partition.worker = p % 2;
    partition.lag = 10 + p;
    partition.has_watermark = true;
    partition.watermark = 1'700'000'000 + p;
    partition.held = 1;
    partition.state = p == 0 ? "reading" : "caught_up";
    partition.idle_reason = p == 0 ? "" : "silent";
    report.partitions.push_back(partition);
  }
  return report;
}

MetricCounts FullCounts() {
  MetricCounts counts;
  counts.records = 1'000;
  counts.record_bytes = 123'456;
  counts.verdicts.counted = 900;
  counts.verdicts.late = 5;
  counts.verdicts.invalid_by_reason[static_cast<size_t>(InvalidReason::kNoTs)] = 7;
  counts.verdicts.invalid_by_reason[static_cast<size_t>(InvalidReason::kBadUid)] = 2;
  for (const int64_t duration_us : {90, 200, 90'000'000}) counts.transactions.Add(duration_us);
  counts.workers = {{2, 50}, {1, 20}, {0, 0}};
  counts.clock_s = 1'700'000'000;
  counts.clock_held_ms = 1'500;
  return counts;
}

// Series to value.
std::map<std::string, std::string> SamplesOf(const std::string& text) {
  std::map<std::string, std::string> samples;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    const size_t blank = line.rfind(' ');
    EXPECT_TRUE(samples.emplace(line.substr(0, blank), line.substr(blank + 1)).second) << "twice: " << line;
  }
  return samples;
}

std::string FamilyOf(const std::string& series) {
  std::string name = series.substr(0, series.find('{'));
  for (const MetricSpec& spec : MetricTable()) {
    if (spec.type != MetricType::kHistogram) continue;
    for (const char* part : {"_bucket", "_sum", "_count"}) {
      if (name == spec.name + std::string(part)) return spec.name;
    }
  }
  return name;
}

// --- The table -----------------------------------------------------------------------------------------------

TEST(MetricTable, NamesFollowPrometheusRulesAndStandOnce) {
  std::set<std::string> names;
  for (const MetricSpec& spec : MetricTable()) {
    const std::string name = spec.name;
    EXPECT_TRUE(names.insert(name).second) << name << " stands twice";
    EXPECT_EQ(name.rfind("headcount_", 0), 0U) << name;
    EXPECT_TRUE(std::all_of(name.begin(), name.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; }));
    EXPECT_EQ(spec.type == MetricType::kCounter, EndsWith(name, "_total")) << name;
    EXPECT_TRUE(spec.type != MetricType::kHistogram || EndsWith(name, "_seconds")) << name;
    EXPECT_NE(name.find(spec.unit), std::string::npos) << name << " does not say its unit, " << spec.unit;
    const std::string help = spec.help;
    EXPECT_TRUE(EndsWith(help, ".") && help.find('\n') == std::string::npos && help.find('\\') == std::string::npos)
        << name;
  }
}

TEST(MetricTable, EveryMetricStandsOnThePageForPeople) {
  const std::string page = test::ReadFile(std::string(HEADCOUNT_SOURCE_DIR) + "/config/README.md");
  for (const MetricSpec& spec : MetricTable()) {
    std::string shown = std::string("`") + spec.name;
    for (size_t i = 0; i < spec.labels.size() && spec.labels[i] != nullptr; ++i) {
      shown.append(i == 0 ? "{" : ",").append(spec.labels[i]);
    }
    shown += spec.labels[0] == nullptr ? "`" : "}`";
    EXPECT_NE(page.find(shown), std::string::npos) << "config/README.md has no " << shown;
  }
}

// --- The text ------------------------------------------------------------------------------------------------

TEST(MetricsText, ShowsEveryMetricOfTheTableOnceWithHelpAndTypeAndInItsOrder) {
  const std::string text = MetricsText(kConstants, FullReport(), FullCounts());
  size_t at = 0;
  for (const MetricSpec& spec : MetricTable()) {
    const std::string help = std::string("# HELP ") + spec.name + " " + spec.help + "\n";
    const std::string type = std::string("# TYPE ") + spec.name + " " + Name(spec.type) + "\n";
    const size_t found = text.find(help + type + spec.name, at);
    ASSERT_NE(found, std::string::npos) << spec.name;
    EXPECT_EQ(text.find("# HELP " + std::string(spec.name) + " ", found + 1), std::string::npos) << spec.name;
    at = found;
  }
  EXPECT_EQ(text.back(), '\n');
}

TEST(MetricsText, ShowsNothingThatIsNotInTheTable) {
  std::set<std::string> names;
  for (const MetricSpec& spec : MetricTable()) names.insert(spec.name);
  for (const auto& [series, value] : SamplesOf(MetricsText(kConstants, FullReport(), FullCounts()))) {
    EXPECT_EQ(names.count(FamilyOf(series)), 1U) << series;
  }
}

TEST(MetricsText, SaysWhatTheReportAndTheCountsSay) {
  const auto samples = SamplesOf(MetricsText(kConstants, FullReport(), FullCounts()));
  const std::map<std::string, std::string> right = {
      {"headcount_build_info{version=\"1.2.3\",librdkafka=\"2.0.2\"}", "1"},
      {"headcount_start_time_seconds", "1700000000.123"},
      {"headcount_updated_timestamp_seconds", "1700000060.007"},
      {"headcount_state{state=\"running\"}", "1"},
      {"headcount_state{state=\"failed\"}", "0"},
      {"headcount_ready", "1"},
      {"headcount_restarts_total{role=\"writer\"}", "1"},
      {"headcount_restarts_total{role=\"worker\"}", "6"},
      {"headcount_records_total", "1000"},
      {"headcount_record_bytes_total", "123456"},
      {"headcount_verdicts_total{verdict=\"counted\"}", "900"},
      {"headcount_verdicts_total{verdict=\"invalid\"}", "9"},
      {"headcount_invalid_total{reason=\"bad_uid\"}", "2"},
      {"headcount_invalid_total{reason=\"poison\"}", "0"},
      {"headcount_windows_published_total", "3"},
      {"headcount_last_publication_timestamp_seconds", "1700000050.500"},
      {"headcount_last_window_users", "41"},
      {"headcount_closed_upto_timestamp_seconds", "1700000040"},
      {"headcount_clock_timestamp_seconds", "1700000000"},
      {"headcount_clock_held_seconds", "1.500"},
      {"headcount_lag_records", "21"},
      {"headcount_held_frames", "2"},
      {"headcount_partitions{state=\"caught_up\"}", "1"},
      {"headcount_partitions_excused{reason=\"silent\"}", "1"},
      {"headcount_open_window_users{worker=\"0\"}", "50"},
      {"headcount_shared_memory_limit_bytes{worker=\"1\"}", "536870912"},
      {"headcount_partition_lag_records{partition=\"1\"}", "11"},
      {"headcount_partition_watermark_timestamp_seconds{partition=\"1\"}", "1700000001"}};
  for (const auto& [series, value] : right) {
    const auto found = samples.find(series);
    ASSERT_NE(found, samples.end()) << series;
    EXPECT_EQ(found->second, value) << series;
  }
  EXPECT_EQ(samples.count("headcount_shared_memory_used_bytes{worker=\"2\"}"), 0U) << "a worker without partitions";
}

TEST(MetricsText, ABucketHoldsAllThatWasNotLongerAndTheLastOneAll) {
  const auto samples = SamplesOf(MetricsText(kConstants, FullReport(), FullCounts()));
  const std::string name = "headcount_transaction_seconds";
  EXPECT_EQ(samples.at(name + "_bucket{le=\"0.0001\"}"), "1");
  EXPECT_EQ(samples.at(name + "_bucket{le=\"0.00025\"}"), "2");
  EXPECT_EQ(samples.at(name + "_bucket{le=\"1\"}"), "2");
  EXPECT_EQ(samples.at(name + "_bucket{le=\"30\"}"), "2");
  EXPECT_EQ(samples.at(name + "_bucket{le=\"+Inf\"}"), "3");
  EXPECT_EQ(samples.at(name + "_sum"), "90.000290");
  EXPECT_EQ(samples.at(name + "_count"), "3");
}

TEST(MetricsText, WhatIsNotKnownIsAbsentRatherThanZero) {
  const auto samples = SamplesOf(MetricsText(kConstants, StatusReport(), MetricCounts()));
  for (const char* name : {"headcount_clock_timestamp_seconds", "headcount_closed_upto_timestamp_seconds",
                           "headcount_last_window_users", "headcount_lag_records"}) {
    EXPECT_EQ(samples.count(name), 0U) << name;
  }
  EXPECT_EQ(samples.at("headcount_last_publication_timestamp_seconds"), "1700000000.123");
  EXPECT_EQ(samples.at("headcount_ready"), "0");
}

TEST(MetricsText, TheLagIsThatOfThePartitionsOfWhichItIsKnownAndAbsentWhileItIsOfNone) {
  StatusReport report = FullReport();
  report.partitions[0].lag = -1;
  EXPECT_EQ(SamplesOf(MetricsText(kConstants, report, FullCounts())).at("headcount_lag_records"), "11");
  report.partitions[1].lag = -1;
  EXPECT_EQ(SamplesOf(MetricsText(kConstants, report, FullCounts())).count("headcount_lag_records"), 0U);
  report.partitions[1].lag = 0;
  EXPECT_EQ(SamplesOf(MetricsText(kConstants, report, FullCounts())).at("headcount_lag_records"), "0");
}

TEST(MetricsText, AWorkerThatDoesNotRunHasNoMemory) {
  StatusReport report = FullReport();
  report.workers[0].pid = 0;
  const auto samples = SamplesOf(MetricsText(kConstants, report, FullCounts()));
  for (const std::string name : {"headcount_open_windows", "headcount_open_window_users",
                                 "headcount_shared_memory_used_bytes", "headcount_shared_memory_limit_bytes"}) {
    EXPECT_EQ(samples.count(name + "{worker=\"0\"}"), 0U) << name;
    EXPECT_EQ(samples.count(name + "{worker=\"1\"}"), 1U) << name;
  }
  EXPECT_EQ(samples.at("headcount_ready"), "0");
}

TEST(MetricsText, PartitionsHaveSeriesOfTheirOwnUpToABoundAndThenNoneOfThemHas) {
  const auto count = [](int32_t partitions) {
    const auto samples = SamplesOf(MetricsText(kConstants, FullReport(partitions), FullCounts()));
    return std::count_if(samples.begin(), samples.end(),
                         [](const auto& sample) { return sample.first.find("{partition=") != std::string::npos; });
  };
  const auto most = static_cast<int32_t>(limits::kMaxPartitionSeries);
  EXPECT_EQ(count(most), 3 * most);
  EXPECT_EQ(count(most + 1), 0);
  EXPECT_LT(MetricsText(kConstants, FullReport(limits::kMaxPartitions), FullCounts()).size(), 20'000U);
}

TEST(ExpositionText, EscapesWhatWouldEndALabel) { EXPECT_EQ(EscapedLabel("a\\b\"c\nd"), "a\\\\b\\\"c\\nd"); }

}  // namespace
}  // namespace headcount
