// Reads the words of a command line into options by name, and writes a help text. One table of options serves both. The
// only door to Boost.Program_options. Pure; runs in the coordinator, before anything else.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"

namespace headcount {

// The widest line of any help text.
inline constexpr size_t kHelpColumns = 100;

struct OptionSpec {
  enum class Takes { kNothing, kOne, kOneEachTime, kMany };

  std::string name;     // without dashes; a single letter has no long form
  char short_name = 0;  // besides the long one; 0: none
  Takes takes = Takes::kNothing;
  std::string argument;  // as the help shows it: "DURATION"
  std::string help;
  bool flag_only = false;  // neither a config file nor the environment may set it
};

struct OptionSection {
  std::string title;
  std::vector<OptionSpec> options;
};
using OptionTable = std::vector<OptionSection>;

// The source of a value. Messages about the value begin with `label`.
struct Origin {
  enum class Kind { kFlag, kEnvironment, kFile };
  Kind kind = Kind::kFlag;
  std::string place;  // "--window", "HEADCOUNT_WINDOW", "/etc/headcount.conf:12"
  std::string label;  // the same, with the key behind a file's line: "/etc/headcount.conf:12: window"
};

struct ParsedOption {
  std::string name;
  std::vector<std::string> values;
  Origin origin;
  bool off = false;  // a switch that a file or the environment sets to false
};

// The options that the user gave, by long name, in order.
class ParsedOptions {
 public:
  void Add(ParsedOption given) { given_.push_back(std::move(given)); }

  // Whether the option was given. A switch that is set to false counts as not given.
  bool Has(std::string_view name) const;
  // The last one of that name, also a switch that is set to false; null if the user gave none.
  const ParsedOption* Find(std::string_view name) const;
  // The beginning of a message about the option: the label of its origin, or its flag if the user did not give it.
  std::string Label(std::string_view name) const;
  // The value of an option that is given once at most; null if it was not given.
  const std::string* Value(std::string_view name) const;
  // All values of an option that may be repeated or takes many.
  std::vector<std::string> Values(std::string_view name) const;
  const std::vector<ParsedOption>& all() const { return given_; }

 private:
  std::vector<ParsedOption> given_;
};

// `command` is the command's name in errors: "run". All errors are kUsage: an unknown option (with the nearest known
// one); a missing or superfluous value; an option given twice; a word without an option.
Result<ParsedOptions> ReadOptions(std::string_view command, const OptionTable& table,
                                  const std::vector<std::string>& args);

// The help text of a table, section by section, wrapped at kHelpColumns.
std::string HelpOf(const OptionTable& table);

// The option as a user types it: "--group", "-X".
std::string Dashed(std::string_view name);

// Null if the table has no option of that name.
const OptionSpec* FindSpec(const OptionTable& table, std::string_view name);

// The candidate that the user probably meant with a mistyped word; empty if none is near.
std::string Nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace headcount
