# shellcheck shell=bash
# Counts what is done to the hosts, on the hosts themselves: each program that can destroy something
# is found first in a wrapper that writes its arguments down and then becomes the program. The install
# script writes a line when it starts.

COUNTED=/var/log/counted
INSTALL_SCRIPT=/opt/keybuzz-installer/scripts/03_postgresql_ha/04_postgres16_patroni_raft_FIXED.sh

# put_counters: on all db hosts and install-01.
put_counters() {
  local host
  for host in "${LAB_DB_HOSTS[@]}" install-01; do
    # shellcheck disable=SC2016 # expanded in the host
    in_host "$host" /bin/sh -c '
      counted=$1
      : >"$counted"
      for program in docker mv rm cp chown tar; do
        real=$(PATH=/usr/sbin:/usr/bin:/sbin:/bin command -v "$program")
        cat >"/usr/local/sbin/$program" <<WRAPPER
#!/bin/sh
line=\$(printf "%s " "$program" "\$@" | tr "\\n" " ")
printf "%s\\n" "\$line" >>$counted
exec $real "\$@"
WRAPPER
        chmod 755 "/usr/local/sbin/$program"
      done' counters "$COUNTED" || return
  done
  in_host install-01 sed -i -e '/^echo install-script/d' -e "1a echo install-script >>$COUNTED" "$INSTALL_SCRIPT"
}

# counts RUN: what was done to containers, images and volumes of all members and how often, however
# often it was looked at. Names that differ from run to run are made equal.
counts() {
  local host
  {
    for host in "${LAB_DB_HOSTS[@]}"; do
      in_host "$host" cat "$COUNTED"
    done
    in_host install-01 grep -x install-script "$COUNTED"
  } | sed -E "s/$1/RUN/g; s|/tmp/tmp\.[A-Za-z0-9]+|/tmp/tmp.X|g; s/ +$//" |
    awk '
      $1 == "docker" {
        if ($2 ~ /^(stop|start|kill|rm|rename|rmi|tag|build)$/ || /^docker run -d/) print
        next
      }
      /\/opt\/keybuzz\/(postgres|patroni|stash)/ || $1 == "install-script"' |
    sed -E 's/(--hostname |@)db-[a-z0-9-]+/\1HOST/g' | sort | uniq -c
}
