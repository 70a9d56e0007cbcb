# shellcheck shell=bash
# Making and unmaking the cluster's members: what break and heal are made of.

# all_hosts_on: powers on what is off and plugs in what is cut.
all_hosts_on() {
  local host
  for host in "${LAB_HOSTS[@]}"; do
    living "$host" >/dev/null || start_host "$host"
    in_keeper ip link set "$host" up
  done
  for host in "${LAB_HOSTS[@]}"; do
    await_boot "$host"
    in_host "$host" systemctl start docker ||
      fail "docker does not start on $host" "look at: lab/exec $host tail /var/log/docker.log"
  done
}

# remove_container HOST
remove_container() {
  in_host "$1" docker rm -f patroni >/dev/null 2>&1
  ! in_host "$1" docker inspect patroni >/dev/null 2>&1
}

# wipe HOST DIRECTORY…: empties directories below /opt/keybuzz/postgres.
wipe() {
  local host=$1 directory
  shift
  for directory in "$@"; do
    in_host "$host" find "/opt/keybuzz/postgres/$directory" -mindepth 1 -delete || return
    in_host "$host" chown 999:999 "/opt/keybuzz/postgres/$directory" || return
    in_host "$host" chmod 700 "/opt/keybuzz/postgres/$directory" || return
  done
}

# has_image HOST: the image of the name that the site uses carries Patroni 4.1.0.
has_image() {
  in_host "$1" docker run --rm --network none patroni-pg16-raft:latest patroni --version \
    2>/dev/null | grep -q '4\.1\.0'
}

# ensure_image HOST: builds the site's image again where a correction has replaced it.
ensure_image() {
  has_image "$1" && return 0
  say "$1: building the image with Patroni 4.1.0 again"
  in_host "$1" docker build -q -t patroni-pg16-raft:latest - \
    <"$LAB_HOME/image/patroni-4.1.0/Dockerfile" >/dev/null
}

# blank HOST: a member without container, RAFT state and data, with the site's image and
# configuration.
blank() {
  remove_container "$1" && ensure_image "$1" && wipe "$1" raft data archive && write_config "$1"
}

# blank_members: all hosts on, all members blank.
blank_members() {
  all_hosts_on
  on_db_hosts blank ||
    fail "a member could not be made blank" "look at: lab/exec db-master-01 docker ps -a"
}

# run_members: starts the containers of all members together.
run_members() {
  on_db_hosts run_container ||
    fail "a container did not start" "look at: lab/exec db-master-01 docker ps -a"
}

# healthy_members: from blank members to a healthy cluster.
healthy_members() {
  blank_members
  run_members
  await_healthy 240
}

# container_does VERB [OPTION…] on all db hosts: docker start, stop, kill.
containers_do() {
  on_db_hosts container_does "$@" ||
    fail "docker $1 failed on a db host" "look at: lab/exec db-master-01 docker ps -a"
}

# container_does HOST VERB [OPTION…]
container_does() {
  local host=$1
  shift
  in_host "$host" docker "$@" patroni >/dev/null
}
