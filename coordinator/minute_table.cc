#include "coordinator/minute_table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "coordinator/number_text.h"

namespace headcount {
namespace {

constexpr int kBarColumns = 25;

std::string Row(const std::array<std::string, 4>& columns, const std::string& last) {
  char text[100];
  const int length = snprintf(text, sizeof text, "%-20s  %9s  %9s  %9s  %s", columns[0].c_str(), columns[1].c_str(),
                              columns[2].c_str(), columns[3].c_str(), last.c_str());
  std::string row(text, static_cast<size_t>(std::clamp<int>(length, 0, sizeof text - 1)));
  row.erase(row.find_last_not_of(' ') + 1);
  return row + '\n';
}

}  // namespace

std::string MinuteTableHead(int64_t window_s) {
  return Row({window_s == 60 ? "MINUTE" : "WINDOW", "USERS", "EVENTS", "LATE"}, "");
}

std::string MinuteTableRow(const PublishedMinute& minute, uint64_t most) {
  const double share = static_cast<double>(minute.unique_users) / static_cast<double>(std::max<uint64_t>(most, 1));
  const auto bar = static_cast<size_t>(std::lround(std::min(share, 1.0) * kBarColumns));
  return Row({TimeText(minute.start.seconds()), Short(minute.unique_users), Short(minute.counts.counted),
              Short(minute.counts.late)},
             std::string(bar, '#'));
}

}  // namespace headcount
