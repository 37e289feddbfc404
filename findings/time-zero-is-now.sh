#!/usr/bin/env bash
# A record of 1970-01-01T00:00:00Z arrives with today's time, if librdkafka sends it.
# What: librdkafka 2.16.0 (confluent-kafka 2.16.1), beside kafka-python 3.0.12, aiokafka 0.14.0 and Kafka's own client,
#   all on Kafka 4.4.0.
# Expected: a timestamp that is given is sent as it is, as the others do; "now" is what a missing one means.
# Seen: librdkafka takes 0 for "none given" and puts its own clock there; 1 is sent as 1. It sends -1 too, which in
#   Kafka's protocol means that there is no time, and which Java refuses.
# Why it matters: devices without a clock that was set begin at 0. Their events look like a fault with one client, and
#   like users of this minute with another.
# Output seen on 2026-12-01: below.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

seen='0 is sent as: librdkafka now, kafka-python 0, aiokafka 0
1 is sent as: librdkafka 1, kafka-python 1, aiokafka 1
-1 is sent as: librdkafka -1
Java: 0 is sent as 0
Java: -1 is refused'

python_packages packages confluent-kafka==2.16.1 kafka-python==3.0.12 aiokafka==0.14.0 async-timeout==5.0.1 \
  packaging==26.4 typing-extensions==4.16.0
start_kafka 4.4.0
now=$(with_python packages "$bootstrap" <<'PY'
import asyncio
import sys
import time
import aiokafka
import confluent_kafka
import kafka
from confluent_kafka.admin import AdminClient, NewTopic

bootstrap = sys.argv[1]
admin = AdminClient({"bootstrap.servers": bootstrap})
admin.create_topics([NewTopic("events", 1, 1)])["events"].result()

def word(stamp):
    return "now" if abs(stamp - time.time() * 1000) < 600_000 else str(stamp)

def of_librdkafka(stamp):
    told = []
    producer = confluent_kafka.Producer({"bootstrap.servers": bootstrap})
    producer.produce("events", b"x", timestamp=stamp, on_delivery=lambda _, sent: told.append(sent.timestamp()))
    producer.flush(60)
    return told[0][1]

def of_kafka_python(stamp):
    producer = kafka.KafkaProducer(bootstrap_servers=bootstrap)
    stamp = producer.send("events", b"x", timestamp_ms=stamp).get(60).timestamp
    producer.close()
    return stamp

async def of_aiokafka(stamp):
    async with aiokafka.AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        return (await producer.send_and_wait("events", b"x", timestamp_ms=stamp)).timestamp

for stamp in (0, 1):
    print(f"{stamp} is sent as: librdkafka {word(of_librdkafka(stamp))}, kafka-python {word(of_kafka_python(stamp))},"
          f" aiokafka {word(asyncio.run(of_aiokafka(stamp)))}")
print(f"-1 is sent as: librdkafka {word(of_librdkafka(-1))}")
PY
)
cat >"$tmp/Zero.java" <<'JAVA'
import java.util.Map;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.serialization.StringSerializer;

public class Zero {
  public static void main(String[] arguments) throws Exception {
    Map<String, Object> settings = Map.of("bootstrap.servers", arguments[0]);
    try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
      for (long stamp = 0; stamp >= -1; --stamp) {
        try {
          System.out.println("Java: " + stamp + " is sent as "
              + producer.send(new ProducerRecord<>("events", 0, stamp, "key", "value")).get().timestamp());
        } catch (IllegalArgumentException error) {
          System.out.println("Java: " + stamp + " is refused");
        }
      }
    }
  }
}
JAVA
now+=$'\n'$(with_java kafka "$tmp/Zero.java" "$bootstrap")
still "$seen" "$now"
