#include "tests/support/ecs_lines.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <stdexcept>

#include "tests/support/child_process.h"

namespace headcount::test {
namespace {

using Kind = JsonValue::Kind;

void Linger(const JsonValue& object, const std::string& prefix, std::map<std::string, JsonValue>* leaves) {
  for (size_t n = 0; n < object.keys.size(); ++n) {
    const std::string path = prefix + object.keys[n];
    if (object.items[n].kind == Kind::kObject) {
      Linger(object.items[n], path + ".", leaves);
    } else {
      leaves->emplace(path, object.items[n]);
    }
  }
}

void GatherTypes(const JsonValue& properties, const std::string& prefix, std::map<std::string, std::string>* types) {
  for (size_t n = 0; n < properties.keys.size(); ++n) {
    const std::string path = prefix + properties.keys[n];
    if (const JsonValue* inner = properties.items[n].Find("properties")) {
      GatherTypes(*inner, path + ".", types);
    } else if (const JsonValue* type = properties.items[n].Find("type")) {
      types->emplace(path, type->text);
    }
  }
}

bool HasRepeatedKeys(const JsonValue& value) {
  if (std::set<std::string>(value.keys.begin(), value.keys.end()).size() < value.keys.size()) return true;
  return std::any_of(value.items.begin(), value.items.end(), HasRepeatedKeys);
}

bool Fits(const JsonValue& value, const std::string& type) {
  const bool whole = value.kind == Kind::kNumber && value.text.find_first_of(".eE") == std::string::npos;
  if (type == "long") return whole;
  if (type == "date") return whole || value.kind == Kind::kString;
  return value.kind == Kind::kString && !value.text.empty();
}

constexpr std::array<const char*, 10> kRequired = {"@timestamp",   "log.level",       "message",       "ecs.version",
                                                   "service.name", "service.version", "event.dataset", "event.action",
                                                   "process.pid",  "labels.role"};

}  // namespace

std::map<std::string, JsonValue> LeavesOf(const JsonValue& object) {
  std::map<std::string, JsonValue> leaves;
  Linger(object, "", &leaves);
  return leaves;
}

EcsTemplate::EcsTemplate(const std::filesystem::path& file) {
  const std::optional<JsonValue> root = ReadJson(ReadFile(file));
  const JsonValue* at = root ? &*root : nullptr;
  for (const char* key : {"template", "mappings", "properties"}) at = at == nullptr ? nullptr : at->Find(key);
  if (at == nullptr) throw std::runtime_error(file.string() + " is no component template");
  GatherTypes(*at, "", &types_);
}

std::string EcsTemplate::WrongWith(std::string_view line) const {
  const std::optional<JsonValue> root = ReadJson(line);
  if (!root || root->kind != Kind::kObject) return "it is no JSON object";
  if (HasRepeatedKeys(*root)) return "an object has a key twice";
  const std::map<std::string, JsonValue> leaves = LeavesOf(*root);
  for (const char* field : kRequired) {
    if (leaves.count(field) == 0) return std::string(field) + " is missing";
  }
  for (const auto& [path, value] : leaves) {
    const auto type = types_.find(path);
    if (type == types_.end()) return path + " is not in the template";
    if (!Fits(value, type->second)) return path + " is no " + type->second + ": " + value.text;
  }
  const bool is_error = leaves.at("log.level").text == "error";
  if (is_error && leaves.count("error.message") == 0) return "an error without error.message";
  return "";
}

std::string EcsTemplate::WrongWithLog(const std::string& log) const {
  if (!log.empty() && log.back() != '\n') return "the last line does not end";
  for (size_t begin = 0; begin < log.size();) {
    const size_t end = log.find('\n', begin);
    const std::string line = log.substr(begin, end - begin);
    if (std::string wrong = WrongWith(line); !wrong.empty()) return wrong.append(", in: ").append(line);
    begin = end + 1;
  }
  return "";
}

}  // namespace headcount::test
