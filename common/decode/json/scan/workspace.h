// The memory that a scan needs beside the frame. It stays from frame to frame, so that only a frame longer than all
// before it allocates. Runs in the workers, one workspace in each decoder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace headcount::scan {

// Bytes of a block that a later loop looks at (findings.h).
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

// The names of the root's keys if they are not ts and uid. Printable ASCII that no escape but \u can spell: no quote,
// slash or backslash. The two names differ.
struct Keys {
  const char* time;
  unsigned time_bytes;  // 1 to limits::kMaxFieldNameBytes
  const char* id;
  unsigned id_bytes;    // the same
  uint64_t letters[2];  // of both names, a bit for each of ASCII's 128 characters
};

// The tokens of a block of an outline (outline_check.h).
struct OutlineTokens {
  uint64_t strings;
  uint64_t commas;
  uint64_t colons;
  uint64_t openers;  // brackets
  uint64_t closers;
  uint64_t curly;          // of both; meaningless for other bytes
  uint64_t scalar_starts;  // first bytes of numbers and literals
  int64_t depth;           // before the block's first byte; 1: in the root only
};

// Plain pointers: the kernels must not share an inline function with the rest of the program (README.md, rule 3).
struct Buffers {
  char* outline;
  OutlineTokens* tokens;  // by block of the outline
  FoundBytes* literals;   // by block of the outline
  FoundNames* names;      // by block of the frame
  FoundBytes* unicode;    // by block of the frame
  FoundUtf8* utf8;        // by block of the frame
  char* last_block;       // the frame's last block, filled up to 64 bytes
  const Keys* keys;       // null: ts and uid
};

class Workspace {
 public:
  // Space for a frame of that length and any content. Not filled, so that the process never touches pages that no frame
  // needs.
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
