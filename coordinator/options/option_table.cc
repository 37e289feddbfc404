#include "coordinator/options/option_table.h"

#include <algorithm>
#include <boost/program_options.hpp>
#include <numeric>
#include <sstream>

namespace headcount {
namespace {

namespace po = boost::program_options;

// Abbreviations are refused: the next new option could change the meaning of one that works today.
constexpr int kStyle = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
constexpr size_t kTextColumn = 34;

Error UsageError(std::string message) { return Error{ExitCode::kUsage, std::move(message)}; }

std::vector<std::string> Names(const OptionTable& table) {
  std::vector<std::string> names;
  for (const OptionSection& section : table) {
    for (const OptionSpec& spec : section.options) names.push_back(spec.name);
  }
  return names;
}

po::options_description ToBoost(const OptionTable& table) {
  po::options_description description;
  for (const OptionSection& section : table) {
    for (const OptionSpec& spec : section.options) {
      std::string name = spec.name.size() == 1 ? "," + spec.name : spec.name;  // Boost's form for "short only"
      if (spec.short_name != 0) name.append(1, ',').append(1, spec.short_name);
      if (spec.takes == OptionSpec::Takes::kNothing) {
        description.add_options()(name.c_str(), "");
      } else if (spec.takes == OptionSpec::Takes::kMany) {
        description.add_options()(name.c_str(), po::value<std::vector<std::string>>()->multitoken());
      } else {
        description.add_options()(name.c_str(), po::value<std::string>());
      }
    }
  }
  return description;
}

std::string WithoutDashes(std::string_view word) {
  word.remove_prefix(std::min(word.find_first_not_of('-'), word.size()));
  return std::string(word.substr(0, word.find('=')));
}

std::string Spelled(const OptionSpec& spec) {
  return spec.argument.empty() ? Dashed(spec.name) : Dashed(spec.name) + " " + spec.argument;
}

Error UnknownOption(std::string_view command, const OptionTable& table, const std::string& word) {
  // The text behind a = may be a password, so the error leaves it out.
  std::string message = "unknown option \"" + word.substr(0, word.find('=')) + "\"";
  const std::string nearest = Nearest(WithoutDashes(word), Names(table));
  if (!nearest.empty()) message += "; did you mean " + Dashed(nearest) + "?";
  return UsageError(message + " (headcount " + std::string(command) + " --help shows all)");
}

Error MissingValue(const OptionTable& table, const std::string& word) {
  const OptionSpec* spec = FindSpec(table, WithoutDashes(word));
  return UsageError(word + ": a value is needed" + (spec != nullptr ? ": " + Spelled(*spec) : ""));
}

Error WrongSyntax(const OptionTable& table, const po::invalid_command_line_syntax& error) {
  const std::string word = error.get_option_name();
  switch (error.kind()) {
    case po::invalid_syntax::missing_parameter:
    case po::invalid_syntax::empty_adjacent_parameter: return MissingValue(table, word);
    case po::invalid_syntax::extra_parameter: return UsageError(word + ": it takes no value");
    default: return UsageError(error.what());
  }
}

// As in --group --until-end: Boost takes any next word for the value, also one that looks like an option.
bool ValueLooksForgotten(const po::option& option) {
  return option.original_tokens.size() >= 2 && !option.value.empty() && option.value[0].rfind("--", 0) == 0;
}

// As in -X sasl.password hunter2: the word may be a password, so the error does not repeat it.
Error UnexpectedWord(const OptionTable& table, const ParsedOptions& given, const std::string& word) {
  if (!given.all().empty()) {
    const OptionSpec& last = *FindSpec(table, given.all().back().name);
    if (last.takes == OptionSpec::Takes::kOneEachTime) {
      return UsageError("unexpected word behind " + Spelled(last) + ", which is one word");
    }
  }
  return UsageError("unexpected word \"" + word.substr(0, word.find('=')) + "\": options begin with --");
}

Result<ParsedOptions> Collect(const OptionTable& table, const std::vector<po::option>& parsed) {
  ParsedOptions given;
  for (const po::option& option : parsed) {
    if (option.position_key >= 0) return UnexpectedWord(table, given, option.value[0]);
    const OptionSpec& spec = *FindSpec(table, WithoutDashes(option.string_key));
    if (ValueLooksForgotten(option)) return MissingValue(table, Dashed(spec.name));
    const bool repeats = spec.takes == OptionSpec::Takes::kOneEachTime || spec.takes == OptionSpec::Takes::kMany;
    if (!repeats && given.Has(spec.name)) return UsageError(Dashed(spec.name) + ": it is given twice");
    if (std::find(option.value.begin(), option.value.end(), "") != option.value.end()) {
      return MissingValue(table, Dashed(spec.name));
    }
    given.Add({spec.name, option.value, {Origin::Kind::kFlag, Dashed(spec.name), Dashed(spec.name)}});
  }
  return given;
}

// Breaks words into lines of at most `width` bytes.
std::vector<std::string> Wrapped(const std::string& text, size_t width) {
  std::vector<std::string> lines(1);
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (!lines.back().empty() && lines.back().size() + 1 + word.size() > width) lines.emplace_back();
    if (!lines.back().empty()) lines.back() += ' ';
    lines.back() += word;
  }
  return lines;
}

std::string HelpOf(const OptionSpec& spec) {
  std::string left = spec.name.size() == 1 ? "  " : "      ";
  if (spec.short_name != 0) left = std::string("  -") + spec.short_name + ", ";
  left += Spelled(spec);
  const std::vector<std::string> lines = Wrapped(spec.help, kHelpColumns - kTextColumn);
  std::string text;
  if (left.size() + 2 > kTextColumn) {
    text = left + '\n';
    left.clear();
  }
  for (const std::string& line : lines) {
    text.append(left).append(kTextColumn - left.size(), ' ').append(line).append("\n");
    left.clear();
  }
  return text;
}

// How many single letters to add, drop or change.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t change = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({change, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

const OptionSpec* FindSpec(const OptionTable& table, std::string_view name) {
  for (const OptionSection& section : table) {
    for (const OptionSpec& spec : section.options) {
      if (spec.name == name) return &spec;
    }
  }
  return nullptr;
}

bool ParsedOptions::Has(std::string_view name) const {
  return std::any_of(given_.begin(), given_.end(), [name](const ParsedOption& g) { return g.name == name && !g.off; });
}

const ParsedOption* ParsedOptions::Find(std::string_view name) const {
  const auto found =
      std::find_if(given_.rbegin(), given_.rend(), [name](const ParsedOption& g) { return g.name == name; });
  return found == given_.rend() ? nullptr : &*found;
}

std::string ParsedOptions::Label(std::string_view name) const {
  const ParsedOption* given = Find(name);
  return given != nullptr && !given->origin.label.empty() ? given->origin.label : Dashed(name);
}

const std::string* ParsedOptions::Value(std::string_view name) const {
  for (const ParsedOption& given : given_) {
    if (given.name == name && !given.values.empty()) return &given.values.front();
  }
  return nullptr;
}

std::vector<std::string> ParsedOptions::Values(std::string_view name) const {
  std::vector<std::string> all;
  for (const ParsedOption& given : given_) {
    if (given.name == name) all.insert(all.end(), given.values.begin(), given.values.end());
  }
  return all;
}

Result<ParsedOptions> ReadOptions(std::string_view command, const OptionTable& table,
                                  const std::vector<std::string>& args) {
  const po::options_description description = ToBoost(table);
  try {
    return Collect(table, po::command_line_parser(args).options(description).style(kStyle).run().options);
  } catch (const po::unknown_option& error) {
    return UnknownOption(command, table, error.get_option_name());
  } catch (const po::invalid_command_line_syntax& error) {
    return WrongSyntax(table, error);
  } catch (const po::error& error) {
    return UsageError(error.what());
  }
}

std::string Dashed(std::string_view name) { return std::string(name.size() == 1 ? "-" : "--").append(name); }

std::string HelpOf(const OptionTable& table) {
  std::string text;
  for (const OptionSection& section : table) {
    text.append("\n").append(section.title).append(":\n");
    for (const OptionSpec& spec : section.options) text += HelpOf(spec);
  }
  return text;
}

std::string Nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::string nearest;
  size_t least = std::min(word.size(), std::max<size_t>(2, word.size() / 3) + 1);  // not every letter changed
  for (const std::string& candidate : candidates) {
    // A correct beginning counts as one wrong letter: --bootstrap means --bootstrap-server.
    const bool begins = word.size() >= 3 && candidate.compare(0, word.size(), word) == 0;
    const size_t distance = begins ? 1 : EditDistance(word, candidate);
    if (distance < least) {
      least = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

}  // namespace headcount
