#include "common/job/selection.h"

#include <xxhash.h>

#include <cstdio>

#include "common/job/run_options.h"

namespace headcount {

std::string SelectionText(const RunOptions& options) {
  return "time-field=" + options.fields.time + "\nid-field=" + options.fields.id + "\n";
}

SelectionHash HashOf(const std::string& selection_text) {
  return SelectionHash(XXH32(selection_text.data(), selection_text.size(), 0));
}

std::string Name(SelectionHash hash) {
  char text[16];
  snprintf(text, sizeof text, "%08x", hash.value());
  return text;
}

}  // namespace headcount
