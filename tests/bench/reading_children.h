// Several processes that read a topic side by side, as headcount's workers do, and one line that says what they read.
// Runs in raw_consumer and fetch_drain.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace headcount::bench {

struct ReadTotals {
  uint64_t frames = 0;
  uint64_t bytes = 0;
};

struct ReadingOptions {
  std::string host;
  std::string port;
  std::string topic;
  int32_t partitions = 0;
  int32_t children = 2;  // child i reads the partitions p with p mod children = i
};

// Of a command line HOST:PORT TOPIC PARTITIONS [CHILDREN]; ends the process with 64 if it is none.
ReadingOptions ParseReadingOptions(int argc, char** argv);

// Runs `read` for each child in a process of its own and prints the sum as one line of JSON; returns the exit code.
// The first thing any child says on stderr is "first record". An exception in a child is an error of the whole.
int ReadSideBySide(const ReadingOptions& options, const std::function<ReadTotals(int32_t child)>& read);

// To be called by a child with its first record.
void SayFirstRecord();

}  // namespace headcount::bench
