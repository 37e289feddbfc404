// What a line of `--log-format ecs` must be, by the index template that users are given: JSON with the required fields,
// and no field that the template does not map to such a value. Runs in tests.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "tests/support/json_reader.h"

namespace headcount::test {

// The leaves of an object by their paths, as "process.pid". Of arrays nothing is known here: lines have none.
std::map<std::string, JsonValue> LeavesOf(const JsonValue& object);

class EcsTemplate {
 public:
  // Throws where the file is no component template.
  explicit EcsTemplate(const std::filesystem::path& file);

  // What is wrong with a line (without its line break); empty: nothing.
  std::string WrongWith(std::string_view line) const;
  // The same of a whole log, with the first wrong line.
  std::string WrongWithLog(const std::string& log) const;

  // Each field's type.
  const std::map<std::string, std::string>& types() const { return types_; }

 private:
  std::map<std::string, std::string> types_;
};

}  // namespace headcount::test
