// What is fuzzed: each function takes any bytes, and ends the process, saying why, if the program is wrong about them.
// They run under libFuzzer (preset fuzz, scripts/fuzz.sh), and in every other build over the kept inputs.
#pragma once

#include <string>
#include <string_view>

namespace headcount::test {

// The bytes are a frame: the decoder says of it what the oracle says.
void TryDecoder(std::string_view bytes);
// The bytes are a program of records, excuses, poison, commits and deaths: the judge counts as the oracle does.
void TryJudge(std::string_view bytes);
// The bytes are a text from Kafka's metadata: it is refused, or it is exactly what its point is printed as.
void TryCommitMetadata(std::string_view bytes);

// Says what is wrong, and aborts: libFuzzer then keeps the input.
[[noreturn]] void Wrong(const std::string& what);

}  // namespace headcount::test
