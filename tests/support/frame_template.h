// A frame as a web site's tracker would write it, with the places marked where its time, its user and its
// id are put in. Making one takes many random choices; putting three texts in takes nanoseconds. Tests and tools.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/random.h"

namespace headcount::test {

inline constexpr size_t kUidLength = 16;      // of the texts that stand for users
inline constexpr size_t kEventIdLength = 16;  // of the id that makes every frame another one

struct FrameTemplate {
  enum class TsForm { kSeconds, kString, kMillis, kFraction };
  enum class UidForm { kString, kEscaped, kNumber };  // escaped: its first letter is written as \u00xx

  struct Span {
    size_t at = 0;
    size_t length = 0;
  };

  std::string bytes;
  TsForm ts_form = TsForm::kSeconds;
  UidForm uid_form = UidForm::kString;
  Span ts;        // the text of the last root "ts", without quotes
  Span ts_value;  // with them
  Span uid;
  Span uid_value;
  Span event_id;
  std::vector<Span> ts_keys;  // of all root keys of that name, without quotes, in order
  std::vector<Span> uid_keys;
};

// About `size` bytes long. Root keys stand in any order; nested objects hold decoys called "ts" and "uid";
// some templates repeat a root key, with the one that counts last; strings hold escapes and many scripts.
FrameTemplate MakeFrameTemplate(Random* random, size_t size, FrameTemplate::UidForm uid_form);

}  // namespace headcount::test
