#include "common/sets/distinct_table.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "common/base/check.h"

namespace headcount {
namespace {

constexpr char kNotSpread[] = "fingerprints that are not spread evenly do not fit into a segment";

}  // namespace

void DistinctTable::NextBlock(const Segment& segment, Cursor* cursor) const {
  HC_CHECK(++cursor->block < kShapes[segment.shape].blocks, kNotSpread);
  cursor->at = BlockAt(segment.blocks[cursor->block]);
  cursor->end = cursor->at + kBlockPlaces;
}

// --- Growth --------------------------------------------------------------------------------------------------

uint64_t DistinctTable::GrowthBytes(Fingerprint uid) const {
  const size_t next = segments_[NumberOf(uid)].shape + size_t{1};
  return next < kShapes.size() ? kShapes[next].places * sizeof(Fingerprint) : kMaxBlockBytes;
}

std::optional<DistinctTable::Block> DistinctTable::Grow(Fingerprint uid, uint64_t at) {
  Segment& segment = segments_[NumberOf(uid)];
  const auto block = static_cast<uint32_t>(at / kAlignment);
  // Space for the fullest segment. The function touches only the part that it needs.
  alignas(Fingerprint) char room[kShapes.back().limit * sizeof(Fingerprint)];
  auto* const sorted = reinterpret_cast<Fingerprint*>(room);
  const uint32_t count = Collect(segment, sorted);
  if (segment.shape + size_t{1} == kShapes.size()) {
    Split(uid, block, sorted, count);
    return {};
  }
  const Shape& before = kShapes[segment.shape];
  const Shape& after = kShapes[++segment.shape];
  std::optional<Block> left;
  if (before.blocks == after.blocks) left = Block{segment.blocks[0] * kAlignment, before.places * sizeof(Fingerprint)};
  segment.blocks[after.blocks - 1] = block;
  LayOut(&segment, sorted, count);
  return left;
}

// Moves the upper half of the segment's fingerprints to a new segment, which gets the old one's last block and `block`.
void DistinctTable::Split(Fingerprint uid, uint32_t block, const Fingerprint* sorted, uint32_t count) {
  const uint32_t number = NumberOf(uid);
  if (segments_[number].depth == depth_) DoubleDirectory();
  Segment& lower = segments_[number];
  Segment upper;
  constexpr size_t kHalf = kShapes[kHalfShape].blocks;
  std::copy(lower.blocks.begin() + kHalf, lower.blocks.end(), upper.blocks.begin());
  upper.blocks[kHalf - 1] = block;
  lower.shape = upper.shape = kHalfShape;
  lower.depth = upper.depth = static_cast<uint8_t>(lower.depth + 1);

  const uint64_t first_upper = LeadingBits(uid, lower.depth) | 1;
  const auto* const middle = std::partition_point(
      sorted, sorted + count, [&](Fingerprint each) { return LeadingBits(each, lower.depth) < first_upper; });
  const unsigned entry_bits = depth_ - lower.depth;
  std::fill_n(directory_.begin() + static_cast<std::ptrdiff_t>(first_upper << entry_bits), size_t{1} << entry_bits,
              static_cast<uint32_t>(segments_.size()));
  LayOut(&lower, sorted, static_cast<uint32_t>(middle - sorted));
  LayOut(&upper, middle, static_cast<uint32_t>(sorted + count - middle));
  segments_.push_back(upper);
}

void DistinctTable::DoubleDirectory() {
  std::vector<uint32_t> doubled(directory_.size() * 2);
  for (size_t i = 0; i < doubled.size(); ++i) doubled[i] = directory_[i / 2];
  directory_ = std::move(doubled);
  ++depth_;
}

uint32_t DistinctTable::Collect(const Segment& segment, Fingerprint* sorted) const {
  const Shape& shape = kShapes[segment.shape];
  uint32_t count = 0;
  for (uint32_t b = 0; b < shape.blocks; ++b) {
    const Fingerprint* const places = BlockAt(segment.blocks[b]);
    for (uint32_t i = 0; i < shape.places && count < segment.size; ++i) {
      sorted[count] = places[i];
      count += places[i].empty() ? 0U : 1U;
    }
  }
  return count;
}

// Puts each fingerprint at its home, or directly after the one before it.
void DistinctTable::LayOut(Segment* segment, const Fingerprint* sorted, uint32_t count) {
  const Shape& shape = kShapes[segment->shape];
  uint32_t next = 0;
  uint64_t place = 0;  // the first free one
  for (uint32_t b = 0; b < shape.blocks; ++b) {
    Fingerprint* const places = BlockAt(segment->blocks[b]);
    std::memset(static_cast<void*>(places), 0, shape.places * sizeof(Fingerprint));
    const uint64_t begin = b * kBlockPlaces;
    for (; next < count; ++next, ++place) {
      place = std::max(place, HomeOf(sorted[next], segment->depth, shape.homes));
      if (place - begin >= shape.places) break;
      places[place - begin] = sorted[next];
    }
  }
  HC_CHECK(next == count, kNotSpread);
  segment->size = static_cast<uint16_t>(count);
}

// --- State ---------------------------------------------------------------------------------------------------

std::vector<uint32_t> DistinctTable::blocks() const {
  std::vector<uint32_t> names;
  for (size_t entry = 0; entry < directory_.size();) {
    const Segment& segment = segments_[directory_[entry]];
    names.insert(names.end(), segment.blocks.begin(), segment.blocks.begin() + kShapes[segment.shape].blocks);
    entry += size_t{1} << (depth_ - segment.depth);
  }
  return names;
}

}  // namespace headcount
