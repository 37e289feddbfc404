#include "common/decode/json/scan/workspace.h"

#include "common/decode/json/scan/masks.h"

namespace headcount::scan {
namespace {

// A write after the outline's last byte covers a whole block, and a read goes to the end of the last byte's block.
constexpr size_t kOutlineSlack = 2 * kBlockBytes;

}  // namespace

void Workspace::Grow(size_t frame_bytes) {
  const size_t blocks = frame_bytes / kBlockBytes + 1;
  outline_.reset(new char[frame_bytes + kOutlineSlack]);
  tokens_.reset(new OutlineTokens[blocks]);
  // Findings write one entry after the last that counts.
  literals_.reset(new FoundBytes[blocks + 1]);
  names_.reset(new FoundNames[blocks + 1]);
  unicode_.reset(new FoundBytes[blocks + 1]);
  utf8_.reset(new FoundUtf8[blocks + 1]);
  frame_bytes_ = frame_bytes;
}

}  // namespace headcount::scan
