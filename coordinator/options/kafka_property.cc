#include "coordinator/options/kafka_property.h"

#include <utility>

#include "common/base/limits.h"
#include "common/job/secret_properties.h"

namespace headcount {
namespace {

constexpr std::string_view kFileSuffix = "_file";

bool EndsWith(std::string_view text, std::string_view end) {
  return text.size() > end.size() && text.substr(text.size() - end.size()) == end;
}

KafkaProperty::Scope TakeScope(std::string* key) {
  for (const auto& [prefix, scope] : {std::pair(std::string_view("consumer."), KafkaProperty::Scope::kConsumer),
                                      std::pair(std::string_view("producer."), KafkaProperty::Scope::kProducer)}) {
    if (key->compare(0, prefix.size(), prefix) != 0) continue;
    key->erase(0, prefix.size());
    return scope;
  }
  return KafkaProperty::Scope::kBoth;
}

// The last line end of a file is not part of the secret, because editors and `echo` add one.
Result<std::string> ReadSecret(const std::string& label, const std::string& path, const HostEnvironment& host) {
  Result<std::string> bytes = host.read_file(path, limits::kMaxSecretBytes);
  if (!bytes) return Error{bytes.error().exit_code, label + ": " + bytes.error().message};
  if (!bytes->empty() && bytes->back() == '\n') bytes->pop_back();
  if (!bytes->empty() && bytes->back() == '\r') bytes->pop_back();
  if (bytes->empty()) return Error{ExitCode::kHumanNeeded, label + ": '" + path + "' is empty"};
  if (bytes->find('\0') != std::string::npos) {
    return Error{ExitCode::kHumanNeeded, label + ": '" + path + "' holds a NUL byte, which no secret may"};
  }
  return bytes;
}

}  // namespace

Result<KafkaProperty> ParseProperty(const ParsedOption& given, const HostEnvironment& host) {
  const std::string& text = given.values.front();
  const bool is_flag = given.origin.kind == Origin::Kind::kFlag;
  const size_t equals = text.find('=');
  const std::string shown = is_flag ? "-X \"" + text.substr(0, equals) + "\"" : given.origin.label;
  if (is_flag && (equals == std::string::npos || equals == 0)) {
    return Error{ExitCode::kUsage, shown + ": KEY=VALUE is needed, such as -X consumer.fetch.max.bytes=4194304"};
  }
  KafkaProperty property;
  property.key = text.substr(0, equals);
  property.value = text.substr(equals + 1);
  property.scope = TakeScope(&property.key);
  if (property.key.empty()) return Error{ExitCode::kUsage, shown + ": the property's name is missing"};
  if (!is_flag) property.label = given.origin.label;
  if (const std::string_view secret = SecretOfFile(property.key); !secret.empty()) {
    property.file = std::exchange(property.value, "");
    const std::string label = is_flag ? "-X " + text.substr(0, equals) : given.origin.label;
    Result<std::string> bytes = ReadSecret(label, property.file, host);
    if (!bytes) return bytes.error();
    property.value = std::move(*bytes);
    property.key = std::string(secret);
  }
  return property;
}

std::string_view SecretOfFile(std::string_view key) {
  if (!EndsWith(key, kFileSuffix)) return {};
  key.remove_suffix(kFileSuffix.size());
  return IsSecretProperty(key) ? key : std::string_view();
}

std::string_view PropertyIdentity(std::string_view text) {
  const std::string_view key = text.substr(0, text.find('='));
  const std::string_view secret = SecretOfFile(key);
  return secret.empty() ? key : secret;
}

}  // namespace headcount
