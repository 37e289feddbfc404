#include <cstdio>
#include <cstdlib>

#include "tests/fuzz/targets.h"

namespace headcount::test {

void Wrong(const std::string& what) {
  std::fprintf(stderr, "wrong: %s\n", what.c_str());
  std::abort();
}

}  // namespace headcount::test
