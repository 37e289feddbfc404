#include "coordinator/options/option_layers.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <optional>
#include <utility>

#include "common/base/limits.h"
#include "common/base/units.h"
#include "coordinator/options/config_text.h"
#include "coordinator/options/kafka_property.h"

namespace headcount {
namespace {

constexpr std::string_view kPrefix = "HEADCOUNT_";
constexpr std::string_view kConfigVariable = "HEADCOUNT_CONFIG";
constexpr std::string_view kPropertyVariable = "HEADCOUNT_X_";
constexpr std::string_view kPropertyKey = "X.";

// Of all properties with a text value, only these have a _ in their name; the others have dots.
constexpr std::array<std::string_view, 2> kWithUnderscore = {"log_level", "enabled_events"};

// Other programs of the family use these variables: the clock and the crash points of tests, and scripts.
constexpr std::array<std::string_view, 5> kOtherVariables = {
    "HEADCOUNT_WALL_CLOCK_FILE", "HEADCOUNT_BIN", "HEADCOUNT_SEED", "HEADCOUNT_KAFKA_HEAP", "HEADCOUNT_KAFKA_JARS"};
constexpr std::array<std::string_view, 7> kOtherBeginnings = {
    "HEADCOUNT_CRASH_", "HEADCOUNT_STOP_", "HEADCOUNT_POISON_", "HEADCOUNT_FAULT_",
    "HEADCOUNT_FUZZ_",  "HEADCOUNT_TEST_", "HEADCOUNT_RANDOM_"};

bool BeginsWith(std::string_view text, std::string_view beginning) {
  return text.substr(0, beginning.size()) == beginning;
}

bool EndsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

// Kubernetes gives every pod the addresses of the services beside it, as variables. A service called headcount or
// headcount-kafka gives HEADCOUNT_SERVICE_HOST, HEADCOUNT_KAFKA_PORT_9092_TCP_ADDR and so on. No user typed these.
bool IsOfKubernetes(std::string_view name) {
  if (name.find("_SERVICE_HOST") != std::string_view::npos || name.find("_SERVICE_PORT") != std::string_view::npos) {
    return true;
  }
  const size_t port = name.find("_PORT_");
  const bool numbered = port != std::string_view::npos && port + 6 < name.size() &&
                        std::isdigit(static_cast<unsigned char>(name[port + 6])) != 0;
  return numbered || EndsWith(name, "_PORT");
}

bool IsForOthers(std::string_view name) {
  return std::find(kOtherVariables.begin(), kOtherVariables.end(), name) != kOtherVariables.end() ||
         std::any_of(kOtherBeginnings.begin(), kOtherBeginnings.end(),
                     [name](std::string_view beginning) { return BeginsWith(name, beginning); }) ||
         IsOfKubernetes(name);
}

bool Repeats(const OptionSpec& spec) {
  return spec.takes == OptionSpec::Takes::kOneEachTime || spec.takes == OptionSpec::Takes::kMany;
}

// Two options with the same identity set the same thing; the one of the higher layer wins.
std::string IdentityOf(const ParsedOption& given) {
  if (given.name != kPropertyOption || given.values.empty()) return given.name;
  return std::string(kPropertyKey).append(PropertyIdentity(given.values.front()));
}

const ParsedOption* FindAlike(const ParsedOptions& options, const ParsedOption& given) {
  for (const ParsedOption& other : options.all()) {
    if (IdentityOf(other) == IdentityOf(given)) return &other;
  }
  return nullptr;
}

// Makes the parsed option of a value from a file or a variable. The checks are the same for both.
Result<ParsedOption> ToParsedOption(const OptionSpec& spec, const std::string& value, Origin origin) {
  const std::string label = origin.label;
  ParsedOption given{spec.name, {value}, std::move(origin)};
  if (spec.takes == OptionSpec::Takes::kNothing) {
    if (value != "true" && value != "false") return OptionError(label, value, "true or false is needed");
    given.values.clear();
    given.off = value == "false";
    return given;
  }
  if (value.empty()) return Error{ExitCode::kUsage, label + ": a value is needed: " + spec.argument};
  return given;
}

Error FlagOnly(const std::string& label, const OptionSpec& spec) {
  return Error{ExitCode::kUsage,
               label + ": it belongs to one start: only the command line takes it, as " + Dashed(spec.name)};
}

Error Unknown(std::string_view what, const std::string& label, const std::string& nearest) {
  return Error{ExitCode::kUsage, label + ": unknown " + std::string(what) +
                                     (nearest.empty() ? "" : "; did you mean " + nearest + "?") +
                                     " (headcount run --help shows all options)"};
}

// --- The config file --------------------------------------------------------------------------------------

std::vector<std::string> KeysOf(const OptionTable& settings) {
  std::vector<std::string> keys;
  for (const OptionSection& section : settings) {
    for (const OptionSpec& spec : section.options) {
      if (!spec.flag_only && spec.name != kPropertyOption) keys.push_back(spec.name);
    }
  }
  return keys;
}

Result<ParsedOption> OfLine(const std::string& path, const ConfigLine& line, const OptionTable& settings) {
  const std::string place = path + ":" + std::to_string(line.number);
  Origin origin{Origin::Kind::kFile, place, place + ": " + line.key};
  if (BeginsWith(line.key, kPropertyKey)) {
    const std::string text = line.key.substr(kPropertyKey.size()) + "=" + line.value;
    return ParsedOption{std::string(kPropertyOption), {text}, std::move(origin)};
  }
  if (line.key == kPropertyOption) {
    return Error{ExitCode::kUsage, origin.label + ": the property is part of the key: X.linger.ms = 5"};
  }
  const OptionSpec* spec = FindSpec(settings, line.key);
  if (spec == nullptr) return Unknown("key", origin.label, Nearest(line.key, KeysOf(settings)));
  if (spec->flag_only) return FlagOnly(origin.label, *spec);
  return ToParsedOption(*spec, line.value, std::move(origin));
}

Result<ParsedOptions> ReadConfig(const std::string& path, const std::string& text, const OptionTable& settings) {
  const Result<std::vector<ConfigLine>> lines = ParseConfigText(path, text);
  if (!lines) return lines.error();
  ParsedOptions given;
  std::map<std::string, std::string> label_by_identity;
  for (const ConfigLine& line : *lines) {
    const Result<ParsedOption> one = OfLine(path, line, settings);
    if (!one) return one.error();
    const auto [before, is_new] = label_by_identity.emplace(IdentityOf(*one), one->origin.label);
    if (!is_new && (one->name == kPropertyOption || !Repeats(*FindSpec(settings, one->name)))) {
      return Error{ExitCode::kUsage, one->origin.label + ": it is given twice, before in " + before->second};
    }
    given.Add(*one);
  }
  return given;
}

// --- The environment --------------------------------------------------------------------------------------

std::vector<std::string> VariablesOf(const OptionTable& settings) {
  std::vector<std::string> names;
  for (const std::string& key : KeysOf(settings)) names.push_back(EnvironmentName(key));
  names.emplace_back(kConfigVariable);
  return names;
}

const OptionSpec* FindByVariable(const OptionTable& settings, std::string_view name) {
  for (const OptionSection& section : settings) {
    for (const OptionSpec& spec : section.options) {
      if (EnvironmentName(spec.name) == name) return &spec;
    }
  }
  return nullptr;
}

// HEADCOUNT_X_SASL_PASSWORD_FILE is sasl.password_file.
std::string PropertyOfVariable(std::string_view name) {
  std::string key(name.substr(kPropertyVariable.size()));
  for (char& c : key) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (std::find(kWithUnderscore.begin(), kWithUnderscore.end(), key) != kWithUnderscore.end()) return key;
  std::replace(key.begin(), key.end(), '_', '.');
  if (!EndsWith(key, ".file")) return key;
  std::string of_secret = key;
  of_secret[key.size() - 5] = '_';
  return SecretOfFile(of_secret).empty() ? key : of_secret;
}

// Returns nothing if the variable sets no option.
Result<std::optional<ParsedOption>> OfVariable(const std::string& name, const std::string& value,
                                               const OptionTable& settings) {
  const std::optional<ParsedOption> nothing;
  Origin origin{Origin::Kind::kEnvironment, name, name};
  if (name == kConfigVariable) return nothing;
  if (BeginsWith(name, kPropertyVariable)) {
    if (value.empty()) return nothing;
    const std::string text = PropertyOfVariable(name) + "=" + value;
    return std::optional(ParsedOption{std::string(kPropertyOption), {text}, std::move(origin)});
  }
  const OptionSpec* spec = FindByVariable(settings, name);
  if (spec == nullptr || spec->name == kPropertyOption) {
    if (IsForOthers(name)) return nothing;
    return Unknown("variable", name, Nearest(name, VariablesOf(settings)));
  }
  if (spec->flag_only) return FlagOnly(name, *spec);
  if (value.empty()) return nothing;
  const Result<ParsedOption> given = ToParsedOption(*spec, value, std::move(origin));
  if (!given) return given.error();
  return std::optional(*given);
}

bool IsScoped(const std::string& name) {
  return BeginsWith(name, "HEADCOUNT_X_CONSUMER_") || BeginsWith(name, "HEADCOUNT_X_PRODUCER_");
}

Result<ParsedOptions> ReadEnvironment(const OptionTable& settings, const HostEnvironment& host) {
  // An environment has no order. The narrower property comes last, so that it wins.
  auto variables = host.environment;
  std::sort(variables.begin(), variables.end());
  std::stable_partition(variables.begin(), variables.end(), [](const auto& v) { return !IsScoped(v.first); });
  ParsedOptions given;
  for (const auto& [name, value] : variables) {
    const Result<std::optional<ParsedOption>> one = OfVariable(name, value, settings);
    if (!one) return one.error();
    if (!one->has_value()) continue;
    if (const ParsedOption* const before = FindAlike(given, **one)) {
      return Error{ExitCode::kUsage, name + ": it is given twice, also as " + before->origin.label};
    }
    given.Add(**one);
  }
  return given;
}

// --- Together ---------------------------------------------------------------------------------------------

std::string ConfigPath(const ParsedOptions& flags, const HostEnvironment& host) {
  if (const std::string* path = flags.Value("config")) return *path;
  for (const auto& [name, value] : host.environment) {
    if (name == kConfigVariable) return value;
  }
  return "";
}

// A command may have a switch of the same name as an option of `run` and of another meaning: its table says flag_only.
bool IsShared(const OptionTable& own, std::string_view name) {
  const OptionSpec* const spec = FindSpec(own, name);
  return spec != nullptr && !spec->flag_only;
}

// Whether a config file could set an option of this command that is not set already.
bool CanLearnMore(const OptionTable& own, const OptionTable& settings, const ParsedOptions& flags,
                  const ParsedOptions& environment) {
  const auto is_said = [&](std::string_view key) {
    return flags.Find(key) != nullptr || environment.Find(key) != nullptr;
  };
  const std::vector<std::string> keys = KeysOf(settings);
  return std::any_of(keys.begin(), keys.end(), [&](const std::string& key) {
    // For a command that reads status files, the group only tells where the file is. `run` has more to learn in any
    // case.
    return IsShared(own, key) && !is_said(key) && (key != "group" || !is_said("status-file"));
  });
}

}  // namespace

Result<ParsedOptions> ReadLayers(std::string_view command, const OptionTable& own, const OptionTable& settings,
                                 const std::vector<std::string>& args, const HostEnvironment& host) {
  const Result<ParsedOptions> flags = ReadOptions(command, own, args);
  if (!flags) return flags.error();
  const Result<ParsedOptions> environment = ReadEnvironment(settings, host);
  if (!environment) return environment.error();
  std::array<ParsedOptions, 3> layers = {ParsedOptions(), *environment, *flags};  // the lowest first
  const std::string path = ConfigPath(*flags, host);
  if (!path.empty() && CanLearnMore(own, settings, *flags, *environment)) {
    const std::string label = flags->Has("config") ? "--config" : std::string(kConfigVariable);
    const Result<std::string> text = host.read_file(path, limits::kMaxConfigBytes);
    if (!text) return Error{text.error().exit_code, label + ": " + text.error().message};
    Result<ParsedOptions> config = ReadConfig(path, *text, settings);
    if (!config) return config;
    layers[0] = std::move(*config);
  }
  ParsedOptions merged;
  for (size_t i = 0; i < layers.size(); ++i) {
    for (const ParsedOption& given : layers[i].all()) {
      const bool outdone = std::any_of(layers.begin() + static_cast<std::ptrdiff_t>(i) + 1, layers.end(),
                                       [&given](const ParsedOptions& higher) { return FindAlike(higher, given); });
      const bool is_flag = given.origin.kind == Origin::Kind::kFlag;
      if (!outdone && (is_flag || IsShared(own, given.name))) merged.Add(given);
    }
  }
  return merged;
}

std::string EnvironmentName(std::string_view option) {
  std::string name(kPrefix);
  for (const char c : option) {
    name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

}  // namespace headcount
