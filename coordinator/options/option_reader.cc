#include "coordinator/options/option_reader.h"

#include <algorithm>

#include "common/base/units.h"
#include "coordinator/options/kafka_property.h"
#include "coordinator/options/option_layers.h"
#include "coordinator/options/run_option_table.h"
#include "coordinator/options/status_file_name.h"

namespace headcount {
namespace {

// Kafka's own bound on the names of topics. Kafka has none for groups; ours is the same.
constexpr size_t kMaxNameBytes = 249;

bool IsTopicCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

// Accepts host, host:9092, [::1]:9092 and PLAINTEXT://host:9092.
bool IsBroker(std::string_view broker) {
  const size_t scheme = broker.find("://");
  if (scheme != std::string_view::npos) broker.remove_prefix(scheme + 3);
  const size_t bracket = broker.rfind(']');
  const size_t colon = broker.rfind(':');
  const bool has_port = colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  const std::string_view host = has_port ? broker.substr(0, colon) : broker;
  if (host.empty() || host.find_first_of(" \t/,\"") != std::string_view::npos) return false;
  if (host.find(':') != std::string_view::npos && host.front() != '[') return false;
  return !has_port || ParseCount("", broker.substr(colon + 1), "", 1, 65535).ok();
}

}  // namespace

void OptionReader::Require(bool right, std::string_view name, std::string_view error) {
  if (right || error_) return;
  const std::string* text = given_.Value(name);
  const std::string label = given_.Label(name);
  error_ =
      text != nullptr ? OptionError(label, *text, error) : Error{ExitCode::kUsage, label + ": " + std::string(error)};
}

Result<std::string> ParseTopic(std::string_view option, const std::string& text) {
  const bool right = text.size() <= kMaxNameBytes && std::all_of(text.begin(), text.end(), IsTopicCharacter) &&
                     text != "." && text != "..";
  if (right) return text;
  return OptionError(option, text, "a topic's name is up to 249 letters, digits, dots, underscores and hyphens");
}

// Kafka takes any group name, but its tools and our own messages cannot show all of them.
Result<std::string> ParseGroup(std::string_view option, const std::string& text) {
  const auto printable = [](char c) { return c > ' ' && c <= '~'; };
  if (text.size() <= kMaxNameBytes && std::all_of(text.begin(), text.end(), printable)) return text;
  return OptionError(option, text, "a group's name is up to 249 ASCII characters without spaces");
}

Result<std::string> ParseBrokers(std::string_view option, const std::string& text) {
  std::string_view rest = text;
  for (;;) {
    const size_t comma = rest.find(',');
    if (!IsBroker(rest.substr(0, comma))) {
      return OptionError(option, text, "brokers are HOST:PORT, with commas between them and no spaces");
    }
    if (comma == std::string_view::npos) return text;
    rest.remove_prefix(comma + 1);
  }
}

void ReadProperties(OptionReader* reader, const HostEnvironment& host, std::vector<KafkaProperty>* properties) {
  for (const ParsedOption& given : reader->given().all()) {
    if (given.name != kPropertyOption || reader->error()) continue;
    Result<KafkaProperty> property = ParseProperty(given, host);
    if (!property) return reader->Fail(property.error());
    properties->push_back(*property);
  }
}

void ReadStatusFileName(OptionReader* reader, const HostEnvironment& host, std::string* status_file) {
  std::string group;
  reader->Get("group", &group, ParseGroup);
  // A flag that names the group outranks a status file that a configuration names.
  const auto is_flag = [reader](std::string_view name) {
    const ParsedOption* given = reader->given().Find(name);
    return given != nullptr && given->origin.kind == Origin::Kind::kFlag;
  };
  const bool by_group = is_flag("group") && !is_flag("status-file");
  const std::string* path = by_group ? nullptr : reader->given().Value("status-file");
  reader->Require(path == nullptr || *path != kNoFile, "status-file",
                  "the job keeps none, so there is nothing to read");
  if (reader->error()) return;
  if (path != nullptr) {
    *status_file = *path;
    return;
  }
  const Result<std::string> found = FindStatusFile(group, host);
  if (!found) return reader->Fail(found.error());
  *status_file = *found;
}

ParsedOptions WithoutKafka(const ParsedOptions& all) {
  const std::vector<std::string_view>& kafka_only = KafkaOnlyOptions();
  ParsedOptions kept;
  for (const ParsedOption& given : all.all()) {
    const bool about_kafka = std::find(kafka_only.begin(), kafka_only.end(), given.name) != kafka_only.end();
    if (!about_kafka || given.origin.kind == Origin::Kind::kFlag) kept.Add(given);
  }
  return kept;
}

Error MeaninglessWithInput(std::string_view name) {
  return Error{ExitCode::kUsage, Dashed(name) + ": it is about Kafka and has no meaning with --input"};
}

}  // namespace headcount
