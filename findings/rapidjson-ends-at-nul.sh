#!/usr/bin/env bash
# RapidJSON calls a frame complete that goes on after its first NUL, also where it was told how long the frame is.
# What: rapidjson-dev 1.1.0+dfsg2-7.1 (Debian 12), header only, with the default flags.
# Expected: Parse(text, length) looks at all of the text, and what stands behind the document is an error
#   (kParseErrorDocumentRootNotSingular), as it says for any other byte.
# Seen: the stream that Parse makes gives NUL at its end, so any NUL is the end: the bytes behind it are not looked at,
#   and nothing in the result tells how far it read. Only inside a string that is still open a NUL is an error.
# Why it matters: a frame whose buffer was not filled, or two frames with a NUL between, counts as one valid frame;
#   other parsers call the same bytes invalid, so two counts of one topic differ. Compare the stream's Tell() with the
#   length.
# Output seen on 2026-12-01: below.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

seen='alone: valid, error 0 at 0 of 8 bytes
with a space and more behind it: invalid, error 2 at 9 of 17 bytes
with a NUL and more behind it: valid, error 0 at 0 of 17 bytes
with a NUL in an open string: invalid, error 11 at 8 of 11 bytes'

need c++
debian packages rapidjson-dev=1.1.0+dfsg2-7.1
cat >"$tmp/nul.cc" <<'CC'
#include <rapidjson/document.h>

#include <cstdio>
#include <string>

int main() {
  const std::string whole = "{\"ts\":1}";
  const std::pair<const char*, std::string> cases[] = {
      {"alone", whole},
      {"with a space and more behind it", whole + " {\"ts\":2}"},
      {"with a NUL and more behind it", whole + std::string(1, '\0') + "{\"ts\":2}"},
      {"with a NUL in an open string", std::string("{\"ts\":\"1") + std::string(1, '\0') + "\"}"},
  };
  for (const auto& [name, text] : cases) {
    rapidjson::Document document;
    document.Parse(text.data(), text.size());
    std::printf("%s: %s, error %d at %zu of %zu bytes\n", name, document.HasParseError() ? "invalid" : "valid",
                static_cast<int>(document.GetParseError()), document.GetErrorOffset(), text.size());
  }
}
CC
c++ -std=c++17 -I "$tmp/packages/usr/include" -o "$tmp/nul" "$tmp/nul.cc"
still "$seen" "$("$tmp/nul")"
