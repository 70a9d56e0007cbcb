# shellcheck shell=bash
# Proof that a cluster is broken the way it should be: each symptom is asked of the cluster itself.

# header HOST: what patronictl list says in brackets beside the cluster's name: "uninitialized",
# "initializing", or the system identifier that the initialize key holds.
header() {
  member_list "$1" | sed -n 's/^+ Cluster: [^(]*(\([^)]*\)).*/\1/p'
}

# some_header: of the first db host whose container answers.
some_header() {
  local host text
  for host in "${LAB_DB_HOSTS[@]}"; do
    text=$(header "$host")
    [[ -n $text ]] && echo "$text" && return 0
  done
  return 1
}

# header_is PATTERN: a bash pattern.
header_is() {
  # shellcheck disable=SC2053 # the pattern is meant as one
  [[ $(some_header) == $1 ]]
}

# header_is_number: an initialize key of an earlier cluster.
header_is_number() {
  [[ $(some_header) =~ ^[0-9]{10,}$ ]]
}

# no_leader: the cluster can be asked, lists members, and none leads.
no_leader() {
  local host list
  for host in "${LAB_DB_HOSTS[@]}"; do
    list=$(member_list "$host")
    [[ $list == *"+ Cluster:"* ]] && [[ $list != *Leader* ]] && return 0
  done
  return 1
}

# leaderless_uninitialized: both in one answer, since a container that starts again and again gives few.
leaderless_uninitialized() {
  local host list
  for host in "${LAB_DB_HOSTS[@]}"; do
    list=$(member_list "$host")
    [[ $list == *"(uninitialized)"* && $list != *Leader* ]] && return 0
  done
  return 1
}

# all_stopped: three members, all in the state "stopped".
all_stopped() {
  [[ $(member_list db-master-01 | awk -F'|' '$5 ~ /stopped/' | wc -l) == 3 ]]
}

# all_tagged TEXT: the column Tags holds the text three times.
all_tagged() {
  [[ $(member_list db-master-01 | grep -c "| $1 *|$") == 3 ]]
}

# restarts HOST: how often Docker has restarted the container.
restarts() {
  in_host "$1" docker inspect -f '{{.RestartCount}}' patroni 2>/dev/null
}

# no_restarts: all three containers run and none was ever restarted.
no_restarts() {
  local host
  for host in "${LAB_DB_HOSTS[@]}"; do
    [[ $(restarts "$host") == 0 ]] || return 1
    [[ $(in_host "$host" docker inspect -f '{{.State.Running}}' patroni) == true ]] || return 1
  done
}

# a_restart: at least one container has been restarted by Docker.
a_restart() {
  local host
  for host in "${LAB_DB_HOSTS[@]}"; do
    [[ $(restarts "$host") =~ ^[1-9] ]] && return 0
  done
  return 1
}

# logged HOST TEXT: the container's log holds it.
logged() {
  in_host "$1" docker logs patroni 2>&1 | grep -qF -- "$2"
}

# logged_somewhere TEXT
logged_somewhere() {
  local host
  for host in "${LAB_DB_HOSTS[@]}"; do
    logged "$host" "$1" && return 0
  done
  return 1
}

# logged_everywhere TEXT
logged_everywhere() {
  local host
  for host in "${LAB_DB_HOSTS[@]}"; do
    logged "$host" "$1" || return 1
  done
}

# the_loop: the report's log line, on all members.
the_loop() {
  logged_everywhere 'waiting for leader to bootstrap'
}

# show DESCRIPTION COMMAND…: waits for a symptom and prints it, or ends: the cluster is not broken
# the way it was meant to be.
show() {
  local description=$1
  shift
  wait_until 150 "$@" ||
    fail "the cluster does not show the symptom: $description" \
      "look at lab/status; lab/heal makes it healthy again"
  say "seen: $description"
}

# show_reported_picture: uninitialized, stopped, no leader, the loop, no restarts.
show_reported_picture() {
  show 'the header says (uninitialized)' header_is uninitialized
  show 'three members, all stopped' all_stopped
  show 'no leader' no_leader
  show '"waiting for leader to bootstrap" in all logs' the_loop
  show 'the containers run and were never restarted' no_restarts
}
