// The scanner itself, the same for every processor: it asks about the bytes of a block, gets masks, and finds errors and
// the root's keys in them. For scan_*.cc only, each of which gives it another way to ask. README.md explains it.
//
// Nearly nothing branches on what a frame says: an error is only gathered, and looked at in the end. Whatever comes
// after an error is nonsense, but safe nonsense: no byte outside the frame is touched.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "common/limits.h"
#include "common/scan/masks.h"
#include "common/scan/scan.h"

namespace headcount::scan {

template <typename Bytes>
class Scanner {
 public:
  explicit Scanner(std::string_view frame) : frame_(frame), end_(frame.data() + frame.size()) {}

  Scan Run() {
    if (!BeginsWithObject()) return {Verdict::kAskReference, nullptr, nullptr};
    const size_t whole = frame_.size() / kBlockBytes * kBlockBytes;
    for (size_t at = 0; at < whole; at += kBlockBytes) {
      TakeBlock(Bytes::Load(frame_.data() + at), frame_.data() + at);
    }
    // The rest, with spaces behind it. Also where nothing is left: what was open is then seen to be open.
    char last[kBlockBytes];
    std::memset(last, ' ', sizeof last);
    std::memcpy(last, frame_.data() + whole, frame_.size() - whole);
    TakeBlock(Bytes::Load(last), frame_.data() + whole);
    const bool open = inside_ != 0 || depth_ != 0;
    if (errors_ != 0 || open) return {Verdict::kNotJson, nullptr, nullptr};
    if (ask_reference_) return {Verdict::kAskReference, nullptr, nullptr};
    return {Verdict::kObject, after_ts_key_, after_uid_key_};
  }

 private:
  struct Tokens {
    uint64_t in_string;  // from an opening quote up to, without, the closing one
    uint64_t opening_quotes;
    uint64_t backslashes;
    // Outside strings:
    uint64_t spaces;
    uint64_t commas;
    uint64_t colons;
    uint64_t brackets;
    uint64_t scalars;  // all else: numbers, literals, and what should not be there
    uint64_t scalar_starts;
  };
  struct Brackets {
    uint64_t objects_open = 0;
    uint64_t objects_close = 0;
    uint64_t arrays_open = 0;
    uint64_t arrays_close = 0;
    // Bytes by the container they stand in directly.
    uint64_t in_object = 0;
    uint64_t in_root = 0;
    uint64_t in_nothing = 0;
  };

  bool BeginsWithObject() const {
    const size_t first = frame_.find_first_not_of(" \t\n\r");
    return first != std::string_view::npos && frame_[first] == '{';
  }

  // `at`: where the block stands in the frame.
  void TakeBlock(const Bytes& bytes, const char* at) {
    const Tokens tokens = TakeTokens(bytes, at);
    const uint64_t high = bytes.High();
    if ((high | sequence_open_) != 0) CheckUtf8(bytes, high);
    const Brackets brackets = TakeBrackets(tokens.brackets, at);
    CheckGrammar(bytes, tokens, brackets, at);
    if ((tokens.scalars | number_open_) != 0) CheckScalars(bytes, tokens, at);
  }

  // --- Strings ------------------------------------------------------------------------------------------------

  Tokens TakeTokens(const Bytes& bytes, const char* at) {
    Tokens tokens;
    uint64_t quotes = bytes.Equal('"');
    tokens.backslashes = bytes.Equal('\\');
    if ((tokens.backslashes | escape_open_) != 0) {
      const uint64_t escaped = TakeEscapes(bytes, tokens.backslashes, quotes, at);
      quotes &= ~escaped;
    }
    tokens.in_string = Bytes::PrefixXor(quotes) ^ inside_;
    inside_ = uint64_t{0} - (tokens.in_string >> (kBlockBytes - 1));
    tokens.opening_quotes = quotes & tokens.in_string;

    const uint64_t outside = ~(tokens.in_string | quotes);
    const uint64_t controls = bytes.Within(0, 0x1F);
    uint64_t spaces = bytes.Equal(' ');
    if (controls != 0) {
      spaces |= bytes.Equal('\n') | bytes.Equal('\r') | bytes.Equal('\t');
      errors_ |= controls & tokens.in_string;
    }
    tokens.spaces = spaces & outside;
    tokens.commas = bytes.Equal(',') & outside;
    tokens.colons = bytes.Equal(':') & outside;
    tokens.brackets = (bytes.EqualFolded('{') | bytes.EqualFolded('}')) & outside;
    tokens.scalars = outside & ~(tokens.spaces | tokens.commas | tokens.colons | tokens.brackets);
    tokens.scalar_starts = tokens.scalars & ~behind_scalar_.Behind(tokens.scalars);
    return tokens;
  }

  // The escaped bytes, those behind a backslash that is not escaped itself: in a run of backslashes the first, the third
  // and so on do it. So all depends on whether a run begins at an even byte.
  uint64_t TakeEscapes(const Bytes& bytes, uint64_t backslashes, uint64_t quotes, const char* at) {
    constexpr uint64_t kEven = 0x5555'5555'5555'5555;
    const uint64_t running = backslashes & ~behind_escape_.bit();  // an escaped first byte begins no run
    const uint64_t starts = running & ~(running << 1);
    const uint64_t even_runs = running & ~(running + (starts & kEven));
    const uint64_t escaping = (even_runs & kEven) | (running & ~even_runs & ~kEven);
    const uint64_t escaped = behind_escape_.Behind(escaping);

    const uint64_t u = escaped & bytes.Equal('u');
    const uint64_t letters = bytes.Equal('n') | bytes.Equal('/') | bytes.Equal('t') | bytes.Equal('r') |
                             bytes.Equal('b') | bytes.Equal('f');
    errors_ |= escaped & ~(letters | u | quotes | backslashes);
    const uint64_t first_digits = unicode_.Behind(u, 1);
    const uint64_t digits = first_digits | unicode_.Behind(u, 2) | unicode_.Behind(u, 3) | unicode_.Behind(u, 4);
    unicode_.Keep(u);
    if (digits != 0) {
      errors_ |= digits & ~(bytes.Within('0', '9') | bytes.WithinFolded('a', 'f'));
      CheckSurrogates(first_digits & bytes.EqualFolded('d'), at);
    }
    escape_open_ = behind_escape_.bit() | u >> (kBlockBytes - 4);
    return escaped;
  }

  // `first_digits`: of \uD.. escapes. A surrogate stands only in a pair: \uD8.. to \uDB.. and then \uDC.. to \uDF...
  void CheckSurrogates(uint64_t first_digits, const char* at) {
    for (; first_digits != 0; first_digits &= first_digits - 1) {
      const char* const digit = at + __builtin_ctzll(first_digits);
      if (end_ - digit < 4) return Fail();
      const char second = Folded(digit[1]);
      if (second < '8' || second > 'f') continue;  // a character below the surrogates, or no digit at all
      if (second >= 'c') {
        if (digit != low_surrogate_at_) return Fail();
        continue;
      }
      if (end_ - digit < 8 || digit[4] != '\\' || digit[5] != 'u' || Folded(digit[6]) != 'd') return Fail();
      if (Folded(digit[7]) < 'c') return Fail();
      low_surrogate_at_ = digit + 6;
    }
  }

  // --- UTF-8 --------------------------------------------------------------------------------------------------

  // The Unicode Standard's table of well-formed sequences (3-7): how many bytes follow a first byte, and which second
  // bytes some first bytes do not take.
  void CheckUtf8(const Bytes& bytes, uint64_t high) {
    const uint64_t follow = bytes.Within(0x80, 0xBF);
    const uint64_t lead2 = bytes.Within(0xC2, 0xDF);
    const uint64_t lead3 = bytes.Within(0xE0, 0xEF);
    const uint64_t lead4 = bytes.Within(0xF0, 0xF4);
    errors_ |= high & ~(follow | lead2 | lead3 | lead4);
    const uint64_t wanted = leads_.Behind(lead2 | lead3 | lead4, 1) | leads3_.Behind(lead3 | lead4, 2) |
                            leads4_.Behind(lead4, 3);
    errors_ |= wanted ^ follow;
    const uint64_t from_a0 = bytes.Within(0xA0, 0xBF);
    const uint64_t from_90 = from_a0 | bytes.Within(0x90, 0x9F);
    errors_ |= behind_e0_.Behind(bytes.Equal('\xE0')) & ~from_a0;  // longer than it need be
    errors_ |= behind_ed_.Behind(bytes.Equal('\xED')) & from_a0;   // a surrogate
    errors_ |= behind_f0_.Behind(bytes.Equal('\xF0')) & ~from_90;  // longer than it need be
    errors_ |= behind_f4_.Behind(bytes.Equal('\xF4')) & from_90;   // above U+10FFFF
    leads_.Keep(lead2 | lead3 | lead4);
    leads3_.Keep(lead3 | lead4);
    leads4_.Keep(lead4);
    sequence_open_ = leads_.Behind(0, 1) | leads3_.Behind(0, 2) | leads4_.Behind(0, 3);
  }

  // --- Containers ---------------------------------------------------------------------------------------------

  Brackets TakeBrackets(uint64_t todo, const char* at) {
    Brackets found;
    uint64_t done = 0;  // all bytes before the bracket looked at last
    for (; todo != 0; todo &= todo - 1) {
      const uint64_t bracket = todo & (uint64_t{0} - todo);
      Place((bracket - 1) & ~done, &found);
      done = bracket - 1;
      TakeBracket(at[__builtin_ctzll(bracket)], bracket, &found);
    }
    Place(~done, &found);
    return found;
  }

  void Place(uint64_t bytes, Brackets* found) const {
    if (in_object()) found->in_object |= bytes;
    if (depth_ == 1) found->in_root |= bytes;
    if (depth_ == 0) found->in_nothing |= bytes;
  }

  void TakeBracket(char byte, uint64_t bracket, Brackets* found) {
    const bool object = (byte & 0x20) != 0;  // '{' and '}', not '[' and ']'
    const bool opens = (byte & 0x02) != 0;   // '{' 7B and '[' 5B, not '}' 7D and ']' 5D
    if (opens) {
      (object ? found->objects_open : found->arrays_open) |= bracket;
      if (depth_ == limits::kMaxDepth) return Fail();
      ++depth_;
      uint64_t& word = objects_[depth_ / 64];
      const uint64_t bit = uint64_t{1} << (depth_ % 64);
      word = object ? word | bit : word & ~bit;
    } else {
      (object ? found->objects_close : found->arrays_close) |= bracket;
      if (depth_ == 0 || in_object() != object) return Fail();
      --depth_;
    }
  }

  bool in_object() const { return (objects_[depth_ / 64] >> (depth_ % 64) & 1) != 0; }

  // --- Grammar ------------------------------------------------------------------------------------------------

  void CheckGrammar(const Bytes& bytes, const Tokens& tokens, const Brackets& brackets, const char* at) {
    const uint64_t separators = tokens.commas | tokens.colons;
    const uint64_t values = tokens.opening_quotes | brackets.objects_open | brackets.arrays_open | tokens.scalar_starts;
    // Behind an opening bracket, a comma or a colon stands a value (or a key), and nowhere else.
    const uint64_t expected =
        behind_opener_.FirstBehind(brackets.objects_open | brackets.arrays_open | separators, tokens.spaces);
    errors_ |= values & ~expected;
    errors_ |= separators & expected;
    errors_ |= tokens.commas & brackets.in_nothing;
    // A container may close at once.
    const uint64_t object_begins = behind_object_.FirstBehind(brackets.objects_open, tokens.spaces);
    const uint64_t array_begins = behind_array_.FirstBehind(brackets.arrays_open, tokens.spaces);
    errors_ |= brackets.objects_close & expected & ~object_begins;
    errors_ |= brackets.arrays_close & expected & ~array_begins;
    // In an object what follows a comma is a key, and so is the first, unless there is none.
    const uint64_t next_keys = behind_comma_.FirstBehind(tokens.commas & brackets.in_object, tokens.spaces);
    errors_ |= next_keys & ~tokens.opening_quotes;
    errors_ |= object_begins & ~(tokens.opening_quotes | brackets.objects_close);
    // Behind a key stands a colon, and nowhere else.
    const uint64_t keys = (next_keys | object_begins) & tokens.opening_quotes;
    const uint64_t key_ends = key_.EndOfRun(keys, tokens.in_string);
    errors_ |= behind_key_.FirstBehind(key_ends, tokens.spaces) ^ tokens.colons;
    TakeRootKeys(behind_root_key_quote_.Behind(keys & brackets.in_root) &
                     (bytes.Equal('t') | bytes.Equal('u') | tokens.backslashes),
                 at);
  }

  // `first`: first bytes of root keys that may be ts or uid.
  void TakeRootKeys(uint64_t first, const char* at) {
    for (; first != 0; first &= first - 1) {
      const char* const key = at + __builtin_ctzll(first);
      const std::string_view rest(key, static_cast<size_t>(end_ - key));
      if (StartsWith(rest, "ts\"")) after_ts_key_ = key + 3;
      if (StartsWith(rest, "uid\"")) after_uid_key_ = key + 4;
      // Escapes may spell either name.
      ask_reference_ |= rest[0] == '\\' || StartsWith(rest, "t\\") || StartsWith(rest, "u\\") || StartsWith(rest, "ui\\");
    }
  }

  // --- Numbers and literals -------------------------------------------------------------------------------------

  void CheckScalars(const Bytes& bytes, const Tokens& tokens, const char* at) {
    const uint64_t digits = bytes.Within('0', '9') & tokens.scalars;
    const uint64_t minus = bytes.Equal('-') & tokens.scalars;
    const uint64_t literals = TakeLiterals(tokens.scalar_starts & ~(digits | minus), tokens.scalars, at);
    const uint64_t numbers = tokens.scalars & ~literals;
    const uint64_t starts = tokens.scalar_starts & numbers;
    const uint64_t first_digits = starts | behind_first_minus_.Behind(minus & starts);
    // 0 is a number, 01 is not.
    errors_ |= behind_first_zero_.Behind(first_digits & bytes.Equal('0')) & digits;
    const uint64_t others = numbers & ~digits;
    if ((others | number_part_open_) != 0) CheckNumberParts(bytes, starts, digits, minus, others);
    behind_digit_ = digits >> (kBlockBytes - 1);
    number_open_ = number_part_open_ | behind_first_minus_.bit() | behind_first_zero_.bit() | literal_rest_ |
                   behind_literal_.bit();
  }

  // Everything of numbers but digits: sign, point, exponent.
  void CheckNumberParts(const Bytes& bytes, uint64_t starts, uint64_t digits, uint64_t minus, uint64_t others) {
    const uint64_t points = bytes.Equal('.') & others;
    const uint64_t exponents = bytes.EqualFolded('e') & others;
    const uint64_t plus = bytes.Equal('+') & others;
    errors_ |= others & ~(points | exponents | plus | minus);
    const uint64_t in_exponent = behind_exponent_.Behind(exponents);
    const uint64_t signs = (minus & ~starts) | plus;
    errors_ |= signs & ~in_exponent;
    errors_ |= in_exponent & ~(digits | signs);
    // A point, an exponent: behind a digit. Behind a point, a sign: a digit.
    errors_ |= (points | exponents) & ~(digits << 1 | behind_digit_);
    errors_ |= needs_digit_.Behind(points | plus | minus) & ~digits;
    // Behind the digits of a fraction stands no second point; behind those of an exponent neither part.
    errors_ |= fraction_.FirstBehind(points, digits) & points;
    errors_ |= exponent_.FirstBehind(exponents, digits | signs) & (points | exponents);
    number_part_open_ =
        behind_exponent_.bit() | needs_digit_.bit() | fraction_.bit() | exponent_.bit();
  }

  // The bytes of true, false and null, which begin at `starts`; whatever else begins there is an error.
  uint64_t TakeLiterals(uint64_t starts, uint64_t scalars, const char* at) {
    uint64_t literals = literal_rest_;
    uint64_t last = literal_rest_ & ~(literal_rest_ >> 1);
    literal_rest_ = 0;
    for (; starts != 0; starts &= starts - 1) {
      const auto first = static_cast<unsigned>(__builtin_ctzll(starts));
      const unsigned length = LiteralLength(std::string_view(at + first, static_cast<size_t>(end_ - (at + first))));
      if (length == 0) {
        Fail();
        continue;
      }
      literals |= ((uint64_t{1} << length) - 1) << first;
      if (first + length <= kBlockBytes) {
        last |= uint64_t{1} << (first + length - 1);
      } else {
        literal_rest_ = (uint64_t{1} << (first + length - kBlockBytes)) - 1;
      }
    }
    errors_ |= behind_literal_.Behind(last) & scalars;
    return literals;
  }

  static unsigned LiteralLength(std::string_view text) {
    if (StartsWith(text, "true") || StartsWith(text, "null")) return 4;
    return StartsWith(text, "false") ? 5 : 0;
  }

  static bool StartsWith(std::string_view text, std::string_view with) { return text.substr(0, with.size()) == with; }
  static char Folded(char c) { return static_cast<char>(c | 0x20); }
  void Fail() { errors_ |= 1; }

  // Fixed after construction.
  const std::string_view frame_;
  const char* const end_;

  uint64_t errors_ = 0;  // any bit: the frame is not JSON
  bool ask_reference_ = false;
  const char* after_ts_key_ = nullptr;
  const char* after_uid_key_ = nullptr;

  // From block to block. Where something is open, the next block must be looked at though nothing of its kind is in it.
  uint64_t inside_ = 0;  // all ones: within a string
  Carry behind_escape_;
  Tail unicode_;
  uint64_t escape_open_ = 0;
  const char* low_surrogate_at_ = nullptr;

  Tail leads_, leads3_, leads4_;
  Carry behind_e0_, behind_ed_, behind_f0_, behind_f4_;
  uint64_t sequence_open_ = 0;

  unsigned depth_ = 0;
  std::array<uint64_t, limits::kMaxDepth / 64 + 1> objects_{};  // by depth: is it an object

  Carry behind_opener_{true};  // the root is expected
  Carry behind_object_, behind_array_, behind_comma_, key_, behind_key_, behind_root_key_quote_;

  Carry behind_scalar_, behind_first_minus_, behind_first_zero_, behind_exponent_, needs_digit_, fraction_, exponent_;
  uint64_t behind_digit_ = 0;
  uint64_t number_part_open_ = 0;
  uint64_t literal_rest_ = 0;  // bytes of a literal that began in the last block
  Carry behind_literal_;
  uint64_t number_open_ = 0;
};

}  // namespace headcount::scan
