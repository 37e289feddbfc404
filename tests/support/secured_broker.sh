#!/usr/bin/env bash
# Promise: a broker for the tests of secured clusters: real Kafka with TLS, passwords and rights, its certificates made
# here for two days. `secured_broker.sh DIR start [--scram-for HEADCOUNT]` returns when it answers, `secured_broker.sh DIR
# stop` when it is gone. What it listens on stands in DIR/server.properties, its certificates and keys in DIR/tls. With
# --scram-for it is of a version that the librdkafka of that program gets into by SCRAM.
#
#   PLAINTEXT  the tests themselves (and the broker), who may do everything
#   MUTUAL     TLS; who shows a certificate of our CA is User:<its common name>
#   PASSWORD   TLS and SASL: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512
#   EXPIRED    as PASSWORD, but the broker's own certificate has run out
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
kafka_sh=$here/../../scripts/kafka.sh
dir=$(realpath -m -- "$1")
tls=$dir/tls

ssl() { openssl "$@" 2>>"$tls/openssl.log"; }

# authority NAME: a CA.
authority() {
  ssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -days 2 \
    -keyout "$tls/$1.key" -out "$tls/$1.pem"
}

# certificate NAME COMMON_NAME DAYS: of the CA called ca; the broker takes it and its key from one file.
certificate() {
  ssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$2" -addext subjectAltName=DNS:localhost \
    -keyout "$tls/$1.key" -out "$tls/$1.csr"
  ssl x509 -req -in "$tls/$1.csr" -CA "$tls/ca.pem" -CAkey "$tls/ca.key" -CAcreateserial -days "$3" \
    -copy_extensions copyall -out "$tls/$1.pem"
  cat "$tls/$1.key" "$tls/$1.pem" >"$tls/$1.both.pem"
}

# What is told to the broker beside config/kafka/server.properties. The passwords are the tests' own (secured_broker.h).
properties() {
  local plain='org.apache.kafka.common.security.plain.PlainLoginModule required user_counter="plain secret"'
  local scram='org.apache.kafka.common.security.scram.ScramLoginModule required;'
  cat <<EOF
listeners=PLAINTEXT://127.0.0.1:@PORT@,CONTROLLER://127.0.0.1:@CONTROLLER_PORT@,MUTUAL://127.0.0.1:@PORT_1@,\
PASSWORD://127.0.0.1:@PORT_2@,EXPIRED://127.0.0.1:@PORT_3@
advertised.listeners=PLAINTEXT://127.0.0.1:@PORT@,MUTUAL://localhost:@PORT_1@,PASSWORD://localhost:@PORT_2@,\
EXPIRED://localhost:@PORT_3@
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,MUTUAL:SSL,PASSWORD:SASL_SSL,EXPIRED:SASL_SSL
ssl.keystore.type=PEM
ssl.keystore.location=$tls/broker.both.pem
ssl.truststore.type=PEM
ssl.truststore.location=$tls/ca.pem
listener.name.mutual.ssl.client.auth=required
listener.name.mutual.ssl.principal.mapping.rules=RULE:^CN=(.*)\$/\$1/
listener.name.expired.ssl.keystore.type=PEM
listener.name.expired.ssl.keystore.location=$tls/expired.both.pem
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.password.plain.sasl.jaas.config=$plain;
listener.name.password.scram-sha-256.sasl.jaas.config=$scram
listener.name.password.scram-sha-512.sasl.jaas.config=$scram
listener.name.expired.plain.sasl.jaas.config=$plain;
listener.name.expired.scram-sha-256.sasl.jaas.config=$scram
listener.name.expired.scram-sha-512.sasl.jaas.config=$scram
# Whoever has no right given has none; who comes by PLAINTEXT is User:ANONYMOUS.
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=false
super.users=User:ANONYMOUS
EOF
}

# librdkafka before 2.6.1 does not get into Kafka 4. Asked of the program, since another library may be loaded today than
# was there when it was built.
version_for_scram() {
  local library
  library=$("$1" --version | awk '$1 == "librdkafka" { print $2 }')
  if [[ $(printf '%s\n2.6.1\n' "$library" | sort -V | head -n 1) != 2.6.1 ]]; then echo 3.9.1; fi
}

start() {
  rm -rf "$tls"
  mkdir -p "$tls"
  authority ca
  authority stranger
  certificate broker broker 2
  # Over as soon as it is made: OpenSSL 3.5 makes none that ends before it begins.
  certificate expired broker 0
  certificate counter counter 2
  properties >"$dir/added.properties"
  exec bash "$kafka_sh" ${1:+--kafka "$1"} --dir "$dir" --port auto --fresh --add "$dir/added.properties" \
    --scram 'SCRAM-SHA-256=[name=counter,password=scram-secret]' \
    --scram 'SCRAM-SHA-512=[name=counter,password=scram-secret]' start
}

case ${2:-} in
  start)
    if [[ ${3:-} == --scram-for ]]; then start "$(version_for_scram "$4")"; else start ''; fi ;;
  stop) exec bash "$kafka_sh" --dir "$dir" --wait 20 stop ;;
  *) echo "usage: secured_broker.sh DIR start [--scram-for HEADCOUNT] | DIR stop" >&2; exit 64 ;;
esac
