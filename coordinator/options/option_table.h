// From words on a command line to options by name, and from a table of options to a help text: one table
// serves both. The only door to Boost.Program_options. Pure; runs in the coordinator, before anything else.
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
  bool flag_only = false;  // neither a config file nor the environment may say it
};

struct OptionSection {
  std::string title;
  std::vector<OptionSpec> options;
};
using OptionTable = std::vector<OptionSection>;

// Where a value was given. Messages about it begin with `label`.
struct Origin {
  enum class Kind { kFlag, kEnvironment, kFile };
  Kind kind = Kind::kFlag;
  std::string place;  // "--window", "HEADCOUNT_WINDOW", "/etc/headcount.conf:12"
  std::string label;  // the same; behind a file's line stands the key: "/etc/headcount.conf:12: window"
};

struct Given {
  std::string name;
  std::vector<std::string> values;
  Origin origin;
  bool off = false;  // a switch that a file or the environment sets to false
};

// What was given, by long name, in order.
class GivenOptions {
 public:
  void Add(Given given) { given_.push_back(std::move(given)); }

  // A switch that is set to false is not there.
  bool Has(std::string_view name) const;
  // The last of that name, also a switch that is set to false; null where there is none.
  const Given* Find(std::string_view name) const;
  // How a message about it begins: the label of its origin, or the flag where nobody gave it.
  std::string Label(std::string_view name) const;
  // The value of an option that is given once at most; null where it was not.
  const std::string* Value(std::string_view name) const;
  // All values of an option that may be repeated or takes many.
  std::vector<std::string> Values(std::string_view name) const;
  const std::vector<Given>& all() const { return given_; }

 private:
  std::vector<Given> given_;
};

// `command` stands in errors: "run". All errors are kUsage: an unknown option (with the nearest known one), a
// missing or superfluous value, an option given twice, a word that belongs to no option.
Result<GivenOptions> ReadOptions(std::string_view command, const OptionTable& table,
                                 const std::vector<std::string>& args);

// The options of a table, section by section, wrapped at kHelpColumns.
std::string HelpOf(const OptionTable& table);

// As a user types it: "--group", "-X".
std::string Dashed(std::string_view name);

// Null where the table has none of that name.
const OptionSpec* FindSpec(const OptionTable& table, std::string_view name);

// The candidate that a mistyped word was probably meant to be; empty if none is near.
std::string Nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace headcount
