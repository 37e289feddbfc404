#!/usr/bin/env bash
# Avro's Java reader takes an event of 2016 for one of the year 48496, and calls the two schemas compatible.
# What: avro 1.12.1 (Maven Central), against avro 1.12.2 and fastavro 1.13.1 (PyPI).
# Expected: where the writer's schema says timestamp-micros and the reader's timestamp-millis, the reader converts, as
#   Python's two libraries do, or refuses. A check of compatibility warns before.
# Seen: Java's reader looks at the reader's unit only. SchemaCompatibility says COMPATIBLE, and so does whatever asks
#   it. In the single-object encoding no schema travels at all, and the fingerprints of both schemas are equal, since
#   the canonical form drops logicalType: the decoder has no way to know.
# Why it matters: a producer that changes its unit passes every check, and its events move 46,000 years into the future;
#   a program that counts by event time must look at the plausibility of a time itself.
# Output seen on 2026-12-01: below.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

seen='SchemaCompatibility: COMPATIBLE
fingerprints: 67b8842f76b5c944 67b8842f76b5c944
Java, written as micros, read as millis: {"ts": "+48496-10-23T10:40:00Z"}
Java, single object: {"ts": "+48496-10-23T10:40:00Z"}
avro for Python: 2016-07-11T13:40:00+00:00
fastavro: 2016-07-11T13:40:00+00:00'

jars java org.apache.avro:avro:1.12.1 org.slf4j:slf4j-nop:2.0.17
python_packages packages avro==1.12.2 fastavro==1.13.1

cat >"$tmp/Units.java" <<'JAVA'
import java.time.Instant;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.data.TimeConversions;
import org.apache.avro.generic.*;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.message.*;

public class Units {
  static Schema schema(String unit) {
    Schema ts = new Schema.Parser().parse("{\"type\":\"long\",\"logicalType\":\"" + unit + "\"}");
    return SchemaBuilder.record("Event").fields().name("ts").type(ts).noDefault().endRecord();
  }

  public static void main(String[] arguments) throws Exception {
    Schema micros = schema("timestamp-micros"), millis = schema("timestamp-millis");
    GenericData data = new GenericData();
    data.addLogicalTypeConversion(new TimeConversions.TimestampMillisConversion());
    data.addLogicalTypeConversion(new TimeConversions.TimestampMicrosConversion());
    Object event = new GenericRecordBuilder(micros).set("ts", Instant.parse("2016-07-11T13:40:00Z")).build();
    byte[] single = new BinaryMessageEncoder<Object>(data, micros).encode(event).array();

    System.out.println("SchemaCompatibility: "
        + SchemaCompatibility.checkReaderWriterCompatibility(millis, micros).getType());
    System.out.println("fingerprints: " + Long.toHexString(SchemaNormalization.parsingFingerprint64(micros)) + " "
        + Long.toHexString(SchemaNormalization.parsingFingerprint64(millis)));
    // Two bytes of mark and eight of fingerprint stand before the datum.
    var datum = DecoderFactory.get().binaryDecoder(single, 10, single.length - 10, null);
    System.out.println("Java, written as micros, read as millis: "
        + new GenericDatumReader<Object>(micros, millis, data).read(null, datum));
    System.out.println("Java, single object: " + new BinaryMessageDecoder<Object>(data, millis).decode(single));
  }
}
JAVA
now=$(with_java java "$tmp/Units.java")
now+=$'\n'$(with_python packages <<'PY'
import io
import json
from datetime import datetime, timezone
import avro.io
import avro.schema
import fastavro

def schema(unit):
    ts = {"name": "ts", "type": {"type": "long", "logicalType": unit}}
    return {"type": "record", "name": "Event", "fields": [ts]}

micros, millis = schema("timestamp-micros"), schema("timestamp-millis")
stream = io.BytesIO()
fastavro.schemaless_writer(stream, micros, {"ts": datetime(2016, 7, 11, 13, 40, tzinfo=timezone.utc)})
stream.seek(0)
reader = avro.io.DatumReader(*(avro.schema.parse(json.dumps(one)) for one in (micros, millis)))
print("avro for Python:", reader.read(avro.io.BinaryDecoder(stream))["ts"].isoformat())
stream.seek(0)
print("fastavro:", fastavro.schemaless_reader(stream, micros, millis)["ts"].isoformat())
PY
)
still "$seen" "$now"
