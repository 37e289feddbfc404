#include "tests/bench/decode_rivals.h"

#include <rapidjson/document.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <memory>

#ifdef HEADCOUNT_SIMDJSON
#include <simdjson.h>
#endif

namespace headcount::bench {
namespace {

// What RapidJSON needs to be safe and as strict as it can be.
constexpr unsigned kStrict =
    rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseValidateEncodingFlag;
constexpr size_t kDomBytes = size_t{256} << 10;  // enough for the values of any frame of the bench, so nothing is freed

using DomAllocator = rapidjson::MemoryPoolAllocator<>;
using Dom = rapidjson::GenericDocument<rapidjson::UTF8<>, DomAllocator, rapidjson::CrtAllocator>;

DecodeRival RapidJsonDom() {
  auto buffer = std::make_shared<std::vector<char>>(kDomBytes);
  return {"RapidJSON DOM", 0, [buffer](std::string_view frame) {
            DomAllocator allocator(buffer->data(), buffer->size());
            Dom document(&allocator);
            rapidjson::MemoryStream stream(frame.data(), frame.size());
            document.ParseStream<kStrict>(stream);
            return !document.HasParseError();
          }};
}

DecodeRival RapidJsonSax() {
  auto reader = std::make_shared<rapidjson::Reader>();
  return {"RapidJSON SAX", 0, [reader](std::string_view frame) {
            rapidjson::BaseReaderHandler<> ignore_all;
            rapidjson::MemoryStream stream(frame.data(), frame.size());
            return !reader->Parse<kStrict>(stream, ignore_all).IsError();
          }};
}

#ifdef HEADCOUNT_SIMDJSON
// simdjson reads past a frame's end. A frame in librdkafka's buffer has nothing of ours behind it, so that it must be
// copied; what the copy costs is seen beside a parse of frames that are padded already.
DecodeRival SimdjsonDom(bool with_copy) {
  auto parser = std::make_shared<simdjson::dom::parser>();
  return {with_copy ? "simdjson DOM" : "simdjson DOM, no copy", with_copy ? 0 : simdjson::SIMDJSON_PADDING,
          [parser, with_copy](std::string_view frame) {
            return parser->parse(frame.data(), frame.size(), with_copy).error() == simdjson::SUCCESS;
          }};
}
#endif

}  // namespace

std::vector<DecodeRival> DecodeRivals() {
  std::vector<DecodeRival> rivals = {RapidJsonDom(), RapidJsonSax()};
#ifdef HEADCOUNT_SIMDJSON
  rivals.push_back(SimdjsonDom(true));
  rivals.push_back(SimdjsonDom(false));
#endif
  return rivals;
}

std::string DecodeRivalVersions() {
  std::string versions = "RapidJSON " RAPIDJSON_VERSION_STRING;
#ifdef HEADCOUNT_SIMDJSON
  const auto dotted = [](int number) { return std::to_string(number) + "."; };
  versions += ", simdjson " + dotted(simdjson::SIMDJSON_VERSION_MAJOR) + dotted(simdjson::SIMDJSON_VERSION_MINOR) +
              std::to_string(simdjson::SIMDJSON_VERSION_REVISION) + " (" +
              simdjson::get_active_implementation()->name() + ")";
#endif
  return versions;
}

}  // namespace headcount::bench
