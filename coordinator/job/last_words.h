// What a child said last: why it failed, in its own words, for the line that tells the end of the whole job. Made by
// the coordinator before the first fork; the child stores, and the coordinator reads once the child is dead, so that
// nobody reads what is being written.
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

  // In the coordinator, before a fork: what a former life said is forgotten.
  size_t PlaceOfWriter() const { return 0; }
  size_t PlaceOf(SlotId slot) const { return 1 + static_cast<size_t>(slot.value()); }
  void Clear(size_t place);
  // In the child: its failures are kept here from now on.
  void KeepOwn(size_t place);

  // Empty: it said nothing.
  std::string Of(size_t place) const;

 private:
  char* At(size_t place) const;

  const size_t bytes_;
  char* text_ = nullptr;  // null where the kernel has no memory for it: then nobody's words are known
};

}  // namespace headcount
