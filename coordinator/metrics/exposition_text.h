// Writes Prometheus' text exposition format 0.0.4: samples of declared metrics as lines, with HELP and TYPE before the
// first of each metric. Pure; runs in the coordinator.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "common/base/duration_histogram.h"
#include "coordinator/metrics/metric_table.h"

namespace headcount {

class ExpositionText {
 public:
  using Labels = std::initializer_list<std::string_view>;  // values, in the order of the table

  // The caller adds all samples of a metric one after the other, as the format demands. It adds the metrics in the
  // order of the table, so that people find them.
  void Add(Metric metric, Labels labels, int64_t value);
  void Add(Metric metric, Labels labels, uint64_t value);
  void AddMs(Metric metric, Labels labels, int64_t value_ms);  // shown in seconds
  void AddHistogram(Metric metric, const DurationHistogram& durations);

  // Returns the text of all samples added so far.
  std::string Take() { return std::move(text_); }

 private:
  void Begin(Metric metric);
  void AddSample(Metric metric, Labels labels, const std::string& value);

  std::string text_;
  int last_ = -1;  // the metric whose samples are being added
};

// The value of a label between its quotes.
std::string EscapedLabel(std::string_view value);

}  // namespace headcount
