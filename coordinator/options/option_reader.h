// The part that the commands' parsers share: it takes the given options one by one, checks them, and keeps the first
// error. Pure. Runs in the coordinator and in the commands, before anything else.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/job/run_options.h"
#include "coordinator/options/host_environment.h"
#include "coordinator/options/option_table.h"

namespace headcount {

// Takes options one by one. After the first error it looks at no further option.
class OptionReader {
 public:
  explicit OptionReader(const ParsedOptions& given) : given_(given) {}

  // `parse(option, text)` gives a Result<T>.
  template <typename T, typename Parse>
  void Get(std::string_view name, T* out, Parse parse) {
    const std::string* text = given_.Value(name);
    if (text == nullptr || error_) return;
    auto parsed = parse(given_.Label(name), *text);
    if (parsed.ok()) {
      *out = T(*parsed);
    } else {
      error_ = parsed.error();
    }
  }
  // Keeps `error` if the option was given and `right` is false.
  void Require(bool right, std::string_view name, std::string_view error);
  void Fail(Error error) {
    if (!error_) error_ = std::move(error);
  }

  const ParsedOptions& given() const { return given_; }
  const std::optional<Error>& error() const { return error_; }

 private:
  const ParsedOptions& given_;
  std::optional<Error> error_;
};

// Each gives the value, or kUsage with the option's label, the text and what would be right.
Result<std::string> ParseTopic(std::string_view option, const std::string& text);
Result<std::string> ParseGroup(std::string_view option, const std::string& text);
// HOST:PORT, with commas between several.
Result<std::string> ParseBrokers(std::string_view option, const std::string& text);

// Reads all -X, in order.
void ReadProperties(OptionReader* reader, const HostEnvironment& host, std::vector<KafkaProperty>* properties);

// Finds the status file of the job that a command asks about, by its name or by the job's group.
void ReadStatusFileName(OptionReader* reader, const HostEnvironment& host, std::string* status_file);

// Drops options about Kafka that a file or an environment sets, for a start with --input: those serve other starts too.
// Flags stay, because the user means them for this start.
ParsedOptions WithoutKafka(const ParsedOptions& all);
Error MeaninglessWithInput(std::string_view name);

}  // namespace headcount
