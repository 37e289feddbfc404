#include "common/kafka/client_config.h"

#include <librdkafka/rdkafka.h>

#include <array>
#include <string_view>

#include "common/job/secret_properties.h"
#include "common/kafka/client_log.h"

namespace headcount::kafka {
namespace {

// The properties that only headcount sets, each with what the user can do instead.
struct OwnProperty {
  std::string_view key;
  const char* reason;
};
constexpr const char* kGuarantee = "headcount sets it itself, because its counts rest on it";
constexpr std::array kOwnProperties = {
    OwnProperty{"isolation.level", kGuarantee},
    OwnProperty{"auto.offset.reset", "lost input is never skipped silently; see --from and --on-lost-input"},
    OwnProperty{"enable.auto.commit", kGuarantee},
    OwnProperty{"auto.commit.enable", kGuarantee},
    OwnProperty{"enable.auto.offset.store", kGuarantee},
    OwnProperty{"enable.partition.eof", kGuarantee},
    OwnProperty{"enable.idempotence", kGuarantee},
    OwnProperty{"acks", kGuarantee},
    OwnProperty{"request.required.acks", kGuarantee},
    OwnProperty{"transactional.id", "it follows from --group"},
    OwnProperty{"transaction.timeout.ms", "the watch over a hung writer rests on it"},
    OwnProperty{"statistics.interval.ms", "by these statistics it learns whether the leaders answer"},
    OwnProperty{"group.id", "use --group"},
    OwnProperty{"bootstrap.servers", "use --bootstrap-server"},
    OwnProperty{"metadata.broker.list", "use --bootstrap-server"},
};

// Settings for every client of the job. -X may change them.
const Settings& CommonDefaults() {
  static const Settings defaults = {
      {"client.id", "headcount"},
      // The default of 10 s would keep the job waiting long after its broker has come back.
      {"reconnect.backoff.max.ms", "1000"},
      {"socket.nagle.disable", "true"},
      {"socket.keepalive.enable", "true"},
      {"socket.timeout.ms", "10000"},
      {"log.connection.close", "false"},
  };
  return defaults;
}

// The same settings, for those versions of librdkafka that have them.
const Settings& CommonDefaultsWhereKnown() {
  static const Settings defaults = {
      // From 2.5.0 on a client pushes metrics to a cluster that subscribes to them. The job has its own metrics.
      {"enable.metrics.push", "false"},
      // From 2.11.0 on a client forgets its brokers when all of them are away for a moment. In 2.16.0 it then keeps a
      // thread that spins on the old broker, and a commit that never returns.
      {"metadata.recovery.strategy", "none"},
  };
  return defaults;
}

bool Concerns(const KafkaProperty& property, Role role) {
  switch (property.scope) {
    case KafkaProperty::Scope::kBoth: return true;
    case KafkaProperty::Scope::kConsumer: return role == Role::kConsumer;
    case KafkaProperty::Scope::kProducer: return role == Role::kProducer;
  }
  return true;
}

const char* Prefix(KafkaProperty::Scope scope) {
  switch (scope) {
    case KafkaProperty::Scope::kBoth: return "";
    case KafkaProperty::Scope::kConsumer: return "consumer.";
    case KafkaProperty::Scope::kProducer: return "producer.";
  }
  return "";
}

Error UsageError(const KafkaProperty& property, const std::string& reason) {
  const std::string flag = std::string("-X ") + Prefix(property.scope) + property.key;
  return Error{ExitCode::kUsage, (property.label.empty() ? flag : property.label) + ": " + reason};
}

Result<void> Set(rd_kafka_conf_t* conf, const std::string& key, const std::string& value) {
  char reason[512] = "";
  if (rd_kafka_conf_set(conf, key.c_str(), value.c_str(), reason, sizeof reason) == RD_KAFKA_CONF_OK) return {};
  return Error{ExitCode::kUsage, reason};
}

Result<void> SetWhereKnown(rd_kafka_conf_t* conf, const Settings& settings) {
  for (const auto& [key, value] : settings) {
    if (!IsKnown(key)) continue;
    if (Result<void> set = Set(conf, key, value); !set.ok()) return set;
  }
  return {};
}

Result<void> SetProperty(rd_kafka_conf_t* conf, const KafkaProperty& property) {
  for (const OwnProperty& own : kOwnProperties) {
    if (property.key == own.key) return UsageError(property, std::string("cannot be set: ") + own.reason);
  }
  Result<void> set = Set(conf, property.key, property.value);
  if (set.ok()) return set;
  // librdkafka's reason may contain the value.
  return UsageError(property, IsSecretProperty(property.key) ? "librdkafka does not take it" : set.error().message);
}

}  // namespace

Result<void> SetAll(rd_kafka_conf_t* conf, const Settings& settings) {
  for (const auto& [key, value] : settings) {
    if (Result<void> set = Set(conf, key, value); !set.ok()) return set;
  }
  return {};
}

Result<void> ValidateProperties(const std::vector<KafkaProperty>& properties) {
  const Conf conf(rd_kafka_conf_new());
  for (const KafkaProperty& property : properties) {
    if (Result<void> set = SetProperty(conf.get(), property); !set.ok()) return set;
  }
  return {};
}

bool IsKnown(const std::string& property) {
  const Conf conf(rd_kafka_conf_new());
  size_t size = 0;
  return rd_kafka_conf_get(conf.get(), property.c_str(), nullptr, &size) == RD_KAFKA_CONF_OK;
}

Result<Conf> BuildConf(const ClientConfig& config, Role role, const Settings& defaults, const Settings& fixed,
                       const Settings& where_known) {
  Conf conf(rd_kafka_conf_new());
  rd_kafka_conf_set_log_cb(conf.get(), &OnLogLine);
  if (Result<void> set = SetAll(conf.get(), CommonDefaults()); !set.ok()) return set.error();
  if (Result<void> set = SetWhereKnown(conf.get(), CommonDefaultsWhereKnown()); !set.ok()) return set.error();
  if (Result<void> set = SetAll(conf.get(), defaults); !set.ok()) return set.error();
  if (Result<void> set = SetWhereKnown(conf.get(), where_known); !set.ok()) return set.error();
  for (const KafkaProperty& property : config.properties) {
    if (!Concerns(property, role)) continue;
    if (Result<void> set = SetProperty(conf.get(), property); !set.ok()) return set.error();
  }
  if (!config.bootstrap_server.empty()) {
    if (Result<void> set = Set(conf.get(), "bootstrap.servers", config.bootstrap_server); !set.ok()) return set.error();
  }
  if (Result<void> set = SetAll(conf.get(), fixed); !set.ok()) return set.error();
  // A mistyped topic is an error to report. Without this setting a producer's questions would create the topic.
  if (Result<void> set = SetAll(conf.get(), {{"allow.auto.create.topics", "false"}}); !set.ok()) return set.error();
  return conf;
}

Result<Handle> NewHandle(Role role, Conf conf, ClientHooks hooks) {
  auto connection_errors = std::make_shared<ConnectionErrors>(hooks);
  ConnectionErrors::Listen(conf.get(), connection_errors.get());
  const rd_kafka_type_t type = role == Role::kConsumer ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER;
  char reason[512] = "";
  rd_kafka_t* const handle = rd_kafka_new(type, conf.get(), reason, sizeof reason);
  if (handle == nullptr) {
    return Error{ExitCode::kUsage, std::string("cannot make a Kafka ") +
                                       (role == Role::kConsumer ? "consumer" : "producer") +
                                       " with these settings (see -X): " + reason};
  }
  static_cast<void>(conf.release());  // rd_kafka_new took it
  return Handle(handle, DropHandle{std::move(connection_errors)});
}

namespace {

const char* LevelOf(Isolation isolation) {
  return isolation == Isolation::kReadCommitted ? "read_committed" : "read_uncommitted";
}

}  // namespace

Result<Handle> NewAskingConsumer(const ClientConfig& config, Isolation isolation, GroupUse group_use) {
  Settings fixed = {
      {"isolation.level", LevelOf(isolation)}, {"enable.auto.commit", "false"}, {"auto.offset.reset", "error"}};
  if (group_use == GroupUse::kOfConfig) fixed.emplace_back("group.id", config.group);
  Result<Conf> conf = BuildConf(config, Role::kConsumer, {}, fixed);
  if (!conf.ok()) return conf.error();
  return NewHandle(Role::kConsumer, std::move(conf.value()));
}

Result<Handle> NewLookingConsumer(const ClientConfig& config, Isolation isolation) {
  Result<Conf> conf = BuildConf(config, Role::kConsumer, {{"fetch.wait.max.ms", "10"}},
                                {{"group.id", config.group},
                                 {"isolation.level", LevelOf(isolation)},
                                 {"enable.partition.eof", "true"},
                                 {"enable.auto.commit", "false"},
                                 {"enable.auto.offset.store", "false"},
                                 {"auto.offset.reset", "error"}});
  if (!conf.ok()) return conf.error();
  Result<Handle> handle = NewHandle(Role::kConsumer, std::move(conf.value()));
  if (handle.ok()) rd_kafka_poll_set_consumer(handle->get());
  return handle;
}

}  // namespace headcount::kafka
