// Options that several commands have, as rows of their tables. Pure; run_option_table.h has those of `run`.
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
