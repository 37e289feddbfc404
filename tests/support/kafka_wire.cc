#include "tests/support/kafka_wire.h"

#include <cstddef>
#include <stdexcept>

namespace headcount::test {
namespace {

constexpr size_t kLengthBytes = 4;
constexpr char kHost[] = "127.0.0.1";

// Walks through a frame and may write into it. Throws where the frame ends too early.
class Cursor {
 public:
  Cursor(std::string* bytes, size_t at) : bytes_(bytes), at_(at) {}

  void Skip(size_t count) {
    Need(count);
    at_ += count;
  }
  int64_t Integer(size_t width) {
    Need(width);
    uint64_t value = 0;
    for (size_t i = 0; i < width; ++i) value = value << 8 | static_cast<uint8_t>((*bytes_)[at_ + i]);
    at_ += width;
    return static_cast<int64_t>(value);
  }
  int64_t VarInt() {
    int64_t value = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      const int64_t byte = Integer(1);
      value |= (byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    throw std::out_of_range("a number without end");
  }
  // A length of -1, of 0 in a compact one, says that there is none.
  void SkipString() {
    const auto length = static_cast<int16_t>(Integer(2));
    if (length > 0) Skip(static_cast<size_t>(length));
  }
  void SkipCompactString() {
    const int64_t length = VarInt() - 1;
    if (length > 0) Skip(static_cast<size_t>(length));
  }
  // {tag, size, bytes}
  void SkipTags() {
    for (int64_t tags = VarInt(); tags > 0; --tags) {
      VarInt();
      Skip(static_cast<size_t>(VarInt()));
    }
  }
  void Put(WireError error) {
    Need(2);
    const auto code = static_cast<uint16_t>(error);
    (*bytes_)[at_++] = static_cast<char>(code >> 8);
    (*bytes_)[at_++] = static_cast<char>(code & 0xff);
  }

 private:
  void Need(size_t count) const {
    if (count > bytes_->size() - at_) throw std::out_of_range("a frame ends too early");
  }

  std::string* bytes_;
  size_t at_;
};

void Append(std::string* bytes, size_t width, int64_t value) {
  for (size_t i = width; i-- > 0;) bytes->push_back(static_cast<char>(static_cast<uint64_t>(value) >> (8 * i) & 0xff));
}

Cursor Body(std::string* answer) { return Cursor(answer, kLengthBytes + 4); }

// {throttle time, error, ...}
void PutErrorOfRequest(bool has_tags, WireError error, std::string* answer) {
  Cursor cursor = Body(answer);
  if (has_tags) cursor.Skip(1);
  cursor.Skip(4);
  cursor.Put(error);
}

// [topic, [partition, error, ...]]
void PutErrorOfPartitions(size_t bytes_before, size_t bytes_behind_error, WireError error, std::string* answer) {
  Cursor cursor = Body(answer);
  cursor.Skip(bytes_before);
  for (int64_t topics = cursor.Integer(4); topics > 0; --topics) {
    cursor.SkipString();
    for (int64_t partitions = cursor.Integer(4); partitions > 0; --partitions) {
      cursor.Skip(4);
      cursor.Put(error);
      cursor.Skip(bytes_behind_error);
    }
  }
}

// [topic, [partition, error, offset, time, first offset, [record, its error], error's text]]: a batch's errors by
// record came with version 8 of Produce, compact arrays and tags with 9, leaders behind the topics with 10.
void PutErrorOfProduced(int16_t version, WireError error, std::string* answer) {
  const bool compact = version >= 9;
  Cursor cursor = Body(answer);
  const auto count = [&] { return compact ? cursor.VarInt() - 1 : cursor.Integer(4); };
  const auto skip_string = [&] { compact ? cursor.SkipCompactString() : cursor.SkipString(); };
  const auto skip_tags = [&] {
    if (compact) cursor.SkipTags();
  };
  skip_tags();  // of the head
  for (int64_t topics = count(); topics > 0; --topics) {
    skip_string();
    for (int64_t partitions = count(); partitions > 0; --partitions) {
      cursor.Skip(4);
      cursor.Put(error);
      cursor.Skip(8 + 8 + 8);
      for (int64_t records = count(); records > 0; --records) {
        cursor.Skip(4);
        skip_string();
        skip_tags();
      }
      skip_string();
      skip_tags();
    }
    skip_tags();
  }
}

// The same with compact arrays and tags, as TxnOffsetCommit has them from version 3 on.
void PutErrorOfCompactPartitions(WireError error, std::string* answer) {
  Cursor cursor = Body(answer);
  cursor.Skip(1 + 4);
  for (int64_t topics = cursor.VarInt() - 1; topics > 0; --topics) {
    cursor.SkipCompactString();
    for (int64_t partitions = cursor.VarInt() - 1; partitions > 0; --partitions) {
      cursor.Skip(4);
      cursor.Put(error);
      cursor.Skip(1);
    }
    cursor.Skip(1);
  }
}

}  // namespace

std::optional<RequestHead> HeadOf(const std::string& frame) {
  if (frame.size() < kLengthBytes + 8) return std::nullopt;
  std::string copy = frame.substr(0, kLengthBytes + 8);
  Cursor cursor(&copy, kLengthBytes);
  RequestHead head{};
  head.api = static_cast<Api>(cursor.Integer(2));
  head.version = static_cast<int16_t>(cursor.Integer(2));
  head.correlation = static_cast<int32_t>(cursor.Integer(4));
  return head;
}

int32_t CorrelationOf(const std::string& frame) {
  std::string copy = frame.substr(0, kLengthBytes + 4);
  return static_cast<int32_t>(Cursor(&copy, kLengthBytes).Integer(4));
}

bool PutError(const RequestHead& request, WireError error, std::string* answer) {
  const int16_t version = request.version;
  switch (request.api) {
    case Api::kEndTxn:
    case Api::kAddOffsetsToTxn:
      if (version > 2) return false;
      PutErrorOfRequest(false, error, answer);
      return true;
    case Api::kInitProducerId:
      if (version > 4) return false;
      PutErrorOfRequest(version >= 2, error, answer);
      return true;
    case Api::kAddPartitionsToTxn:
      if (version > 2) return false;
      PutErrorOfPartitions(4, 0, error, answer);
      return true;
    case Api::kProduce:
      if (version < 5 || version > 12) return false;
      if (version < 8) {
        PutErrorOfPartitions(0, 8 + 8 + 8, error, answer);
      } else {
        PutErrorOfProduced(version, error, answer);
      }
      return true;
    case Api::kTxnOffsetCommit:
      if (version > 3) return false;
      if (version == 3) {
        PutErrorOfCompactPartitions(error, answer);
      } else {
        PutErrorOfPartitions(4, 0, error, answer);
      }
      return true;
    default: return false;
  }
}

std::optional<std::string> AuthFailure(const RequestHead& request, WireError error) {
  std::string body;
  Append(&body, 4, request.correlation);
  switch (request.api) {
    case Api::kEndTxn:
    case Api::kAddOffsetsToTxn:
      if (request.version > 2) return std::nullopt;
      Append(&body, 4, 0);
      Append(&body, 2, static_cast<int64_t>(error));
      break;
    case Api::kInitProducerId:
      if (request.version < 2 || request.version > 4) return std::nullopt;
      Append(&body, 1, 0);
      Append(&body, 4, 0);
      Append(&body, 2, static_cast<int64_t>(error));
      Append(&body, 8, -1);
      Append(&body, 2, -1);
      Append(&body, 1, 0);
      break;
    default: return std::nullopt;
  }
  std::string frame;
  Append(&frame, kLengthBytes, static_cast<int64_t>(body.size()));
  return frame + body;
}

void RenameBroker(uint16_t from_port, uint16_t to_port, std::string* answer) {
  std::string from = kHost;
  Append(&from, 4, from_port);
  std::string to = kHost;
  Append(&to, 4, to_port);
  for (size_t at = answer->find(from); at != std::string::npos; at = answer->find(from, at + to.size())) {
    answer->replace(at, from.size(), to);
  }
}

}  // namespace headcount::test
