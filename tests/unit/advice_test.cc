// What a person is told about a transaction that only a person can mend.
#include "common/kafka/advice.h"

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>

#include <string>

#include "common/kafka/error_table.h"

namespace headcount {
namespace {

using kafka::AdviceFacts;
using kafka::AdviceFor;
using kafka::ClassOf;
using kafka::ErrorClass;

AdviceFacts Facts() {
  AdviceFacts facts;
  facts.brokers = "b:9092";
  facts.output_topic = "out";
  facts.group = "g";
  facts.largest_record_bytes = 196;
  facts.topic_takes_bytes = 200;
  return facts;
}

bool NamesARight(int code) {  // errors.h has the sentences for these
  return code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED || code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ||
         code == RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
}

TEST(Advice, IsThereForEveryErrorThatNeedsAHuman) {
  int asked = 0;
  for (int code = -200; code <= 200; ++code) {
    if (kafka::FindError(code) == nullptr || NamesARight(code)) continue;
    const ErrorClass error_class = ClassOf(code);
    if (error_class != ErrorClass::kHumanNeeded && error_class != ErrorClass::kSmallerBatches) continue;
    ++asked;
    EXPECT_NE(AdviceFor(code, Facts()), "") << kafka::FindError(code)->name;
  }
  EXPECT_GT(asked, 10);
}

TEST(Advice, NamesTopicLimitAndWhatToType) {
  EXPECT_EQ(AdviceFor(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, Facts()),
            "topic out refuses a record alone: the largest record has 196 bytes and about 70 of framing, and "
            "max.message.bytes of the topic is 200; kafka-configs.sh --bootstrap-server b:9092 --alter --entity-type "
            "topics --entity-name out --add-config max.message.bytes=1024 raises it");
  AdviceFacts own = Facts();
  own.client_takes_bytes = 100;
  EXPECT_EQ(
      AdviceFor(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, own),
      "the largest record has 196 bytes, and message.max.bytes of -X lets the client send 100; leave that property "
      "out, or raise it");
}

TEST(Advice, NamesTheCommandThatMakesATopic) {
  EXPECT_EQ(kafka::CommandToMake("b:9092", "out", 1),
            "kafka-topics.sh --bootstrap-server b:9092 --create --topic out --partitions 1");
  EXPECT_EQ(kafka::CommandToMake("b:9092", "in", 0),
            "kafka-topics.sh --bootstrap-server b:9092 --create --topic in --partitions N");
}

}  // namespace
}  // namespace headcount
