#include "common/sets/sealed_table.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>

#include "common/base/check.h"
#include "common/base/limits.h"
#include "common/sets/distinct_table.h"

namespace headcount {
namespace {

// Fingerprints in a piece: two pieces and their result fit into the first-level cache.
constexpr uint64_t kPiece = 256;

// Consecutive fingerprints, ascending.
struct Piece {
  const Fingerprint* begin = nullptr;
  const Fingerprint* end = nullptr;

  uint64_t size() const { return static_cast<uint64_t>(end - begin); }
  bool empty() const { return begin == end; }
};

// Distinct fingerprints, ascending, piece by piece.
class Stream {
 public:
  virtual ~Stream() = default;
  // The piece is valid until the next call. An empty piece: the stream has ended.
  virtual Piece Next() = 0;
};

// The fingerprints of one table, without its gaps.
class TableStream : public Stream {
 public:
  explicit TableStream(const SealedTable& table) : table_(table) {}

  Piece Next() override {
    uint64_t count = 0;
    for (; count == 0 && block_ < table_.blocks().count; at_ += kPiece) {
      if (at_ >= table_.places_of_a_block()) {
        ++block_;
        at_ = 0;
        if (block_ == table_.blocks().count) break;
      }
      const Fingerprint* const places = table_.PlacesOf(block_) + at_;
      const uint64_t left = std::min(kPiece, table_.places_of_a_block() - at_);
      for (uint64_t i = 0; i < left; ++i) {
        found_[count] = places[i];
        count += places[i].empty() ? 0U : 1U;
      }
    }
    seen_ += count;
    HC_CHECK(count > 0 || seen_ == table_.size(),
             "a sealed table of " + std::to_string(table_.size()) + " users holds " + std::to_string(seen_));
    return {found_.data(), found_.data() + count};
  }

 private:
  const SealedTable table_;
  uint64_t block_ = 0;
  uint64_t at_ = 0;  // in the block
  uint64_t seen_ = 0;
  std::array<Fingerprint, kPiece> found_;
};

// The fingerprints of two streams, each once.
class MergedStream : public Stream {
 public:
  MergedStream(std::unique_ptr<Stream> a, std::unique_ptr<Stream> b) : a_(std::move(a)), b_(std::move(b)) {}

  Piece Next() override {
    uint64_t count = 0;
    while (count < kPiece) {
      if (a_piece_.empty()) a_piece_ = a_->Next();
      if (b_piece_.empty()) b_piece_ = b_->Next();
      if (a_piece_.empty() || b_piece_.empty()) {
        if (count > 0) break;
        return std::exchange(a_piece_.empty() ? b_piece_ : a_piece_, {});
      }
      count += Merge(std::min({kPiece - count, a_piece_.size(), b_piece_.size()}), merged_.data() + count);
    }
    return {merged_.data(), merged_.data() + count};
  }

 private:
  // Makes `count` steps; a step takes at most one fingerprint from either side. Without a branch, since the processor
  // cannot predict which side is next.
  uint64_t Merge(uint64_t count, Fingerprint* merged) {
    const Fingerprint* a = a_piece_.begin;
    const Fingerprint* b = b_piece_.begin;
    for (uint64_t i = 0; i < count; ++i) {
      const FingerprintRank a_rank = RankOf(*a);
      const FingerprintRank b_rank = RankOf(*b);
      const bool takes_a = a_rank <= b_rank;
      const bool takes_b = b_rank <= a_rank;
      merged[i] = *(takes_a ? a : b);
      a += takes_a ? 1 : 0;
      b += takes_b ? 1 : 0;
    }
    a_piece_.begin = a;
    b_piece_.begin = b;
    return count;
  }

  const std::unique_ptr<Stream> a_;
  const std::unique_ptr<Stream> b_;
  Piece a_piece_;
  Piece b_piece_;
  std::array<Fingerprint, kPiece> merged_;
};

}  // namespace

const Fingerprint* SealedTable::PlacesOf(uint64_t block) const {
  const uint64_t at = uint64_t{blocks_.names[block]} * DistinctTable::kAlignment;
  HC_CHECK(blocks_.bytes <= memory_bytes_ && at <= memory_bytes_ - blocks_.bytes,
           "block " + std::to_string(block) + " of a sealed table lies at " + std::to_string(at));
  return reinterpret_cast<const Fingerprint*>(memory_ + at);
}

uint64_t CountMerged(const std::vector<SealedTable>& tables, const std::function<void()>& heartbeat) {
  if (tables.size() == 1) return tables[0].size();
  std::vector<std::unique_ptr<Stream>> streams;
  for (const SealedTable& table : tables) {
    if (table.size() > 0) streams.push_back(std::make_unique<TableStream>(table));
  }
  // Merges two by two, so that each fingerprint passes as few merges as possible.
  while (streams.size() > 1) {
    std::vector<std::unique_ptr<Stream>> merged;
    for (size_t i = 0; i + 1 < streams.size(); i += 2) {
      merged.push_back(std::make_unique<MergedStream>(std::move(streams[i]), std::move(streams[i + 1])));
    }
    if (streams.size() % 2 == 1) merged.push_back(std::move(streams.back()));
    streams = std::move(merged);
  }
  uint64_t count = 0;
  uint64_t since_beat = 0;
  if (streams.empty()) return 0;
  for (Piece piece = streams[0]->Next(); !piece.empty(); piece = streams[0]->Next()) {
    count += piece.size();
    since_beat += piece.size();
    if (since_beat < limits::kMergeHeartbeatUsers) continue;
    since_beat = 0;
    heartbeat();
  }
  return count;
}

}  // namespace headcount
