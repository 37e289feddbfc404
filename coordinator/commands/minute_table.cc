#include "coordinator/commands/minute_table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "coordinator/text/number_text.h"

namespace headcount {
namespace {

// The part of the eighty columns that the numbers leave.
constexpr int kBarColumns = 9;
constexpr size_t kNarrow = 7;

// The last three numbers are small if all is well. If they are not, their size says enough.
std::string Narrow(uint64_t number) {
  const std::string text = Short(number);
  if (text.size() <= kNarrow) return text;
  char millions[20];
  snprintf(millions, sizeof millions, "%.2f M", static_cast<double>(number) / 1e6);
  return number < 10'000'000 ? millions : text;
}

std::string Row(const std::array<std::string, 6>& columns, const std::string& last) {
  char text[120];
  const int length =
      snprintf(text, sizeof text, "%-20s  %9s  %9s  %7s  %7s  %7s  %s", columns[0].c_str(), columns[1].c_str(),
               columns[2].c_str(), columns[3].c_str(), columns[4].c_str(), columns[5].c_str(), last.c_str());
  std::string row(text, static_cast<size_t>(std::clamp<int>(length, 0, sizeof text - 1)));
  row.erase(row.find_last_not_of(' ') + 1);
  return row + '\n';
}

}  // namespace

std::string MinuteTableHead(int64_t window_s) {
  return Row({window_s == 60 ? "MINUTE" : "WINDOW", "USERS", "EVENTS", "LATE", "INVALID", "FUTURE"}, "");
}

std::string MinuteTableRow(const PublishedMinute& minute, uint64_t most) {
  const double share = static_cast<double>(minute.unique_users) / static_cast<double>(std::max<uint64_t>(most, 1));
  const auto bar = static_cast<size_t>(std::lround(std::min(share, 1.0) * kBarColumns));
  return Row({TimeText(minute.start.seconds()), Short(minute.unique_users), Short(minute.counts.counted),
              Narrow(minute.counts.late), Narrow(minute.counts.invalid()), Narrow(minute.counts.future)},
             std::string(bar, '#'));
}

}  // namespace headcount
