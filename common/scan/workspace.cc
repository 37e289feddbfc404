#include "common/scan/workspace.h"

#include "common/scan/masks.h"

namespace headcount::scan {
namespace {

// Behind the last byte of an outline a whole block is written, and the block of the last byte is read to its end.
constexpr size_t kOutlineSlack = 2 * kBlockBytes;

}  // namespace

void Workspace::Grow(size_t frame_bytes) {
  const size_t blocks = frame_bytes / kBlockBytes + 1;
  outline_.reset(new char[frame_bytes + kOutlineSlack]);
  checked_.reset(new CheckedBlock[blocks]);
  names_.reset(new FoundNames[blocks + 1]);  // one is written behind the last that counts
  frame_bytes_ = frame_bytes;
}

}  // namespace headcount::scan
