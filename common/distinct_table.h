// A set of fingerprints as a flat open-addressing table in memory that somebody else owns. Pure.
// The worker that owns the memory adds; the writer counts unions of tables that no longer change.
//
// Linear probing from the fingerprint's own low bits (they are uniform already), capacity a power of two, an
// all-zero place is free. The owner grows it before it is more than three quarters full, so that every probe
// ends.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "common/fingerprint.h"

namespace headcount {

class DistinctTable {
 public:
  static constexpr uint64_t kMinCapacity = 256;

  DistinctTable() = default;
  // `places` holds `capacity` fingerprints and must outlive the table.
  DistinctTable(Fingerprint* places, uint64_t capacity) : places_(places), mask_(capacity - 1) {}

  // True: it was not there. The table must not be full.
  bool Add(Fingerprint uid) {
    for (uint64_t i = uid.low & mask_;; i = (i + 1) & mask_) {
      if (places_[i] == uid) return false;
      if (places_[i].empty()) {
        places_[i] = uid;
        return true;
      }
    }
  }

  bool Contains(Fingerprint uid) const {
    for (uint64_t i = uid.low & mask_;; i = (i + 1) & mask_) {
      if (places_[i] == uid) return true;
      if (places_[i].empty()) return false;
    }
  }

  uint64_t capacity() const { return mask_ + 1; }
  const Fingerprint* begin() const { return places_; }
  const Fingerprint* end() const { return places_ + capacity(); }

  // The number of fingerprints a table of `capacity` may hold.
  static constexpr uint64_t MaxSize(uint64_t capacity) { return capacity / 4 * 3; }

 private:
  Fingerprint* places_ = nullptr;
  uint64_t mask_ = 0;
};

struct CountedTable {
  DistinctTable table;
  uint64_t size = 0;  // fingerprints in it
};

// The number of distinct fingerprints in all tables together; reads them where they are. `still_at_it` is called every
// few milliseconds of work: a union of many large tables takes seconds.
uint64_t CountUnion(
    std::vector<CountedTable> tables, const std::function<void()>& still_at_it = [] {});

}  // namespace headcount
