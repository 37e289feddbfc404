// Makes librdkafka's configurations and clients from what the user gave (-b, --group, -X) and what the
// guarantee needs. The coordinator only validates; a client, with its threads, is made in a worker or in
// the writer, never before a fork.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/job/run_options.h"
#include "common/kafka/handles.h"
#include "common/kafka/reception.h"

namespace headcount::kafka {

enum class Role { kConsumer, kProducer };
enum class Isolation { kReadCommitted, kReadUncommitted };
// Whether a client knows the group, and so looks for its coordinator (a connection more).
enum class GroupUse { kNone, kOfConfig };

// In order; a later one wins over an earlier one of the same key.
using Settings = std::vector<std::pair<std::string, std::string>>;

// What every client of the job has in common. Plain data: it crosses the fork.
struct ClientConfig {
  std::string bootstrap_server;  // empty: a client that connects to nobody
  std::string group;
  std::vector<KafkaProperty> properties;  // -X

  static ClientConfig From(const RunOptions& options) {
    return ClientConfig{options.bootstrap_server, options.group, options.properties};
  }
};

// Whether librdkafka would take these properties and the guarantee allows them: kUsage names the property,
// its value and librdkafka's reason. Makes no client and no thread. What librdkafka only checks when a
// client is made (certificates, relations between properties) comes later, as kUsage from New...
Result<void> ValidateProperties(const std::vector<KafkaProperty>& properties);

// The configuration of a client: `defaults`, and `where_known` as far as this librdkafka has such properties, then the
// user's properties of that role, then `fixed`, which nobody can change. Log lines go to common/log/log.h.
Result<Conf> BuildConf(const ClientConfig& config, Role role, const Settings& defaults, const Settings& fixed,
                       const Settings& where_known = {});

// Whether this librdkafka has a property of that name. Its version is never asked for: packages carry patches.
bool IsKnown(const std::string& property);

// More of it; a later setting wins.
Result<void> SetAll(rd_kafka_conf_s* conf, const Settings& settings);

// A client. It connects in the background: an unreachable broker is no error here, but of the first question.
Result<Handle> NewHandle(Role role, Conf conf, ClientHooks hooks = {});

// A consumer that reads nothing by itself: for questions about topics and offsets, and those of the group.
Result<Handle> NewAskingConsumer(const ClientConfig& config, Isolation isolation, GroupUse group_use);

// A consumer that reads what it is assigned, from absolute offsets, and tells where a partition ends: for a look at a
// few records. Commits nothing.
Result<Handle> NewLookingConsumer(const ClientConfig& config, Isolation isolation);

}  // namespace headcount::kafka
