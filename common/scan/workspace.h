// The memory that a scan needs beside the frame: kept from frame to frame, so that no frame allocates unless it is the
// longest so far. Runs in the workers, one a decoder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace headcount::scan {

// Where a block of a frame may have names (names.h).
struct FoundNames {
  const char* at;
  uint64_t ends;        // closing quotes
  uint64_t outlined;    // the bytes that the outline takes
  size_t outline_size;  // before them
};

// What is known of a block of an outline after its check (outline_check.h).
struct CheckedBlock {
  uint64_t keys;  // their opening quotes
  uint64_t openers;
  uint64_t closers;
  int64_t depth;  // before its first byte; 1: in the root only
};

// Plain pointers: the kernels must not share any inline function with the rest of the program (README.md, rule 3).
struct Buffers {
  char* outline;
  CheckedBlock* checked;  // by block of the outline
  FoundNames* names;      // by block of the frame
};

class Workspace {
 public:
  // Room for a frame of that length, of any content. Not filled: pages that no frame needs are never touched.
  Buffers For(size_t frame_bytes) {
    if (frame_bytes > frame_bytes_) Grow(frame_bytes);
    return {outline_.get(), checked_.get(), names_.get()};
  }

 private:
  void Grow(size_t frame_bytes);

  size_t frame_bytes_ = 0;
  std::unique_ptr<char[]> outline_;
  std::unique_ptr<CheckedBlock[]> checked_;
  std::unique_ptr<FoundNames[]> names_;
};

}  // namespace headcount::scan
