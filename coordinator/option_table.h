// From words on a command line to options by name, and from a table of options to a help text: one table
// serves both. The only door to Boost.Program_options. Pure; runs in the coordinator, before anything else.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

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
};

struct OptionSection {
  std::string title;
  std::vector<OptionSpec> options;
};
using OptionTable = std::vector<OptionSection>;

// What was given, by long name, in order.
class GivenOptions {
 public:
  void Add(std::string name, std::vector<std::string> values);

  bool Has(std::string_view name) const;
  // The value of an option that is given once at most; null where it was not.
  const std::string* Value(std::string_view name) const;
  // All values of an option that may be repeated or takes many.
  std::vector<std::string> Values(std::string_view name) const;

 private:
  struct Given {
    std::string name;
    std::vector<std::string> values;
  };
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

// The candidate that a mistyped word was probably meant to be; empty if none is near.
std::string Nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace headcount
