// What the commands' parsers share: takes the options that were given one by one, checks them, and keeps the first
// error. Pure. Runs in the coordinator and in the commands, before anything else.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/job/run_options.h"
#include "coordinator/options/option_table.h"
#include "coordinator/options/surroundings.h"

namespace headcount {

// Takes options one by one and keeps the first complaint: nothing after it is looked at.
class OptionReader {
 public:
  explicit OptionReader(const GivenOptions& given) : given_(given) {}

  // `parse(option, text)` gives a Result<T>.
  template <typename T, typename Parse>
  void Get(std::string_view name, T* out, Parse parse) {
    const std::string* text = given_.Value(name);
    if (text == nullptr || complaint_) return;
    auto parsed = parse(given_.Label(name), *text);
    if (parsed.ok()) {
      *out = T(*parsed);
    } else {
      complaint_ = parsed.error();
    }
  }
  // `right` must hold where the option was given.
  void Require(bool right, std::string_view name, std::string_view complaint);
  void Fail(Error error) {
    if (!complaint_) complaint_ = std::move(error);
  }

  const GivenOptions& given() const { return given_; }
  const std::optional<Error>& complaint() const { return complaint_; }

 private:
  const GivenOptions& given_;
  std::optional<Error> complaint_;
};

// Each gives the value, or kUsage with the option's label, the text and what would be right.
Result<std::string> ParseTopic(std::string_view option, const std::string& text);
Result<std::string> ParseGroup(std::string_view option, const std::string& text);
// HOST:PORT, with commas between several.
Result<std::string> ParseBrokers(std::string_view option, const std::string& text);

// All -X, in order.
void ReadProperties(OptionReader* reader, const Surroundings& host, std::vector<KafkaProperty>* properties);

// The status file of the job that a command asks about: named, or found by its group.
void ReadStatusFileName(OptionReader* reader, const Surroundings& host, std::string* status_file);

// With --input: a file or an environment that serves other starts too may speak of Kafka. Flags are meant for this
// one, and stay.
GivenOptions WithoutKafka(const GivenOptions& all);
Error MeaninglessWithInput(std::string_view name);

}  // namespace headcount
