// The scanner itself, the same for every processor. It asks about the bytes of a block, gets masks, and finds errors
// and the root's keys in them. For scan_*.cc only: each of them gives it a kernel. README.md explains it. Pure; runs in
// the workers.
//
// Almost no branch depends on the frame's content: the scanner collects errors and looks at them at the end. Everything
// after an error is meaningless, but safe: the scanner touches no byte outside the frame.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/decode/json/scan/keys.h"
#include "common/decode/json/scan/masks.h"
#include "common/decode/json/scan/names.h"
#include "common/decode/json/scan/outline.h"
#include "common/decode/json/scan/outline_check.h"
#include "common/decode/json/scan/scan.h"
#include "common/decode/json/scan/strings.h"
#include "common/decode/json/scan/utf8.h"
#include "common/decode/json/scan/workspace.h"

namespace headcount::scan {
namespace {

template <typename Bytes, typename KeysT>
class Scanner {
 public:
  // `begin`: after the root's opening bracket. `end`: after its closing one, or after the byte in its position.
  HC_SCAN_INLINE Scanner(const char* begin, const char* end, const Buffers& buffers)
      : begin_(begin),
        end_(end),
        last_block_(buffers.last_block),
        strings_(buffers.unicode),
        utf8_(buffers.utf8),
        names_(buffers),
        outline_(buffers.outline),
        check_(buffers) {}

  HC_SCAN_INLINE Scan Run() {
    const char* at = begin_;
    for (; end_ - at >= static_cast<ptrdiff_t>(kBlockBytes); at += kBlockBytes) {
      __builtin_prefetch(at + kPrefetchBytes);
      TakeBlock(at, at);
    }
    if (at != end_) {
      Bytes::CopyPart(at, static_cast<size_t>(end_ - at), last_block_);
      TakeBlock(last_block_, at);
    }
    CheckOutline();
    utf8_.Check(&errors_);
    return Answer(strings_.CheckUnicode(end_, names_.keys(), &errors_).letters_of_names());
  }

 private:
  // Frames lie one after the other, and the scanner sees each for the first time. While it scans one frame, it
  // prefetches the next, this far ahead. An address after the last frame does no harm.
  static constexpr size_t kPrefetchBytes = 1024;

  // `at`: the block in the frame; `block`: where all of its bytes are readable.
  HC_SCAN_INLINE void TakeBlock(const char* block, const char* at) {
    const Bytes bytes = Bytes::Load(block);
    const StringMasks strings = strings_.Take(bytes, at, &errors_);
    utf8_.Take(bytes, block);
    const uint64_t spaces = bytes.Spaces();
    errors_ |= bytes.Controls() & ~(spaces & strings.outside);
    const uint64_t dense = strings.outside & ~spaces;
    const uint64_t behind_scalar = behind_scalar_.Behind(dense & ~bytes.Punctuation());
    const uint64_t outlined = dense | strings.opening_quotes | (strings.outside & spaces & behind_scalar);
    names_.Find(bytes, strings.opening_quotes, strings.closing_quotes, outlined, outline_.size(), at);
    outline_.Append(bytes, outlined);
  }

  HC_SCAN_INLINE void CheckOutline() {
    outline_.Finish();
    check_.Take(outline_, &errors_);
    // A string with a key's name and a colon after it is a key; in valid JSON no other string has a colon after it.
    names_.Settle([this](size_t place) {
      const auto before_colon = static_cast<size_t>(outline_.bytes()[place + 1] == ':');
      return before_colon & static_cast<size_t>(check_.DepthAt(place) == 1);
    });
  }

  HC_SCAN_INLINE Scan Answer(bool escaped_letters) const {
    if (check_.too_deep()) return {Verdict::kAskReference, nullptr, nullptr};
    if (errors_ != 0 || strings_.open() || !check_.closed_once()) return {Verdict::kNotJson, nullptr, nullptr};
    if (escaped_letters) return {Verdict::kAskReference, nullptr, nullptr};
    return {Verdict::kObject, names_.behind_time(), names_.behind_id()};
  }

  const char* const begin_;
  const char* const end_;
  char* const last_block_;
  uint64_t errors_ = 0;  // any bit: the frame is not JSON
  Strings<Bytes> strings_;
  Utf8<Bytes> utf8_;
  Carry behind_scalar_;
  Names<KeysT> names_;
  Outline outline_;
  OutlineCheck<Bytes> check_;
};

template <typename Bytes>
Scan ScanWith(const char* begin, const char* end, const Buffers& buffers) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  while (begin != end && is_space(*begin)) ++begin;
  while (begin != end && is_space(end[-1])) --end;
  if (begin == end || *begin != '{') return {Verdict::kAskReference, nullptr, nullptr};
  if (end[-1] != '}') return {Verdict::kNotJson, nullptr, nullptr};
  if (buffers.keys != nullptr) return Scanner<Bytes, GivenKeys>(begin + 1, end, buffers).Run();
  return Scanner<Bytes, UsualKeys>(begin + 1, end, buffers).Run();
}

}  // namespace
}  // namespace headcount::scan
