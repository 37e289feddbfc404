// Prometheus' text format, read back: what a test finds in a metrics file or an answer. Runs in tests.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace headcount::test {

struct Scrape {
  std::map<std::string, double> samples;     // by series, as it was written: "headcount_state{state=\"done\"}"
  std::map<std::string, std::string> types;  // by name: "counter"

  bool Has(const std::string& series) const { return samples.count(series) > 0; }
  double Value(const std::string& series) const;  // -1 where there is none: nothing that we measure is below 0
  // Every sample of counters and histograms, which never go back.
  std::map<std::string, double> Monotonic() const;
};

Scrape ReadScrape(const std::string& text);

// Those of `before` that are smaller or missing in `now`.
std::vector<std::string> WentBack(const Scrape& before, const Scrape& now);

}  // namespace headcount::test
