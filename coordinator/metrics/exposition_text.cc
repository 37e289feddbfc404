#include "coordinator/metrics/exposition_text.h"

#include <cstdio>
#include <cstdlib>

#include "common/base/check.h"

namespace headcount {
namespace {

// Writes thousandths or millionths as an exact decimal, without an exponent that a person would have to decode.
std::string Decimal(uint64_t value, uint64_t parts, int digits) {
  char text[32];
  snprintf(text, sizeof text, "%llu.%0*llu", static_cast<unsigned long long>(value / parts), digits,
           static_cast<unsigned long long>(value % parts));
  return text;
}

std::string SecondsOfUs(uint64_t duration_us) { return Decimal(duration_us, 1'000'000, 6); }

// A bound is a label, so its text must be unique: "0.1" and "0.100000" would be two series.
std::string BoundText(int64_t bound_us) {
  std::string text = SecondsOfUs(static_cast<uint64_t>(bound_us));
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace

std::string EscapedLabel(std::string_view value) {
  std::string escaped;
  for (const char c : value) {
    switch (c) {
      case '\\': escaped += "\\\\"; break;
      case '"': escaped += "\\\""; break;
      case '\n': escaped += "\\n"; break;
      default: escaped += c;
    }
  }
  return escaped;
}

void ExpositionText::Begin(Metric metric) {
  const int number = static_cast<int>(metric);
  if (number == last_) return;
  const MetricSpec& spec = SpecOf(metric);
  HC_CHECK(number > last_, std::string("metric out of order: ") + spec.name);
  last_ = number;
  text_.append("# HELP ").append(spec.name).append(" ").append(spec.help).append("\n");
  text_.append("# TYPE ").append(spec.name).append(" ").append(Name(spec.type)).append("\n");
}

void ExpositionText::AddSample(Metric metric, Labels labels, const std::string& value) {
  Begin(metric);
  const MetricSpec& spec = SpecOf(metric);
  HC_CHECK(spec.type != MetricType::kHistogram && labels.size() <= spec.labels.size(), spec.name);
  text_ += spec.name;
  size_t place = 0;
  for (const std::string_view label : labels) {
    HC_CHECK(spec.labels[place] != nullptr, spec.name);
    text_.append(place == 0 ? "{" : ",").append(spec.labels[place]).append("=\"");
    text_.append(EscapedLabel(label)).append("\"");
    ++place;
  }
  if (place > 0) text_ += '}';
  text_.append(" ").append(value).append("\n");
}

void ExpositionText::Add(Metric metric, Labels labels, int64_t value) {
  AddSample(metric, labels, std::to_string(value));
}

void ExpositionText::Add(Metric metric, Labels labels, uint64_t value) {
  AddSample(metric, labels, std::to_string(value));
}

void ExpositionText::AddMs(Metric metric, Labels labels, int64_t value_ms) {
  const std::string text = Decimal(static_cast<uint64_t>(std::abs(value_ms)), 1'000, 3);
  AddSample(metric, labels, value_ms < 0 ? "-" + text : text);
}

void ExpositionText::AddHistogram(Metric metric, const DurationHistogram& durations) {
  Begin(metric);
  const std::string name = SpecOf(metric).name;
  uint64_t so_far = 0;
  for (size_t i = 0; i < durations.counts.size(); ++i) {
    so_far += durations.counts[i];
    const std::string bound = i < kDurationBoundsUs.size() ? BoundText(kDurationBoundsUs[i]) : "+Inf";
    text_.append(name).append("_bucket{le=\"").append(bound).append("\"} ");
    text_.append(std::to_string(so_far)).append("\n");
  }
  text_.append(name).append("_sum ").append(SecondsOfUs(durations.sum_us)).append("\n");
  text_.append(name).append("_count ").append(std::to_string(so_far)).append("\n");
}

}  // namespace headcount
