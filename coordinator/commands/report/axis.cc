#include "coordinator/commands/report/axis.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <ctime>
#include <utility>

#include "coordinator/text/number_text.h"

namespace headcount {
namespace {

constexpr int64_t kDayS = 86400;
constexpr int64_t kLastShownS = 253'402'300'799;  // 9999-12-31T23:59:59Z
constexpr int64_t kMaxMarks = 8;
constexpr std::array<int64_t, 21> kRoundS = {1,     2,     5,     10,    15,    30,        60,
                                             120,   300,   600,   900,   1800,  3600,      7200,
                                             10800, 14400, 21600, 43200, kDayS, 2 * kDayS, 7 * kDayS};
constexpr std::array<int, 15> kRoundMonths = {1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12000, 24000};
constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

tm CalendarOf(int64_t time_s) {
  const time_t time = time_s;
  tm calendar{};
  gmtime_r(&time, &calendar);
  return calendar;
}

int64_t SecondsOf(int months_since_year_0) {
  tm calendar{};
  calendar.tm_year = months_since_year_0 / 12 - 1900;
  calendar.tm_mon = months_since_year_0 % 12;
  calendar.tm_mday = 1;
  return timegm(&calendar);
}

// The first month that does not begin before `time_s`, counted from year 0.
int MonthFrom(int64_t time_s) {
  const tm calendar = CalendarOf(time_s);
  const int month = (calendar.tm_year + 1900) * 12 + calendar.tm_mon;
  return SecondsOf(month) < time_s ? month + 1 : month;
}

std::string Day(const tm& calendar) {
  return std::string(kMonths[static_cast<size_t>(calendar.tm_mon)]) + " " + std::to_string(calendar.tm_mday);
}

// Midnight gets the date as its label: the begin of a day matters more than 00:00.
std::string LabelOf(int64_t time_s, int64_t step_s) {
  if (time_s % kDayS == 0) return Day(CalendarOf(time_s));
  const std::string text = TimeText(time_s);  // 2016-07-11T13:40:00Z
  return step_s < 60 ? text.substr(11, 8) : text.substr(11, 5);
}

std::vector<TimeMark> MarksOfMonths(int64_t begin_s, int64_t end_s, int step) {
  std::vector<TimeMark> marks;
  for (int month = (MonthFrom(begin_s) + step - 1) / step * step; SecondsOf(month) <= end_s; month += step) {
    std::string label = std::to_string(month / 12);
    if (step % 12 != 0) label.insert(0, std::string(kMonths[static_cast<size_t>(month % 12)]) + " ");
    marks.push_back({SecondsOf(month), std::move(label)});
  }
  return marks;
}

}  // namespace

ValueAxis ValueAxisOf(uint64_t most) {
  const auto wanted = static_cast<double>(std::max<uint64_t>(most, 1));
  constexpr double kSteps = 5;  // at most, below the top
  double step = std::max(1.0, std::pow(10.0, std::floor(std::log10(wanted / kSteps))));
  for (const double round : {2.0, 2.5, 2.0}) {  // 1, 2, 5, 10 times a power of ten
    if (step * kSteps >= wanted) break;
    step *= round;
  }
  ValueAxis axis;
  axis.top = std::ceil(wanted / step) * step;
  for (double mark = 0; mark < axis.top + step / 2; mark += step) axis.marks.push_back(mark);
  return axis;
}

std::vector<TimeMark> TimeMarksOf(int64_t begin_s, int64_t end_s, int64_t least_s) {
  if (begin_s < 0 || end_s > kLastShownS) return {};
  for (const int64_t step_s : kRoundS) {
    if (step_s < least_s) continue;
    const int64_t first_s = (begin_s + step_s - 1) / step_s * step_s;
    if (first_s > end_s || (end_s - first_s) / step_s + 1 > kMaxMarks) continue;
    std::vector<TimeMark> marks;
    for (int64_t time_s = first_s; time_s <= end_s; time_s += step_s)
      marks.push_back({time_s, LabelOf(time_s, step_s)});
    return marks;
  }
  const int months = MonthFrom(end_s) - MonthFrom(begin_s) + 1;
  for (const int step : kRoundMonths) {
    if (months / step + 1 <= kMaxMarks) return MarksOfMonths(begin_s, end_s, step);
  }
  return {};
}

}  // namespace headcount
