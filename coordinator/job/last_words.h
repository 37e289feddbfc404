// Keeps the last error of each child, for the log line about the end of the whole job. The coordinator makes the memory
// before the first fork. The child stores, and the coordinator reads only after the child's death, so that it never
// reads a half-written text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "common/base/types.h"

namespace headcount {

class LastWords {
 public:
  explicit LastWords(int32_t workers);
  ~LastWords();
  LastWords(const LastWords&) = delete;
  LastWords& operator=(const LastWords&) = delete;

  // Called in the coordinator before a fork: Clear() drops the error of an earlier generation.
  size_t PlaceOfWriter() const { return 0; }
  size_t PlaceOf(SlotId slot) const { return 1 + static_cast<size_t>(slot.value()); }
  void Clear(size_t index);
  // Called in the child: from now on its errors are kept here.
  void KeepOwn(size_t index);

  // Empty if the child stored no error.
  std::string Of(size_t index) const;

 private:
  char* At(size_t index) const;

  const size_t bytes_;
  char* text_ = nullptr;  // null if the kernel has no memory for it; then no error is kept
};

}  // namespace headcount
