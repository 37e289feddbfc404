// The entry of one libFuzzer program; HEADCOUNT_FUZZ_TARGET is one of the functions of targets.h.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "tests/fuzz/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  headcount::test::HEADCOUNT_FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
  return 0;
}

// The linker puts it in the place of _exit (see CMakeLists.txt). A failed HC_CHECK leaves by _exit, of which libFuzzer
// learns nothing: the input would be lost, and the run would look as if it had ended well.
// NOLINTNEXTLINE(bugprone-reserved-identifier)
extern "C" [[noreturn]] void __wrap__exit(int /*code*/) { std::abort(); }
