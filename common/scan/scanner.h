// The scanner itself, the same for every processor: it asks about the bytes of a block, gets masks, and finds errors
// and the root's keys in them. For scan_*.cc only, each of which gives it another way to ask. README.md explains it.
//
// Nearly nothing branches on what a frame says: an error is only gathered, and looked at in the end. Whatever comes
// after an error is nonsense, but safe nonsense: no byte outside the frame is touched.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/scan/masks.h"
#include "common/scan/names.h"
#include "common/scan/outline.h"
#include "common/scan/outline_check.h"
#include "common/scan/scan.h"
#include "common/scan/strings.h"
#include "common/scan/utf8.h"
#include "common/scan/workspace.h"

namespace headcount::scan {
namespace {

template <typename Bytes>
class Scanner {
 public:
  // `begin`: behind the root's opening bracket. `end`: behind its closing one, or what stands in its place.
  HC_SCAN_INLINE Scanner(const char* begin, const char* end, const Buffers& buffers)
      : begin_(begin), end_(end), names_(buffers.names), outline_(buffers.outline), checked_(buffers.checked) {}

  HC_SCAN_INLINE Scan Run() {
    const char* at = begin_;
    for (; end_ - at >= static_cast<ptrdiff_t>(kBlockBytes); at += kBlockBytes) {
      __builtin_prefetch(at + kPrefetchBytes);
      TakeBlock(Bytes::Load(at), at);
    }
    if (at != end_) TakeBlock(Bytes::LoadPart(at, static_cast<size_t>(end_ - at)), at);
    CheckOutline();
    return Answer();
  }

 private:
  // Frames come one behind the other, and each is seen for the first time: this far ahead the next one is fetched while
  // this one is scanned. An address behind the last frame does no harm.
  static constexpr size_t kPrefetchBytes = 1024;

  // `at`: where the block stands in the frame.
  HC_SCAN_INLINE void TakeBlock(const Bytes& bytes, const char* at) {
    const StringMasks strings = strings_.Take(bytes, at, &errors_);
    utf8_.Take(bytes, &errors_);
    const uint64_t spaces = bytes.Spaces();
    errors_ |= bytes.Controls() & ~(spaces & strings.outside);
    const uint64_t dense = strings.outside & ~spaces;
    const uint64_t behind_scalar = behind_scalar_.Behind(dense & ~bytes.Punctuation());
    const uint64_t outlined = dense | strings.opening_quotes | (strings.outside & spaces & behind_scalar);
    names_.Find(strings.opening_quotes, strings.closing_quotes, bytes.LastLetters(), outlined, outline_.size(), at);
    outline_.Append(bytes, outlined);
  }

  HC_SCAN_INLINE void CheckOutline() {
    outline_.Finish();
    for (size_t at = 0; at < outline_.size(); at += kBlockBytes) {
      checked_[at / kBlockBytes] = check_.Take(outline_.bytes() + at, &errors_);
    }
    names_.Settle([this](size_t place) {
      return IsRootKey(checked_[place / kBlockBytes], static_cast<unsigned>(place % kBlockBytes));
    });
  }

  HC_SCAN_INLINE Scan Answer() const {
    if (check_.too_deep()) return {Verdict::kAskReference, nullptr, nullptr};
    if (errors_ != 0 || strings_.open() || !check_.closed_once()) return {Verdict::kNotJson, nullptr, nullptr};
    if (strings_.escaped_letters()) return {Verdict::kAskReference, nullptr, nullptr};
    return {Verdict::kObject, names_.behind_ts(), names_.behind_uid()};
  }

  const char* const begin_;
  const char* const end_;
  uint64_t errors_ = 0;  // any bit: the frame is not JSON
  Strings<Bytes> strings_;
  Utf8<Bytes> utf8_;
  Carry behind_scalar_;
  Names names_;
  Outline outline_;
  OutlineCheck<Bytes> check_;
  CheckedBlock* const checked_;  // by block of the outline
};

template <typename Bytes>
Scan ScanWith(const char* begin, const char* end, const Buffers& buffers) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  while (begin != end && is_space(*begin)) ++begin;
  while (begin != end && is_space(end[-1])) --end;
  if (begin == end || *begin != '{') return {Verdict::kAskReference, nullptr, nullptr};
  if (end[-1] != '}') return {Verdict::kNotJson, nullptr, nullptr};
  return Scanner<Bytes>(begin + 1, end, buffers).Run();
}

}  // namespace
}  // namespace headcount::scan
