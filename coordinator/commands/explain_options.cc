#include "coordinator/commands/explain_options.h"

#include "common/base/limits.h"
#include "common/base/units.h"
#include "coordinator/options/option_layers.h"
#include "coordinator/options/option_reader.h"
#include "coordinator/options/run_option_table.h"
#include "coordinator/options/shared_options.h"

namespace headcount {

OptionTable ExplainOptionTable() {
  return {{"Options",
           {{"invalid", 0, OptionSpec::Takes::kNothing, "",
             "Instead: where the last invalid frame of each reason and the last future one are, and the command that "
             "shows it.",
             true},
            {"late", 0, OptionSpec::Takes::kNothing, "", "Instead: the same of the last late frame.", true},
            StatusFileSpec(),
            GroupSpec(),
            ConfigSpec(),
            HelpSpec(),
            VersionSpec()}}};
}

std::string ExplainHelp() {
  return R"(Says in words why a minute is not published yet: which partitions hold its clock, where they stand, and
what would release it; or when it was published, and with what. Needs no broker.

Usage: headcount explain [MINUTE] [OPTION]...

MINUTE is any moment of it: 2016-07-11T13:40:00Z or unix seconds. Without it: the next minute that will come.
)" + HelpOf(ExplainOptionTable()) +
         R"(
Examples:
  headcount explain
  headcount explain 2016-07-11T13:40:00Z
  headcount explain --invalid
  headcount explain --late
)";
}

Result<ExplainOptions> ParseExplain(const std::vector<std::string>& args, const HostEnvironment& host) {
  ExplainOptions options;
  const bool names_minute = !args.empty() && args[0].rfind('-', 0) != 0;
  if (names_minute) {
    const Result<EventTime> time = ParseTime("MINUTE", args[0]);
    if (!time) return time.error();
    options.asked = *time;
  }
  const Result<ParsedOptions> given = ReadLayers("explain", ExplainOptionTable(), RunOptionTable(),
                                                 {args.begin() + (names_minute ? 1 : 0), args.end()}, host);
  if (!given) return given.error();
  OptionReader reader(*given);
  ReadStatusFileName(&reader, host, &options.status_file);
  if (reader.error()) return *reader.error();
  const bool invalid = given->Has("invalid");
  const bool late = given->Has("late");
  if (invalid && late) return Error{ExitCode::kUsage, "--late: it is one of the two, --invalid or --late"};
  if (invalid) options.rejected = ExplainOptions::Rejected::kInvalid;
  if (late) options.rejected = ExplainOptions::Rejected::kLate;
  if (options.rejected && names_minute) {
    return Error{ExitCode::kUsage,
                 std::string(late ? "--late" : "--invalid") + ": it is about all minutes, so none can be named"};
  }
  return options;
}

}  // namespace headcount
