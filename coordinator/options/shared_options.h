// Options that several commands have, as rows of their tables. Pure; runs in the coordinator and in the commands. The
// options of `run` stand in run_option_table.h.
#pragma once

#include "coordinator/options/option_table.h"

namespace headcount {

OptionSpec StatusFileSpec();
OptionSpec GroupSpec();
OptionSpec HelpSpec();
OptionSpec VersionSpec();
OptionSpec BootstrapServerSpec();
OptionSpec OutputTopicSpec();
OptionSpec PropertySpec();

}  // namespace headcount
