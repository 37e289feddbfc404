// Makes librdkafka's configurations and clients from the user's options (-b, --group, -X) and from what the guarantee
// needs. The coordinator only validates. Workers and the writer make the clients, after the fork, because clients have
// threads.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/job/run_options.h"
#include "common/kafka/connection_errors.h"
#include "common/kafka/handles.h"

namespace headcount::kafka {

enum class Role { kConsumer, kProducer };
enum class Isolation { kReadCommitted, kReadUncommitted };
// Whether a client knows the group, and so looks for the group's coordinator (one more connection).
enum class GroupUse { kNone, kOfConfig };

// In order: a later setting wins over an earlier one of the same key.
using Settings = std::vector<std::pair<std::string, std::string>>;

// What all clients of the job have in common. Plain data: it crosses the fork.
struct ClientConfig {
  std::string bootstrap_server;  // empty: the client connects to no broker
  std::string group;
  std::vector<KafkaProperty> properties;  // -X

  static ClientConfig From(const RunOptions& options) {
    return ClientConfig{options.bootstrap_server, options.group, options.properties};
  }
};

// Whether librdkafka takes these properties and the guarantee allows them. kUsage names the property, its value and
// librdkafka's reason. Makes no client and no thread. librdkafka checks certificates and relations between properties
// only when it makes a client, so New... returns those errors, as kUsage.
Result<void> ValidateProperties(const std::vector<KafkaProperty>& properties);

// The configuration of a client. It is made of `defaults`, then `where_known` as far as this librdkafka has the
// properties, then the user's properties for that role. Last comes `fixed`, which the user cannot change. Log lines go
// to common/log/log.h.
Result<Conf> BuildConf(const ClientConfig& config, Role role, const Settings& defaults, const Settings& fixed,
                       const Settings& where_known = {});

// Whether this librdkafka has a property of that name. We do not compare versions, because packages carry patches.
bool IsKnown(const std::string& property);

// Sets more properties; a later setting wins.
Result<void> SetAll(rd_kafka_conf_s* conf, const Settings& settings);

// Makes a client. It connects in the background: only the first question reports an unreachable broker.
Result<Handle> NewHandle(Role role, Conf conf, ClientHooks hooks = {});

// Makes a consumer that reads nothing by itself, for questions about topics, offsets and the group.
Result<Handle> NewAskingConsumer(const ClientConfig& config, Isolation isolation, GroupUse group_use);

// Makes a consumer for a look at a few records. It reads what it is assigned from absolute offsets, reports where a
// partition ends, and commits nothing.
Result<Handle> NewLookingConsumer(const ClientConfig& config, Isolation isolation);

}  // namespace headcount::kafka
