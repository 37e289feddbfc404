// Checks numbers and the literals true, false and null: the bytes of an outline that are neither string, punctuation
// nor space. Pure; for common/decode/json/scan/ only.
#pragma once

#include <cstdint>

#include "common/decode/json/scan/findings.h"
#include "common/decode/json/scan/masks.h"
#include "common/decode/json/scan/workspace.h"

namespace headcount::scan {
namespace {

template <typename Bytes>
class Scalars {
 public:
  // The first bytes of numbers and literals.
  HC_SCAN_INLINE uint64_t Starts(uint64_t scalars) { return scalars & ~behind_scalar_.Behind(scalars); }

  // `found`: as in Findings.
  HC_SCAN_INLINE explicit Scalars(FoundBytes* found) : found_literals_(found) {}

  // `at`: the block in the outline.
  HC_SCAN_INLINE void Take(const Bytes& bytes, uint64_t scalars, uint64_t starts, const char* at, uint64_t* errors) {
    const uint64_t digits = bytes.Within('0', '9');
    const uint64_t minus = bytes.Equal('-');
    const uint64_t literal_starts = starts & ~(digits | minus);
    const uint64_t numbers = scalars & ~literals_.From(literal_starts, scalars);
    found_literals_.Add({at, literal_starts});
    CheckNumbers(bytes, numbers, starts & numbers, digits & numbers, minus & numbers, errors);
  }

  // Call it after the last block.
  HC_SCAN_INLINE void CheckLiterals(uint64_t* errors) const {
    found_literals_.ForEach([errors](const FoundBytes& found, uint64_t start) {
      *errors |= static_cast<uint64_t>(!IsLiteral(found.at + __builtin_ctzll(start)));
    });
  }

 private:
  // --- Literals -----------------------------------------------------------------------------------------------

  // Without a branch: the processor cannot predict the order of literals.
  HC_SCAN_INLINE static bool IsLiteral(const char* at) {
    const uint32_t word = Word(at);
    const uint32_t true_word = Word("true");
    const uint32_t null_word = Word("null");
    const bool is_false = (word == Word("fals")) & (at[4] == 'e');
    const auto behind = static_cast<unsigned char>(at[4 + static_cast<size_t>(is_false)]);
    const bool ends = (behind == ',') | (behind <= ' ') | ((behind | 0x20) == '}');
    return ends & ((word == true_word) | (word == null_word) | is_false);
  }

  // --- Numbers ------------------------------------------------------------------------------------------------

  // number = [ "-" ] int [ "." 1*DIGIT ] [ ( "e" / "E" ) [ "-" / "+" ] 1*DIGIT ], int = "0" or digits without a first 0
  HC_SCAN_INLINE void CheckNumbers(const Bytes& bytes, uint64_t numbers, uint64_t starts, uint64_t digits,
                                   uint64_t minus, uint64_t* errors) {
    const uint64_t others = numbers & ~digits;
    const uint64_t points = bytes.Equal('.') & others;
    const uint64_t first_digits = starts | behind_first_minus_.Behind(minus & starts);
    *errors |= behind_first_zero_.Behind(first_digits & bytes.Equal('0')) & digits;
    // A digit stands after a minus and after a point, and no second point after the digits of a fraction. (So a digit
    // stands before a point, too, because a number begins with a digit or a minus.)
    *errors |= needs_digit_.Behind(points | minus) & ~digits;
    *errors |= fraction_.FirstBehind(points, digits) & points;
    const uint64_t rest = others & ~(points | (minus & starts));
    if ((rest | exponent_open_) != 0) CheckExponents(bytes, rest, points, digits, minus, errors);
  }

  // `rest`: all bytes of numbers except digits, points and a first minus.
  HC_SCAN_INLINE void CheckExponents(const Bytes& bytes, uint64_t rest, uint64_t points, uint64_t digits,
                                     uint64_t minus, uint64_t* errors) {
    const uint64_t exponents = bytes.EqualFolded('e') & rest;
    const uint64_t plus = bytes.Equal('+') & rest;
    const uint64_t signs = (minus & rest) | plus;
    const uint64_t behind_exponent = behind_exponent_.Behind(exponents);
    *errors |= rest & ~(exponents | signs);
    *errors |= signs & ~behind_exponent;
    *errors |= behind_exponent & ~(digits | signs);
    *errors |= plus_needs_digit_.Behind(plus) & ~digits;
    // After the digits of an exponent neither a fraction nor another exponent begins.
    *errors |= exponent_.FirstBehind(exponents, digits | signs) & (points | exponents);
    exponent_open_ = behind_exponent_.bit() | exponent_.bit();
  }

  Findings<FoundBytes> found_literals_;
  Carry behind_scalar_, literals_;
  Carry behind_first_minus_, behind_first_zero_, needs_digit_, fraction_;
  Carry behind_exponent_, plus_needs_digit_, exponent_;
  uint64_t exponent_open_ = 0;  // the next block needs the check even without an exponent in it
};

}  // namespace
}  // namespace headcount::scan
