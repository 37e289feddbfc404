#include "tests/support/scrape.h"

#include <sstream>
#include <stdexcept>

namespace headcount::test {
namespace {

bool IsPartOf(const std::string& series, const std::string& name) {
  return series.rfind(name, 0) == 0 && (series.size() == name.size() || series[name.size()] == '{');
}

}  // namespace

double Scrape::Value(const std::string& series) const {
  const auto found = samples.find(series);
  return found == samples.end() ? -1 : found->second;
}

std::map<std::string, double> Scrape::Monotonic() const {
  std::map<std::string, double> monotonic;
  for (const auto& [series, value] : samples) {
    for (const auto& [name, type] : types) {
      const bool counter = type == "counter" && IsPartOf(series, name);
      const bool histogram =
          type == "histogram" &&
          (IsPartOf(series, name + "_bucket") || IsPartOf(series, name + "_sum") || IsPartOf(series, name + "_count"));
      if (counter || histogram) monotonic[series] = value;
    }
  }
  return monotonic;
}

Scrape ReadScrape(const std::string& text) {
  Scrape scrape;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::string type_word = "# TYPE ";
    if (line.rfind(type_word, 0) == 0) {
      const size_t blank = line.find(' ', type_word.size());
      scrape.types[line.substr(type_word.size(), blank - type_word.size())] = line.substr(blank + 1);
    } else if (!line.empty() && line[0] != '#') {
      const size_t blank = line.rfind(' ');
      if (blank == std::string::npos) throw std::runtime_error("no sample: " + line);
      if (!scrape.samples.emplace(line.substr(0, blank), std::stod(line.substr(blank + 1))).second) {
        throw std::runtime_error("a series stands twice: " + line);
      }
    }
  }
  return scrape;
}

std::vector<std::string> WentBack(const Scrape& before, const Scrape& now) {
  std::vector<std::string> back;
  for (const auto& [series, value] : before.Monotonic()) {
    if (now.Value(series) < value) {
      back.push_back(series + ": " + std::to_string(value) + " -> " + std::to_string(now.Value(series)));
    }
  }
  return back;
}

}  // namespace headcount::test
