// The memory that a scan needs beside the frame: kept from frame to frame, so that no frame allocates unless it is the
// longest so far. Runs in the workers, one a decoder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace headcount::scan {

// Some bytes of a block to be looked at (findings.h).
struct FoundBytes {
  const char* at;  // the block
  uint64_t places;
};

// Where a block of a frame may have names (names.h).
struct FoundNames {
  const char* at;
  uint64_t places;      // of closing quotes
  uint64_t outlined;    // the bytes that the outline takes
  size_t outline_size;  // before them
};

// A block that is not ASCII, and the one before it (utf8.h).
struct FoundUtf8 {
  const char* block;
  const char* previous;
};

// What the root's keys are called where not ts and uid. Printable ASCII that no escape but \u can spell: no quote,
// slash or backslash; two different names.
struct Keys {
  const char* time;
  unsigned time_bytes;  // 1 to limits::kMaxFieldNameBytes
  const char* id;
  unsigned id_bytes;    // as many
  uint64_t letters[2];  // of both, a bit for each of ASCII's 128 characters
};

// The tokens of a block of an outline (outline_check.h).
struct OutlineTokens {
  uint64_t strings;
  uint64_t commas;
  uint64_t colons;
  uint64_t openers;  // brackets
  uint64_t closers;
  uint64_t curly;          // of both; other bytes mean nothing
  uint64_t scalar_starts;  // first bytes of numbers and literals
  int64_t depth;           // before its first byte; 1: in the root only
};

// Plain pointers: the kernels must not share any inline function with the rest of the program (README.md, rule 3).
struct Buffers {
  char* outline;
  OutlineTokens* tokens;  // by block of the outline
  FoundBytes* literals;   // by block of the outline
  FoundNames* names;      // by block of the frame
  FoundBytes* unicode;    // by block of the frame
  FoundUtf8* utf8;        // by block of the frame
  char* last_block;       // of the frame, made up to a whole one
  const Keys* keys;       // null: ts and uid
};

class Workspace {
 public:
  // Room for a frame of that length, of any content. Not filled: pages that no frame needs are never touched.
  Buffers For(size_t frame_bytes, const Keys* keys = nullptr) {
    if (frame_bytes > frame_bytes_) Grow(frame_bytes);
    return {outline_.get(), tokens_.get(), literals_.get(), names_.get(),
            unicode_.get(), utf8_.get(),   last_block_,     keys};
  }

 private:
  void Grow(size_t frame_bytes);

  size_t frame_bytes_ = 0;
  std::unique_ptr<char[]> outline_;
  std::unique_ptr<OutlineTokens[]> tokens_;
  std::unique_ptr<FoundBytes[]> literals_;
  std::unique_ptr<FoundNames[]> names_;
  std::unique_ptr<FoundBytes[]> unicode_;
  std::unique_ptr<FoundUtf8[]> utf8_;
  alignas(64) char last_block_[64];
};

}  // namespace headcount::scan
