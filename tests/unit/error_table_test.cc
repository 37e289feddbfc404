// Every error code that the library knows has its class, under the library's own name.
#include "common/kafka/error_table.h"

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>

#include <string>

namespace headcount {
namespace {

using kafka::ClassOf;
using kafka::ErrorClass;
using kafka::FindError;

// Whichever version is installed: where a newer one knows more, this names what the table lacks.
TEST(ErrorTable, HoldsEveryCodeThatTheLibraryKnowsUnderItsName) {
  const rd_kafka_err_desc* descriptions = nullptr;
  size_t count = 0;
  rd_kafka_get_err_descs(&descriptions, &count);
  size_t walked = 0;
  for (size_t i = 0; i < count; ++i) {
    const rd_kafka_err_desc& known = descriptions[i];
    // The list has gaps, and names of its own for its two ends.
    if (known.desc == nullptr || known.code == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    if (known.code == RD_KAFKA_RESP_ERR__BEGIN || known.code == RD_KAFKA_RESP_ERR__END) continue;
    ++walked;
    const kafka::KnownError* const entry = FindError(known.code);
    ASSERT_NE(entry, nullptr) << "librdkafka " << rd_kafka_version_str() << " knows " << known.name << " ("
                              << known.code << ": " << known.desc
                              << "), and common/kafka/error_table.cc gives it no class";
    EXPECT_EQ(entry->name, known.name) << known.code;
  }
  EXPECT_GT(walked, 150U) << "it was not the library's whole list";
}

TEST(ErrorTable, HoldsEachCodeOnce) {
  for (int code = -200; code <= 200; ++code) {
    const kafka::KnownError* const entry = FindError(code);
    if (entry == nullptr) continue;
    for (int other = code + 1; other <= 200; ++other) {
      const kafka::KnownError* const later = FindError(other);
      if (later == nullptr) continue;
      EXPECT_NE(entry->name, later->name);
    }
  }
}

TEST(ErrorTable, ACodeThatNobodyKnowsStartsOver) {
  ASSERT_EQ(FindError(9'999), nullptr);
  EXPECT_EQ(ClassOf(9'999), ErrorClass::kStartOver);
}

// What librdkafka itself retries for as long as it may is never a reason to call anybody.
TEST(ErrorTable, WhatPassesCallsNobodyAndWhatDoesNotIsNotTriedForEver) {
  for (const rd_kafka_resp_err_t code :
       {RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
        RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
        RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS}) {
    EXPECT_EQ(ClassOf(code), ErrorClass::kRetry) << rd_kafka_err2name(code);
  }
  for (const rd_kafka_resp_err_t code :
       {RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, RD_KAFKA_RESP_ERR_INVALID_RECORD,
        RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE, RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT,
        RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_OFFSET_METADATA_TOO_LARGE}) {
    EXPECT_EQ(ClassOf(code), ErrorClass::kHumanNeeded) << rd_kafka_err2name(code);
  }
  EXPECT_EQ(ClassOf(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE), ErrorClass::kSmallerBatches);
  EXPECT_EQ(ClassOf(RD_KAFKA_RESP_ERR__FENCED), ErrorClass::kStartOver);
  EXPECT_EQ(ClassOf(RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC), ErrorClass::kMissing);
}

}  // namespace
}  // namespace headcount
