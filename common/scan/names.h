// Strings that read "ts" or "uid", and which of them is the last such key of the root. Pure; for common/scan/ only.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/scan/findings.h"
#include "common/scan/masks.h"
#include "common/scan/workspace.h"

namespace headcount::scan {
namespace {

class Names {
 public:
  // `found`: as Findings.
  HC_SCAN_INLINE explicit Names(FoundNames* found) : found_(found) {}

  // Of a block of the frame that stands at `at`. `last_letters`: the bytes 's' and 'd'. `outlined`: the bytes that the
  // outline takes, behind `outline_size` others.
  HC_SCAN_INLINE void Find(uint64_t opening_quotes, uint64_t closing_quotes, uint64_t last_letters, uint64_t outlined,
                           size_t outline_size, const char* at) {
    const uint64_t of_two = opening_.Behind(opening_quotes, 3);
    const uint64_t of_three = opening_.Behind(opening_quotes, 4);
    opening_.Keep(opening_quotes);
    const uint64_t ends = closing_quotes & (of_two | of_three) & last_letter_.Behind(last_letters);
    found_.Add({at, ends, outlined, outline_size});
  }

  // Of all that was found, after the last block. `is_root_key`: answers for a place in the outline, 1 or 0.
  template <typename Question>
  HC_SCAN_INLINE void Settle(Question is_root_key) {
    found_.ForEach([&](const FoundNames& found, uint64_t closing_quote) {
      const char* const end = found.at + __builtin_ctzll(closing_quote);
      // The opening quote is the last byte outlined before the closing one.
      const size_t place =
          found.outline_size + static_cast<size_t>(__builtin_popcountll(found.outlined & (closing_quote - 1))) - 1;
      // Without a branch, too: other strings go where nobody looks. (Before a string of three bytes stands a quote.)
      const uint32_t last_four = Word(end - 3);
      const auto is_ts = static_cast<size_t>(last_four == Word("\"ts\""));
      const auto is_uid = static_cast<size_t>(last_four == Word("uid\""));
      behind_[is_root_key(place) * (is_ts * kTs + is_uid * kUid)] = end + 1;
    });
  }

  // Behind the closing quote of the root's last such key; null: there is none.
  const char* behind_ts() const { return behind_[kTs]; }
  const char* behind_uid() const { return behind_[kUid]; }

 private:
  static constexpr size_t kTs = 1;
  static constexpr size_t kUid = 2;

  Tail opening_;
  Carry last_letter_;
  Findings<FoundNames> found_;
  const char* behind_[3] = {};  // the closing quotes of no name, ts and uid
};

}  // namespace
}  // namespace headcount::scan
