// Carries an operating failure: a Result is a value, or an Error that says what was attempted and with which exit code
// the process ends. Pure; every process uses it. Expected outcomes are plain return values; broken invariants are
// checks (check.h).
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace headcount {

// The exit codes of `headcount`, after sysexits.h. README.md has the table for users.
enum class ExitCode : int {
  kDone = 0,
  kUnhealthy = 1,     // `headcount health` only
  kUsage = 64,        // an option or its value
  kNoData = 65,       // the job read all input and could count none of it
  kUnavailable = 69,  // the broker cannot be reached at start
  kBroken = 70,       // a broken invariant
  kTryAgain = 75,     // the job lost the broker, or hit a restart limit
  kHumanNeeded = 78,  // a restart cannot mend it
};

// The exit code's name in log lines.
constexpr const char* Name(ExitCode code) {
  switch (code) {
    case ExitCode::kDone: return "done";
    case ExitCode::kUnhealthy: return "unhealthy";
    case ExitCode::kUsage: return "usage";
    case ExitCode::kNoData: return "no_data";
    case ExitCode::kUnavailable: return "unavailable";
    case ExitCode::kBroken: return "broken";
    case ExitCode::kTryAgain: return "try_again";
    case ExitCode::kHumanNeeded: return "human_needed";
  }
  return "?";
}

struct Error {
  ExitCode exit_code;
  std::string message;  // one sentence: what was attempted, on what, what was wrong, what would be right
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

// A result without a value.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};

}  // namespace headcount
