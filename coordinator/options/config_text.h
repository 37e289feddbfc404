// The syntax of a config file, both ways. Pure; runs in the coordinator.
//
//   # a comment
//   allowed-lateness = 5s              # another one: # after a blank begins it
//   until-end = true
//   X.sasl.username = "a \"b\" #c\n"   double quotes: \" \\ and \n
//   X.sasl.password = 'a "b" #c'       single quotes: everything as it stands
//
// What stands between the key's = and the end of the line, without the blanks around it, is the value.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace headcount {

struct ConfigLine {
  int number = 0;  // from 1 on
  std::string key;
  std::string value;
  bool quoted = false;
};

// All lines that say something. `path` is how errors (kUsage) name the file: "PATH:12: KEY: ...". No error repeats
// a value, which may be a password.
Result<std::vector<ConfigLine>> ParseConfigText(const std::string& path, std::string_view text);

// The value as a config file takes it back: in quotes where it needs them.
std::string ConfigValue(const std::string& value);

}  // namespace headcount
