#include "coordinator/commands/health_options.h"

#include "common/base/limits.h"
#include "common/base/units.h"
#include "coordinator/options/option_layers.h"
#include "coordinator/options/option_reader.h"
#include "coordinator/options/run_option_table.h"
#include "coordinator/options/shared_options.h"

namespace headcount {

OptionTable HealthOptionTable() {
  return {{"Options",
           {{"ready", 0, OptionSpec::Takes::kNothing, "",
             "Ask for more than life: every worker that has partitions reads them."},
            {"max-age", 0, OptionSpec::Takes::kOne, "DURATION",
             "An older status file means that the job is gone or stuck. Default: " +
                 FormatDurationMs(HealthOptions().max_age_ms) + "."},
            StatusFileSpec(),
            GroupSpec(),
            ConfigSpec(),
            HelpSpec(),
            VersionSpec()}}};
}

std::string HealthHelp() {
  return R"(Exits with 0 if the job is well and 1 if not, and says why in one line. Needs no broker.

Usage: headcount health [OPTION]...
)" + HelpOf(HealthOptionTable()) +
         R"(
Examples:
  headcount health                        is it alive? (restart it if not)
  headcount health --ready --max-age 5s   does it read all its partitions?
)";
}

Result<HealthOptions> ParseHealth(const std::vector<std::string>& args, const HostEnvironment& host) {
  const Result<ParsedOptions> given = ReadLayers("health", HealthOptionTable(), RunOptionTable(), args, host);
  if (!given) return given.error();
  HealthOptions options;
  options.ready = given->Has("ready");
  OptionReader reader(*given);
  ReadStatusFileName(&reader, host, &options.status_file);
  reader.Get("max-age", &options.max_age_ms, ParseDurationMs);
  reader.Require(options.max_age_ms >= 1000, "max-age", "at least 1s: the file is replaced once a second");
  if (reader.error()) return *reader.error();
  return options;
}

}  // namespace headcount
