// What we hold to be true of the names of librdkafka's properties, asked of the library that is installed. No broker.
#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>

#include <array>
#include <cctype>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/job/secret_properties.h"
#include "common/kafka/client_config.h"
#include "coordinator/options/command_line.h"
#include "tests/support/kafka_testing.h"

namespace headcount::test {
namespace {

// All that librdkafka knows; those without a default are in no dump.
std::vector<std::string> AllProperties() {
  char* text = nullptr;
  size_t bytes = 0;
  FILE* const out = open_memstream(&text, &bytes);
  rd_kafka_conf_properties_show(out);
  fclose(out);
  const std::string shown(text, bytes);
  free(text);  // NOLINT(cppcoreguidelines-no-malloc): as open_memstream wants it
  std::vector<std::string> names;
  for (size_t begin = 0; begin < shown.size(); begin = shown.find('\n', begin) + 1) {
    const std::string line = shown.substr(begin, shown.find('\n', begin) - begin);
    const std::string name = line.substr(0, line.find_first_of(" |"));
    const bool is_row = line.find('|') != std::string::npos && !name.empty();
    if (is_row && std::islower(static_cast<unsigned char>(name[0])) != 0) names.push_back(name);
  }
  return names;
}

bool TakesText(const std::string& name) {
  bool takes = false;
  std::array<char, 512> reason{};
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  for (const char* value : {"1", "true", "x"}) {
    takes |= rd_kafka_conf_set(conf, name.c_str(), value, reason.data(), reason.size()) == RD_KAFKA_CONF_OK;
  }
  rd_kafka_conf_destroy(conf);
  return takes;
}

// What it says about a client with this one property; empty where there can be no such client.
std::string DumpWith(const std::string& name, const std::string& value) {
  std::string lines;
  std::array<char, 512> reason{};
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "debug", "conf", reason.data(), reason.size());
  rd_kafka_conf_set(conf, "log.queue", "false", reason.data(), reason.size());
  rd_kafka_conf_set_opaque(conf, &lines);
  rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t* handle, int, const char* facility, const char* text) {
    static auto& mutex = *new std::mutex;
    const std::lock_guard<std::mutex> lock(mutex);
    if (std::string(facility) == "CONF") static_cast<std::string*>(rd_kafka_opaque(handle))->append(text).append("\n");
  });
  rd_kafka_t* handle = nullptr;
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), reason.data(), reason.size()) == RD_KAFKA_CONF_OK) {
    handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason.data(), reason.size());
  }
  if (handle == nullptr) {
    rd_kafka_conf_destroy(conf);
    return "";
  }
  rd_kafka_destroy(handle);
  return lines;
}

TEST(PropertyNames, EachHasOneVariableThatMeansIt) {
  const std::vector<std::string> names = AllProperties();
  ASSERT_GT(names.size(), 100U);
  for (const std::string& name : names) {
    if (name.find('_') != std::string::npos && !TakesText(name)) continue;  // callbacks and pointers
    std::string variable = "HEADCOUNT_X_";
    for (const char c : name) {
      variable += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    HostEnvironment host;
    host.environment = {{variable, "1"}};
    const Result<RunOptions> options = ParseRun({}, host);
    ASSERT_TRUE(options.ok()) << variable << ": " << options.error().message;
    ASSERT_EQ(options->properties.size(), 1U) << variable;
    EXPECT_EQ(options->properties[0].key, name) << variable;
  }
}

TEST(PropertyNames, WhateverLibrdkafkaHidesIsASecretHereToo) {
  size_t hidden = 0;
  for (const std::string& name : AllProperties()) {
    if (name == "plugin.library.paths") continue;  // it would be loaded
    if (DumpWith(name, "x").find(" " + name + " = [redacted]") == std::string::npos) continue;
    ++hidden;
    EXPECT_TRUE(IsSecretProperty(name)) << name;
  }
  EXPECT_GE(hidden, 4U) << "it was to hide passwords at least";
}

TEST(PropertyNames, OrdinaryOnesAreNoSecrets) {
  for (const char* name :
       {"linger.ms", "security.protocol", "sasl.mechanism", "ssl.ca.location", "client.id", "debug"}) {
    EXPECT_FALSE(IsSecretProperty(name)) << name;
  }
}

// --- Properties that not every librdkafka has ----------------------------------------------------------------------

// What a client would have; nothing where the property is not known.
std::string ValueOf(const std::string& name, std::vector<KafkaProperty> users, const kafka::Settings& where_known) {
  const Result<kafka::Conf> conf =
      kafka::BuildConf({"", "g", std::move(users)}, kafka::Role::kConsumer, {}, {}, where_known);
  EXPECT_TRUE(conf.ok());
  std::array<char, 64> text{};
  size_t size = text.size();
  return rd_kafka_conf_get(conf->get(), name.c_str(), text.data(), &size) == RD_KAFKA_CONF_OK ? text.data() : "";
}

TEST(NewerProperties, AreDefaultsWhereTheLibraryHasThemAndYieldToTheUsers) {
  // From 2.2.0, 2.3.0 and 2.5.0 on.
  const kafka::Settings ours = {{"fetch.queue.backoff.ms", "5"},
                                {"retry.backoff.max.ms", "900"},
                                {"enable.metrics.push", "false"},
                                {"no.librdkafka.has.this", "1"}};
  for (const auto& [name, value] : ours) {
    if (!kafka::IsKnown(name)) {
      EXPECT_EQ(ValueOf(name, {}, ours), "") << name;
      EXPECT_FALSE(kafka::ValidateProperties({KafkaProperty{{}, name, value}}).ok()) << name;
      continue;
    }
    EXPECT_EQ(ValueOf(name, {}, ours), value);
    const std::string another = name == "enable.metrics.push" ? "true" : "700";
    EXPECT_EQ(ValueOf(name, {KafkaProperty{{}, name, another}}, ours), another);
  }
  EXPECT_TRUE(kafka::IsKnown("client.id"));
  EXPECT_FALSE(kafka::IsKnown("no.librdkafka.has.this"));
}

TEST(NewerProperties, NoClusterIsSentTheClientsMetrics) {
  EXPECT_EQ(ValueOf("enable.metrics.push", {}, {}), kafka::IsKnown("enable.metrics.push") ? "false" : "");
}

}  // namespace
}  // namespace headcount::test
