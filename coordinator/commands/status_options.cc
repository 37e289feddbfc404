#include "coordinator/commands/status_options.h"

#include "common/base/limits.h"
#include "common/base/units.h"
#include "coordinator/options/option_layers.h"
#include "coordinator/options/option_reader.h"
#include "coordinator/options/run_option_table.h"
#include "coordinator/options/shared_options.h"

namespace headcount {

OptionTable StatusOptionTable() {
  return {{"Options",
           {{"watch", 0, OptionSpec::Takes::kNothing, "", "Shows it again every second, until Ctrl-C."},
            {"json", 0, OptionSpec::Takes::kNothing, "", "The status file as it is, for programs."},
            StatusFileSpec(),
            GroupSpec(),
            ConfigSpec(),
            HelpSpec(),
            VersionSpec()}}};
}

std::string StatusHelp() {
  return R"(Shows the processes of a running job, its partitions, what holds its clock, and its totals. Needs no
broker.

Usage: headcount status [OPTION]...
)" + HelpOf(StatusOptionTable()) +
         R"(
Examples:
  headcount status
  headcount status --watch
  headcount status --group july --json
)";
}

Result<StatusOptions> ParseStatus(const std::vector<std::string>& args, const HostEnvironment& host) {
  const Result<ParsedOptions> given = ReadLayers("status", StatusOptionTable(), RunOptionTable(), args, host);
  if (!given) return given.error();
  StatusOptions options{given->Has("json"), given->Has("watch"), ""};
  OptionReader reader(*given);
  ReadStatusFileName(&reader, host, &options.status_file);
  if (reader.error()) return *reader.error();
  return options;
}

}  // namespace headcount
