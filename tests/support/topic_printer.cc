#include "tests/support/topic_printer.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <iomanip>
#include <limits>
#include <ostream>
#include <string>

#include "tests/support/json_reader.h"

namespace headcount::test {
namespace {

constexpr std::array<const char*, 5> kColumns = {"unique_users", "events", "late", "invalid", "future"};
using Numbers = std::array<uint64_t, kColumns.size()>;

int64_t MinuteOf(const KafkaRecord& record) {
  char* end = nullptr;
  const int64_t minute = record.key ? std::strtoll(record.key->c_str(), &end, 10) : 0;
  const bool is_number = record.key && !record.key->empty() && *end == '\0';
  return is_number ? minute : std::numeric_limits<int64_t>::max();
}

void PrintRow(const std::string& name, const Numbers& numbers, std::ostream& out) {
  out << std::left << std::setw(20) << name << std::right;
  for (const uint64_t number : numbers) out << std::setw(12) << number;
  out << "\n";
}

bool ReadRow(const KafkaRecord& record, std::string* minute, Numbers* numbers) {
  const auto root = ReadJson(record.value.value_or(""));
  if (!root || root->Find("minute") == nullptr) return false;
  *minute = root->Find("minute")->text;
  for (size_t i = 0; i < kColumns.size(); ++i) {
    const JsonValue* value = root->Find(kColumns[i]);
    if (value == nullptr || value->kind != JsonValue::Kind::kNumber) return false;
    (*numbers)[i] = std::strtoull(value->text.c_str(), nullptr, 10);
  }
  return true;
}

}  // namespace

void SortByMinute(std::vector<KafkaRecord>* records) {
  std::stable_sort(records->begin(), records->end(),
                   [](const KafkaRecord& a, const KafkaRecord& b) { return MinuteOf(a) < MinuteOf(b); });
}

void PrintValues(const std::vector<KafkaRecord>& records, std::ostream& out) {
  for (const KafkaRecord& record : records) out << record.value.value_or("") << "\n";
}

void PrintTable(const std::vector<KafkaRecord>& records, std::ostream& out) {
  out << std::left << std::setw(20) << "minute" << std::right;
  for (const char* column : {"users", "events", "late", "invalid", "future"}) out << std::setw(12) << column;
  out << "\n";
  Numbers sums{};
  for (const KafkaRecord& record : records) {
    std::string minute;
    Numbers numbers{};
    if (!ReadRow(record, &minute, &numbers)) {
      out << "not an output record: " << record.value.value_or("(no value)") << "\n";
      continue;
    }
    for (size_t i = 0; i < sums.size(); ++i) sums[i] += numbers[i];
    PrintRow(minute, numbers, out);
  }
  PrintRow("sum of the minutes", sums, out);
}

}  // namespace headcount::test
