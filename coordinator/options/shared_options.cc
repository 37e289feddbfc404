#include "coordinator/options/shared_options.h"

#include "common/job/run_options.h"

namespace headcount {

OptionSpec StatusFileSpec() {
  return {
      "status-file", 0, OptionSpec::Takes::kOne, "FILE",
      "The file that the job replaces every second. Default: the one in $RUNTIME_DIRECTORY, the working directory or "
      "/run/headcount."};
}
OptionSpec GroupSpec() {
  return {"group", 0, OptionSpec::Takes::kOne, "NAME",
          "Of several jobs that keep their status files there: the one of this group."};
}
OptionSpec HelpSpec() { return {"help", 'h', OptionSpec::Takes::kNothing, "", "This text."}; }
OptionSpec VersionSpec() {
  return {"version", 0, OptionSpec::Takes::kNothing, "", "The versions of headcount and of its libraries."};
}

OptionSpec BootstrapServerSpec() {
  return {"bootstrap-server", 'b', OptionSpec::Takes::kOne, "HOST:PORT,...",
          "Brokers to begin with. Default: " + RunOptions().bootstrap_server + "."};
}
OptionSpec OutputTopicSpec() {
  return {"output-topic", 0, OptionSpec::Takes::kOne, "TOPIC",
          "Where the records of finished minutes are. Default: " + RunOptions().output_topic + "."};
}
OptionSpec PropertySpec() {
  return {"X", 0, OptionSpec::Takes::kOneEachTime, "KEY=VALUE", "A property of librdkafka. Repeatable."};
}

}  // namespace headcount
