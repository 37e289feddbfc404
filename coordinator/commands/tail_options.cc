#include "coordinator/commands/tail_options.h"

#include "common/base/limits.h"
#include "common/base/units.h"
#include "coordinator/options/option_layers.h"
#include "coordinator/options/option_reader.h"
#include "coordinator/options/run_option_table.h"
#include "coordinator/options/shared_options.h"

namespace headcount {

OptionTable TailOptionTable() {
  return {{"Options",
           {BootstrapServerSpec(),
            OutputTopicSpec(),
            {"last", 'n', OptionSpec::Takes::kOne, "N",
             "How many of the minutes that are there already; 0: none. Default: " + std::to_string(TailOptions().last) +
                 "."},
            {"until-end", 0, OptionSpec::Takes::kNothing, "", "Shows what is there, then exits with 0.", true},
            {"json", 0, OptionSpec::Takes::kNothing, "", "The records as they are, one a line, for programs."},
            PropertySpec(),
            ConfigSpec(),
            HelpSpec(),
            VersionSpec()}}};
}

std::string TailHelp() {
  return R"(Shows the last minutes of the output topic and then each new one as it is committed, until Ctrl-C.
What no headcount can have written there is named on stderr.

Usage: headcount tail [OPTION]...
)" + HelpOf(TailOptionTable()) +
         R"(
Examples:
  headcount tail -b broker1:9092
  headcount tail --last 1440 --until-end --json > yesterday.jsonl
)";
}

Result<TailOptions> ParseTail(const std::vector<std::string>& args, const HostEnvironment& host) {
  const Result<ParsedOptions> given = ReadLayers("tail", TailOptionTable(), RunOptionTable(), args, host);
  if (!given) return given.error();
  TailOptions options;
  OptionReader reader(*given);
  reader.Get("bootstrap-server", &options.kafka.bootstrap_server, ParseBrokers);
  reader.Get("output-topic", &options.kafka.output_topic, ParseTopic);
  ReadProperties(&reader, host, &options.kafka.properties);
  reader.Get("last", &options.last, [](std::string_view option, const std::string& text) {
    return ParseCount(option, text, "minutes", 0, limits::kMaxTailMinutes);
  });
  options.until_end = given->Has("until-end");
  options.json = given->Has("json");
  if (reader.error()) return *reader.error();
  return options;
}

}  // namespace headcount
