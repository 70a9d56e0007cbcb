# shellcheck shell=bash
# The Patroni cluster of the lab: its containers and what it says about itself.

# run_container HOST: creates and starts the site's container.
run_container() {
  local base=/opt/keybuzz/postgres
  in_host "$1" docker run -d --name patroni --hostname "$1" --network host \
    --restart unless-stopped -v "$base/data:/var/lib/postgresql/data" \
    -v "$base/raft:$base/raft" -v "$base/archive:$base/archive" \
    -v /opt/keybuzz/patroni/config/patroni.yml:/etc/patroni/patroni.yml:ro \
    patroni-pg16-raft:latest >/dev/null
}

# on_db_hosts FUNCTION [ARGUMENT…]: calls it for all db hosts at the same time.
on_db_hosts() {
  local call=$1 host pids=() pid status=0
  shift
  for host in "${LAB_DB_HOSTS[@]}"; do
    "$call" "$host" "$@" &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do
    wait "$pid" || status=1
  done
  return "$status"
}

# patronictl HOST ARGUMENT…: in the host's container, bounded.
patronictl() {
  local host=$1
  shift
  in_host "$host" timeout 20 docker exec patroni \
    patronictl -c /etc/patroni/patroni.yml "$@" 2>&1
}

# member_list HOST: patronictl list as that member sees it.
member_list() {
  patronictl "$1" list
}

# listed_healthy HOST: one Leader, two streaming Replicas in the RAFT state as that member has it.
# After a boot of all members that can be what was true before: ask the members too.
listed_healthy() {
  member_list "$1" | awk -F'|' '
    $4 ~ /Leader/ && $5 ~ /running/ { leader++ }
    $4 ~ /Replica/ && $5 ~ /streaming/ { replica++ }
    END { exit !(leader == 1 && replica == 2) }'
}

# members_answer HOST: asked from that host, one member's REST interface says that it is the running
# primary, and two that they are running replicas.
members_answer() {
  local host addresses=()
  for host in "${LAB_DB_HOSTS[@]}"; do
    addresses+=("$(address_of "$host")")
  done
  # shellcheck disable=SC2016 # expanded in the host
  in_host "$1" /bin/sh -c '
    primary=0 replica=0
    for address in "$@"; do
      curl -fso /dev/null -m 5 "http://$address:8008/primary" && primary=$((primary + 1))
      curl -fso /dev/null -m 5 "http://$address:8008/replica" && replica=$((replica + 1))
    done
    [ "$primary:$replica" = 1:2 ]' members "${addresses[@]}"
}

# cluster_is_healthy: any db host that is on sees it so.
cluster_is_healthy() {
  local host
  for host in "${LAB_DB_HOSTS[@]}"; do
    living "$host" >/dev/null || continue
    members_answer "$host" && listed_healthy "$host"
    return
  done
  return 1
}

# leader: the name of the member that leads; nothing when there is none.
leader() {
  local host
  for host in "${LAB_DB_HOSTS[@]}"; do
    member_list "$host" | awk -F'|' '$4 ~ /Leader/ { gsub(/ /, "", $2); print $2; found = 1 }
      END { exit !found }' && return 0
  done
  return 1
}

# await_healthy SECONDS: waits for one Leader and two streaming Replicas.
await_healthy() {
  wait_until "$1" cluster_is_healthy ||
    fail "the cluster has not become healthy within $1 s" \
      "look at lab/status, and at: lab/exec db-master-01 docker logs patroni --tail 50"
}

# query_through_pgbouncer SQL: as the site's programs do, from install-01.
query_through_pgbouncer() {
  local password
  password=$(sed -n "s/^POSTGRES_PASSWORD='\(.*\)'$/\1/p" "$LAB_STATE/secrets/postgres.env")
  in_host install-01 env PGPASSWORD="$password" PGCONNECT_TIMEOUT=5 timeout 10 \
    psql -h 10.0.0.11 -p 6432 -U postgres -d postgres -tAqc "$1"
}

# pgbouncer_answers: a query through PgBouncer and HAProxy reaches a leader.
pgbouncer_answers() {
  [[ $(query_through_pgbouncer 'select not pg_is_in_recovery()' 2>/dev/null) == t ]]
}
