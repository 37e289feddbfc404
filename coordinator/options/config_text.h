// Reads and writes the syntax of a config file. Pure; runs in the coordinator.
//
//   # a comment
//   allowed-lateness = 5s              # another one: # after a blank begins it
//   until-end = true
//   X.sasl.username = "a \"b\" #c\n"   double quotes: \" \\ and \n
//   X.sasl.password = 'a "b" #c'       single quotes: every character stands for itself
//
// The value is the text between the key's = and the end of the line, without the blanks around it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace headcount {

struct ConfigLine {
  int number = 0;  // counted from 1
  std::string key;
  std::string value;
  bool quoted = false;
};

// Returns all lines but blank ones and comments. `path` is the file's name in errors (kUsage): "PATH:12: KEY: ...". No
// error repeats a value, because the value may be a password.
Result<std::vector<ConfigLine>> ParseConfigText(const std::string& path, std::string_view text);

// Writes the value so that ParseConfigText() reads it back: in quotes if it needs them.
std::string ConfigValue(const std::string& value);

}  // namespace headcount
