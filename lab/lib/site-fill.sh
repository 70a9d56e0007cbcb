#!/bin/bash
# Runs in a mount namespace of its own: puts the site's files onto one host's root disk.
# site-fill.sh NAME
set -eu
# shellcheck source=lab/lib/common.sh
. "$LAB_HOME/lib/common.sh"
# shellcheck source=lab/lib/config.sh
. "$LAB_HOME/lib/config.sh"
set -e
name=$1
secrets=$LAB_STATE/secrets
disk=$LAB_STORE/roots
mount -o loop,noatime "$LAB_STORE/disks/$name.root.img" "$disk"
mkdir -p "$disk"/{upper,work,docker}
root=$disk/upper

# fill DIRECTORY: copies it over the host's root, with root's ownership. /var/run is never among
# the paths: in a root it is an absolute link.
fill() {
  [[ -d $LAB_HOME/$1 ]] || return 0
  cp -R --preserve=mode "$LAB_HOME/$1/." "$root/"
}

# owner_in_hosts USER: its uid and gid as the hosts know them.
owner_in_hosts() {
  cat "$LAB_STATE/layer/layer/etc/passwd" /etc/passwd 2>/dev/null |
    awk -F: -v user="$1" '$1 == user { print $3 ":" $4; exit }'
}

fill site/common
if [[ $name == builder ]]; then
  # It serves nobody, so any key will do.
  mkdir -p "$root/etc/ssh"
  ssh-keygen -q -t ed25519 -N '' -f "$root/etc/ssh/ssh_host_ed25519_key"
  umount "$disk"
  exit 0
fi
# shellcheck disable=SC1091 # made by up
. "$secrets/postgres.env"

echo "$name" >"$root/etc/hostname"
{
  echo '127.0.0.1 localhost'
  for other in "${LAB_HOSTS[@]}"; do
    echo "$(address_of "$other") $other"
  done
} >"$root/etc/hosts"
install -m 600 "$secrets/$name" "$root/etc/ssh/ssh_host_ed25519_key"
install -m 644 "$secrets/$name.pub" "$root/etc/ssh/ssh_host_ed25519_key.pub"
install -d -m 700 "$root/root" "$root/root/.ssh"
install -m 600 "$secrets/id_ed25519.pub" "$root/root/.ssh/authorized_keys"

if is_db_host "$name"; then
  fill site/db
  install -d -o 999 -g 999 -m 700 "$root"/opt/keybuzz/postgres/{raft,archive}
  install -d "$root"/opt/keybuzz/postgres/{data,status}
  # The site's file is root's and readable, passwords and all.
  render_patroni_config "$name" >"$root/opt/keybuzz/patroni/config/patroni.yml"
fi
fill "site/$name"
case $name in
  haproxy-01)
    sed -i "s|@POSTGRES_PASSWORD@|$POSTGRES_PASSWORD|" "$root/etc/pgbouncer/userlist.txt"
    chmod 640 "$root/etc/pgbouncer/userlist.txt"
    chown "$(owner_in_hosts postgres)" "$root/etc/pgbouncer/userlist.txt"
    ;;
  install-01)
    install -m 600 "$secrets/id_ed25519" "$root/root/.ssh/id_ed25519"
    install -m 644 "$secrets/id_ed25519.pub" "$root/root/.ssh/id_ed25519.pub"
    install -m 644 "$secrets/known_hosts" "$root/root/.ssh/known_hosts"
    install -d "$root/opt/keybuzz-installer/credentials"
    install -m 600 "$secrets/postgres.env" "$root/opt/keybuzz-installer/credentials/postgres.env"
    ;;
esac
umount "$disk"
