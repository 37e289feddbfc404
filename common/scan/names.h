// Strings that read "ts" or "uid", and which of them is the last such key of the root. Pure; for common/scan/ only.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/scan/masks.h"
#include "common/scan/workspace.h"

namespace headcount::scan {
namespace {

class Names {
 public:
  // `found`: room for one more than the frame has blocks.
  HC_SCAN_INLINE explicit Names(FoundNames* found) : found_(found) {}

  // Of a block of the frame that stands at `at`. `last_letters`: the bytes 's' and 'd'. `outlined`: the bytes that the
  // outline takes, behind `outline_size` others. Nothing is looked at more closely yet: whether a block has such
  // strings no processor could guess.
  HC_SCAN_INLINE void Find(uint64_t opening_quotes, uint64_t closing_quotes, uint64_t last_letters, uint64_t outlined,
                           size_t outline_size, const char* at) {
    const uint64_t of_two = opening_.Behind(opening_quotes, 3);
    const uint64_t of_three = opening_.Behind(opening_quotes, 4);
    opening_.Keep(opening_quotes);
    const uint64_t ends = closing_quotes & (of_two | of_three) & last_letter_.Behind(last_letters);
    found_[count_] = {at, ends, outlined, outline_size};
    count_ += static_cast<size_t>(ends != 0);
  }

  // Of all that was found, after the last block. `is_root_key`: answers for a place in the outline.
  template <typename Question>
  HC_SCAN_INLINE void Settle(Question is_root_key) {
    // One loop over all of them, not one a block: how many a block has no processor could guess either.
    uint64_t ends = found_[0].ends;
    for (size_t i = 0; i < count_;) {
      const FoundNames& found = found_[i];
      const char* const end = found.at + __builtin_ctzll(ends);
      const uint64_t before = (ends ^ (ends - 1)) >> 1;
      // The opening quote is the last byte outlined before the closing one.
      const size_t place = found.outline_size + static_cast<size_t>(__builtin_popcountll(found.outlined & before)) - 1;
      // Without a branch, too: other strings go where nobody looks. (A string of two bytes has its quote where that of
      // three would have its first.)
      const auto is_ts = static_cast<size_t>((end[-3] == '"') & (end[-2] == 't') & (end[-1] == 's'));
      const auto is_uid = static_cast<size_t>((end[-3] == 'u') & (end[-2] == 'i') & (end[-1] == 'd'));
      behind_[static_cast<size_t>(is_root_key(place)) * (is_ts * kTs + is_uid * kUid)] = end + 1;
      ends &= ends - 1;
      i += static_cast<size_t>(ends == 0);
      ends |= found_[i].ends & Everywhere(ends == 0);
    }
  }

  // Behind the closing quote of the root's last such key; null: there is none.
  const char* behind_ts() const { return behind_[kTs]; }
  const char* behind_uid() const { return behind_[kUid]; }

 private:
  static constexpr size_t kTs = 1;
  static constexpr size_t kUid = 2;

  Tail opening_;
  Carry last_letter_;
  FoundNames* const found_;
  size_t count_ = 0;
  const char* behind_[3] = {};  // the closing quotes of no name, ts and uid
};

}  // namespace
}  // namespace headcount::scan
