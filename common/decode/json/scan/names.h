// Finds strings that read as the root's keys, and the last of each name in the root. Pure; for common/decode/json/scan/
// only.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/decode/json/scan/findings.h"
#include "common/decode/json/scan/keys.h"
#include "common/decode/json/scan/masks.h"
#include "common/decode/json/scan/workspace.h"

namespace headcount::scan {
namespace {

// `KeysT`: UsualKeys or GivenKeys.
template <typename KeysT>
class Names {
 public:
  // `buffers.names`: as in Findings.
  HC_SCAN_INLINE explicit Names(const Buffers& buffers) : keys_(buffers), found_(buffers.names) {}

  // Takes the block of the frame at `at`. `outlined`: the bytes that the outline takes, after `outline_size` earlier
  // ones.
  template <typename Bytes>
  HC_SCAN_INLINE void Find(const Bytes& bytes, uint64_t opening_quotes, uint64_t closing_quotes, uint64_t outlined,
                           size_t outline_size, const char* at) {
    found_.Add({at, keys_.MayEnd(bytes, opening_quotes, closing_quotes), outlined, outline_size});
  }

  // Settles all findings after the last block. `is_root_key` answers 1 or 0 for a place in the outline.
  template <typename Question>
  HC_SCAN_INLINE void Settle(Question is_root_key) {
    found_.ForEach([&](const FoundNames& found, uint64_t closing_quote) {
      const char* const end = found.at + __builtin_ctzll(closing_quote);
      // The opening quote is the last outlined byte before the closing one.
      const size_t place =
          found.outline_size + static_cast<size_t>(__builtin_popcountll(found.outlined & (closing_quote - 1))) - 1;
      // Without a branch: other strings go into an entry that is never read.
      behind_[is_root_key(place) * keys_.Which(end)] = end + 1;
    });
  }

  // The byte after the closing quote of the root's last such key; null: there is none.
  const char* behind_time() const { return behind_[kTimeKey]; }
  const char* behind_id() const { return behind_[kIdKey]; }
  const KeysT& keys() const { return keys_; }

 private:
  KeysT keys_;
  Findings<FoundNames> found_;
  const char* behind_[3] = {};  // for no key, the time key and the id key
};

}  // namespace
}  // namespace headcount::scan
