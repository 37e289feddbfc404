#include "coordinator/job/reload.h"

#include <algorithm>
#include <set>

#include "coordinator/options/option_layers.h"
#include "coordinator/options/run_option_table.h"
#include "coordinator/options/shown_config.h"

namespace headcount {
namespace {

bool SameProperty(const KafkaProperty& a, const KafkaProperty& b) {
  return a.scope == b.scope && a.key == b.key && a.value == b.value;
}

// The keys of the properties that are in one list only. A secret that was read from a file is compared by its content.
std::set<std::string> ChangedProperties(const std::vector<KafkaProperty>& running,
                                        const std::vector<KafkaProperty>& reread) {
  std::set<std::string> keys;
  const auto add_missing = [&keys](const std::vector<KafkaProperty>& from, const std::vector<KafkaProperty>& in) {
    for (const KafkaProperty& property : from) {
      const auto same = [&property](const KafkaProperty& other) { return SameProperty(property, other); };
      if (std::none_of(in.begin(), in.end(), same)) keys.insert(property.key);
    }
  };
  add_missing(running, reread);
  add_missing(reread, running);
  return keys;
}

std::string ValueWords(const std::string& value) { return value.empty() ? "not set" : value; }

}  // namespace

Reload ReloadOf(const RunOptions& running, const RunOptions& reread) {
  Reload reload;
  reload.log_level = reread.log_level;
  for (const OptionSection& section : RunOptionTable()) {
    for (const OptionSpec& spec : section.options) {
      if (spec.name == "log-level") continue;
      if (spec.name == kPropertyOption) {
        for (const std::string& key : ChangedProperties(running.properties, reread.properties)) {
          reload.refused.push_back({"X." + key, "X." + key + " stays as it is: the change needs a restart"});
        }
        continue;
      }
      const std::string now = ShownValue(spec.name, running).value_or("");
      const std::string wanted = ShownValue(spec.name, reread).value_or("");
      if (now == wanted) continue;
      reload.refused.push_back(
          {spec.name, spec.name + " stays " + ValueWords(now) + ": " + ValueWords(wanted) + " needs a restart"});
    }
  }
  return reload;
}

}  // namespace headcount
