#!/usr/bin/env bash
# Installation du cluster PostgreSQL 16 / Patroni RAFT (3 nœuds).
#
# The lab's stand-in for the site's install script. It behaves as the site's does, warts included:
# it ignores its argument, goes on after errors, waits by the clock, throws the build's output away,
# uses a scope of its own, leaves the data of db-master-01 alone and prints the password.
set -u -o pipefail

SCRIPT_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
INSTALLER_DIR=$(cd "$SCRIPT_DIR/../.." && pwd)
INVENTORY=$INSTALLER_DIR/inventory/servers.tsv
[ -f "$INVENTORY" ] || INVENTORY=$INSTALLER_DIR/servers.tsv
CREDENTIALS=$INSTALLER_DIR/credentials/postgres.env
LOG_DIR=$INSTALLER_DIR/logs
LOG_FILE=$LOG_DIR/postgres_patroni_$(date +%Y%m%d_%H%M%S).log
STATUS_DIR=/opt/keybuzz/postgres/status

NODES=("db-master-01:10.0.0.120" "db-slave-01:10.0.0.121" "db-slave-02:10.0.0.122")
SSH_OPTIONS=(-o StrictHostKeyChecking=no -o ConnectTimeout=10 -o BatchMode=yes)

RED=$'\e[31m' GREEN=$'\e[32m' YELLOW=$'\e[33m' BLUE=$'\e[34m' RESET=$'\e[0m'

title() {
  printf '%s╔══════════════════════════════════════════════════════════════╗%s\n' "$BLUE" "$RESET"
  printf '%s║ %-60s ║%s\n' "$BLUE" "$1" "$RESET"
  printf '%s╚══════════════════════════════════════════════════════════════╝%s\n' "$BLUE" "$RESET"
}
ok() { printf '%s✓%s %s\n' "$GREEN" "$RESET" "$1"; }
warn() { printf '%s!%s %s\n' "$YELLOW" "$RESET" "$1"; }
ko() { printf '%s✗%s %s\n' "$RED" "$RESET" "$1"; }

# The state of the installation, for those who look at it later.
state() {
  mkdir -p "$STATUS_DIR"
  echo "$1" >"$STATUS_DIR/STATE"
}

mkdir -p "$LOG_DIR"
exec > >(tee -a "$LOG_FILE") 2>&1

title "PostgreSQL 16 + Patroni RAFT : installation du cluster"

if [ ! -f "$INVENTORY" ]; then
  ko "servers.tsv introuvable"
  exit 1
fi
ok "Inventaire : $INVENTORY"

# shellcheck disable=SC1090
[ -f "$CREDENTIALS" ] && . "$CREDENTIALS"
POSTGRES_PASSWORD=${POSTGRES_PASSWORD:-${POSTGRES_SUPERPASS:-}}
REPLICATOR_PASSWORD=${REPLICATOR_PASSWORD:-${POSTGRES_REPL_PASS:-}}
PATRONI_API_PASSWORD=${PATRONI_API_PASSWORD:-}
if [ -z "$POSTGRES_PASSWORD" ] || [ -z "$REPLICATOR_PASSWORD" ] || [ -z "$PATRONI_API_PASSWORD" ]; then
  warn "Identifiants incomplets : nouveaux mots de passe générés"
  POSTGRES_PASSWORD=$(od -An -N 16 -tx1 /dev/urandom | tr -d ' \n')
  REPLICATOR_PASSWORD=$(od -An -N 16 -tx1 /dev/urandom | tr -d ' \n')
  PATRONI_API_PASSWORD=$(od -An -N 16 -tx1 /dev/urandom | tr -d ' \n')
  mkdir -p "$(dirname "$CREDENTIALS")"
  cat >"$CREDENTIALS" <<ENV
POSTGRES_PASSWORD='$POSTGRES_PASSWORD'
REPLICATOR_PASSWORD='$REPLICATOR_PASSWORD'
PATRONI_API_PASSWORD='$PATRONI_API_PASSWORD'
ENV
  chmod 600 "$CREDENTIALS"
fi
ok "Identifiants chargés"

# What runs on each node, with name, address, partners and passwords as arguments.
install_node() {
  local name=$1 ip=$2 partners=() node
  for node in "${NODES[@]}"; do
    [ "${node#*:}" = "$ip" ] || partners+=("${node#*:}")
  done
  ssh "${SSH_OPTIONS[@]}" "root@$ip" bash -s -- "$name" "$ip" "${partners[0]}" "${partners[1]}" \
    "$POSTGRES_PASSWORD" "$REPLICATOR_PASSWORD" "$PATRONI_API_PASSWORD" <<'NODE'
set -u -o pipefail
NAME=$1 IP=$2 PARTNER1=$3 PARTNER2=$4 PG_PASS=$5 REPL_PASS=$6 API_PASS=$7
BASE=/opt/keybuzz/postgres

docker stop patroni >/dev/null 2>&1
docker rm -f patroni >/dev/null 2>&1

mkdir -p "$BASE/data" "$BASE/raft" "$BASE/archive" "$BASE/status" /opt/keybuzz/patroni/config
if ! mountpoint -q "$BASE/data"; then
  echo "$BASE/data n'est pas un point de montage"
  exit 1
fi
rm -rf "${BASE:?}/raft"/*
if [ "$NAME" != db-master-01 ]; then
  rm -rf "${BASE:?}/data"/*
fi
chown -R 999:999 "$BASE/data" "$BASE/raft" "$BASE/archive"
chmod 700 "$BASE/data"

cat >/opt/keybuzz/patroni/config/patroni.yml <<YML
scope: postgres-cluster
namespace: /service/
name: $NAME

restapi:
  listen: 0.0.0.0:8008
  connect_address: $IP:8008
  authentication:
    username: patroni
    password: '$API_PASS'

raft:
  data_dir: /opt/keybuzz/postgres/raft
  self_addr: $IP:7000
  partner_addrs:
    - $PARTNER1:7000
    - $PARTNER2:7000

bootstrap:
  dcs:
    ttl: 30
    loop_wait: 10
    retry_timeout: 10
    maximum_lag_on_failover: 1048576
    postgresql:
      use_pg_rewind: true
      use_slots: true
      parameters:
        wal_level: replica
        hot_standby: 'on'
        max_connections: 200
        max_wal_senders: 10
        max_replication_slots: 10
        wal_log_hints: 'on'
        shared_buffers: 64MB
  initdb:
    - encoding: UTF8
    - locale: en_US.UTF-8
    - data-checksums

postgresql:
  listen: 0.0.0.0:5432
  connect_address: $IP:5432
  data_dir: /var/lib/postgresql/data
  bin_dir: /usr/lib/postgresql/16/bin
  pgpass: /tmp/pgpass
  authentication:
    superuser:
      username: postgres
      password: '$PG_PASS'
    replication:
      username: replicator
      password: '$REPL_PASS'
  parameters:
    unix_socket_directories: /var/run/postgresql
    password_encryption: scram-sha-256
  pg_hba:
    - local all all trust
    - host all all 127.0.0.1/32 scram-sha-256
    - host all all 10.0.0.0/16 scram-sha-256
    - host replication replicator 127.0.0.1/32 scram-sha-256
    - host replication replicator 10.0.0.0/16 scram-sha-256

tags:
  nofailover: false
  noloadbalance: false
  clonefrom: true
  nosync: false
YML

cat >/opt/keybuzz/patroni/Dockerfile <<'DOCKERFILE'
FROM postgres:16

USER root

RUN apt-get update && \
    apt-get install -y python3-pip python3-dev python3-psycopg2 python3-setuptools python3-wheel \
        gcc postgresql-server-dev-16 git ca-certificates && \
    pip3 install --no-cache-dir --break-system-packages 'patroni[raft]==3.3.0' python-etcd && \
    apt-get remove -y gcc python3-dev postgresql-server-dev-16 git && \
    apt-get autoremove -y && \
    apt-get clean && rm -rf /var/lib/apt/lists/*

RUN apt-get update && apt-get install -y postgresql-16-pgvector && \
    apt-get clean && rm -rf /var/lib/apt/lists/*

RUN mkdir -p /etc/patroni && chown -R postgres:postgres /etc/patroni

USER postgres

CMD ["patroni", "/etc/patroni/patroni.yml"]
DOCKERFILE

if ! docker build -t patroni-pg16-raft:latest /opt/keybuzz/patroni >/dev/null 2>&1; then
  echo "docker build a échoué"
  exit 1
fi
echo INSTALLED >"$BASE/status/STATE"
NODE
}

start_node() {
  ssh "${SSH_OPTIONS[@]}" "root@$1" docker run -d --name patroni --hostname "$2" --network host \
    --restart unless-stopped \
    -v /opt/keybuzz/postgres/data:/var/lib/postgresql/data \
    -v /opt/keybuzz/postgres/raft:/opt/keybuzz/postgres/raft \
    -v /opt/keybuzz/postgres/archive:/opt/keybuzz/postgres/archive \
    -v /opt/keybuzz/patroni/config/patroni.yml:/etc/patroni/patroni.yml:ro \
    patroni-pg16-raft:latest >/dev/null
}

# psql on a node, over what comes on standard input: its answer, or nothing.
sql() {
  ssh "${SSH_OPTIONS[@]}" "root@$1" docker exec -i patroni psql -U postgres -tA 2>/dev/null
}

title "Étape 1/4 : préparation des nœuds"
for node in "${NODES[@]}"; do
  echo "→ ${node%%:*} (${node#*:})"
  if install_node "${node%%:*}" "${node#*:}"; then
    ok "${node%%:*} préparé"
  else
    ko "${node%%:*} : échec de la préparation"
    state KO
    exit 1
  fi
done

title "Étape 2/4 : démarrage simultané"
pids=()
for node in "${NODES[@]}"; do
  start_node "${node#*:}" "${node%%:*}" &
  pids+=($!)
done
for pid in "${pids[@]}"; do
  wait "$pid" || warn "un conteneur n'a pas démarré"
done
echo "Attente du bootstrap (60 s)…"
sleep 60

title "Étape 3/4 : recherche du leader"
LEADER=
for attempt in 1 2 3 4 5 6 7 8 9 10; do
  for node in "${NODES[@]}"; do
    if [ "$(echo 'SELECT pg_is_in_recovery()' | sql "${node#*:}")" = f ]; then
      LEADER=${node#*:}
      ok "Leader : ${node%%:*}"
      break 2
    fi
  done
  warn "Pas de leader (essai $attempt/10)"
  sleep 10
done
if [ -z "$LEADER" ]; then
  ko "Aucun leader élu"
  state KO
  exit 1
fi

title "Étape 4/4 : bases et utilisateurs"
for base in keybuzz n8n chatwoot; do
  sql "$LEADER" <<SQL
CREATE ROLE $base LOGIN PASSWORD '$POSTGRES_PASSWORD';
CREATE DATABASE $base OWNER $base;
\\connect $base
CREATE EXTENSION IF NOT EXISTS vector;
CREATE EXTENSION IF NOT EXISTS pgcrypto;
CREATE EXTENSION IF NOT EXISTS "uuid-ossp";
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
SQL
  ok "Base $base"
done

READY=0
for node in "${NODES[@]}"; do
  if ssh "${SSH_OPTIONS[@]}" "root@${node#*:}" docker exec patroni pg_isready -U postgres \
    </dev/null >/dev/null 2>&1; then
    READY=$((READY + 1))
  fi
done
echo "Nœuds prêts : $READY/3"
[ "$READY" -eq 3 ] || warn "Cluster dégradé"

state OK
title "Installation terminée"
echo "Connexion : postgresql://postgres:$POSTGRES_PASSWORD@10.0.0.11:5432/postgres"
echo "Mot de passe postgres : $POSTGRES_PASSWORD"
echo "Journal : $LOG_FILE"
exit 0
