#!/usr/bin/env bash
# One schema with a logical type has two fingerprints: Avro's own Python library computes another one than its Java
#   library.
# What: avro 1.12.2 (PyPI), against avro 1.12.1 (Maven Central) and fastavro 1.13.1 (PyPI).
# Expected: the parsing canonical form, and so the CRC-64-AVRO fingerprint, is one for all languages: the specification
#   defines it byte by byte, and the project releases both libraries together.
# Seen: a type with an attribute, such as {"type": "long", "logicalType": ...}, becomes "long" in Java and fastavro;
#   Python's avro drops the attribute but keeps the object around it. Without logical types all agree.
# Why it matters: single-object frames and schema stores that go by fingerprint do not find the schema of just those
#   records that carry a timestamp.
# Output seen on 2026-12-01: below.
# shellcheck source=findings/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

seen='Java {"name":"Event","type":"record","fields":[{"name":"ts","type":"long"}]} 44c9b5762f84b867
Java {"name":"Event","type":"record","fields":[{"name":"ts","type":"long"}]} 44c9b5762f84b867
fastavro {"name":"Event","type":"record","fields":[{"name":"ts","type":"long"}]} 44c9b5762f84b867
fastavro {"name":"Event","type":"record","fields":[{"name":"ts","type":"long"}]} 44c9b5762f84b867
avro for Python {"name":"Event","type":"record","fields":[{"name":"ts","type":"long"}]} 44c9b5762f84b867
avro for Python {"name":"Event","type":"record","fields":[{"name":"ts","type":{"type":"long"}}]} 28c87c330c1988ce'

jars java org.apache.avro:avro:1.12.1 org.slf4j:slf4j-nop:2.0.17
python_packages packages avro==1.12.2 fastavro==1.13.1

plain='{"type":"record","name":"Event","fields":[{"name":"ts","type":"long"}]}'
timed='{"type":"long","logicalType":"timestamp-millis"}'
timed=${plain/'"long"'/$timed}

cat >"$tmp/Fingerprint.java" <<'JAVA'
import java.util.HexFormat;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;

public class Fingerprint {
  public static void main(String[] schemas) throws Exception {
    for (String text : schemas) {
      Schema schema = new Schema.Parser().parse(text);
      System.out.println("Java " + SchemaNormalization.toParsingForm(schema) + " "
          + HexFormat.of().formatHex(SchemaNormalization.parsingFingerprint("CRC-64-AVRO", schema)));
    }
  }
}
JAVA
now=$(with_java java "$tmp/Fingerprint.java" "$plain" "$timed")
now+=$'\n'$(with_python packages "$plain" "$timed" <<'PY'
import json
import sys
import avro.schema
import fastavro.schema

for text in sys.argv[1:]:
    form = fastavro.schema.to_parsing_canonical_form(json.loads(text))
    print("fastavro", form, fastavro.schema.fingerprint(form, "CRC-64-AVRO"))
for text in sys.argv[1:]:
    schema = avro.schema.parse(text)
    print("avro for Python", schema.canonical_form, schema.fingerprint("CRC-64-AVRO").hex())
PY
)
still "$seen" "$now"
