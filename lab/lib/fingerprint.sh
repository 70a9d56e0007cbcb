# shellcheck shell=bash
# What a correction may change on the members, in words that can be compared: a rollback is complete
# when they are the same before and after.

# member_fingerprint HOST: containers and images by their ids, the configuration and the data by
# their contents, owners and modes. Of the RAFT state, which a running member rewrites all the time,
# only whose it is and whether there is any.
member_fingerprint() {
  # shellcheck disable=SC2016 # expanded in the host
  in_host "$1" /bin/bash -c '
    set -u
    base=/opt/keybuzz/postgres
    docker ps -a --no-trunc --format "container {{.Names}} {{.ID}}" | sort
    docker images --no-trunc --format "image {{.Repository}}:{{.Tag}} {{.ID}}" |
      grep -v "<none>" | sort
    stat -c "%U:%G %a %n" "$base"/{data,raft,archive} /opt/keybuzz/patroni/config/*
    # The install script writes the Dockerfile and STATE as well, on members that had none.
    sha256sum /opt/keybuzz/patroni/config/* /opt/keybuzz/patroni/Dockerfile "$base/status/STATE"
    if [[ -n $(ls -A "$base/raft") ]]; then echo "raft state"; else echo "no raft state"; fi
    cd "$base/data" && find . -printf "%p %U:%G %m %y\n" | sort &&
      find . -type f -print0 | sort -z | xargs -0r sha256sum
  ' 2>&1
}

# fingerprint: of all members and of the operator's credentials.
fingerprint() {
  local host
  for host in "${LAB_DB_HOSTS[@]}"; do
    member_fingerprint "$host" | sed "s/^/$host  /"
  done
  in_host install-01 sha256sum /opt/keybuzz-installer/credentials/postgres.env
}

# containers_started: when each member's container was started; the same words twice mean that
# nobody stopped it in between.
containers_started() {
  local host
  for host in "${LAB_DB_HOSTS[@]}"; do
    in_host "$host" docker inspect -f '{{.Id}} {{.State.StartedAt}}' patroni
  done
}
