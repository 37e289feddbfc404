// The outside of a small program with options: help, what is wrong with what was typed, and the exit code. For the
// programs of tests/support and tests/bench.
#pragma once

#include <boost/program_options.hpp>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>

namespace headcount::test {

// What was typed makes no sense, though each option does.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// 0; 64: an option, or UsageError; 1: anything else that `work` throws. `name` begins each line on stderr.
template <typename Work>
int RunCommand(const std::string& name, const boost::program_options::options_description& options, int argc,
               char** argv, Work work) {
  namespace po = boost::program_options;
  constexpr int kUsage = 64;
  const auto failed = [&name](const std::exception& e, int exit_code) {
    std::cerr << name << ": " << e.what() << "\n";
    return exit_code;
  };
  try {
    po::variables_map given;
    po::store(po::command_line_parser(argc, argv).options(options).positional({}).run(), given);
    po::notify(given);
    if (given.count("help") != 0) {
      std::cout << options;
    } else {
      work(given);
    }
    return 0;
  } catch (const po::error& e) {
    return failed(e, kUsage);
  } catch (const UsageError& e) {
    return failed(e, kUsage);
  } catch (const std::exception& e) {
    return failed(e, 1);
  }
}

}  // namespace headcount::test
