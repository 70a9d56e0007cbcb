# shellcheck shell=bash
# The site's files: what of site/ and of the lab's secrets goes onto which host's disk.

# add_host_files NAME: mounts the host's disk for a moment and fills it. site/common/ goes onto
# every host, site/db/ onto the db hosts, site/NAME/ onto that host.
add_host_files() {
  in_keeper unshare --mount --propagation private \
    bash "$LAB_HOME/lib/site-fill.sh" "$1" ||
    fail "the site's files could not be put onto $1's disk" "run lab/down, then lab/up again"
}

# make_secrets: passwords and keys of this lab, made anew by each up.
make_secrets() {
  local directory=$LAB_STATE/secrets name
  install -d -m 700 "$directory"
  {
    echo "# Identifiants PostgreSQL du cluster keybuzz-pg"
    for name in POSTGRES_PASSWORD REPLICATOR_PASSWORD PATRONI_API_PASSWORD; do
      echo "$name='$(od -An -N 16 -tx1 /dev/urandom | tr -d ' \n')'"
    done
  } >"$directory/postgres.env"
  ssh-keygen -q -t ed25519 -N '' -C root@install-01 -f "$directory/id_ed25519"
  for name in "${LAB_HOSTS[@]}"; do
    ssh-keygen -q -t ed25519 -N '' -C "root@$name" -f "$directory/$name"
    echo "$(address_of "$name") $(cut -d' ' -f1,2 "$directory/$name.pub")"
    echo "$name $(cut -d' ' -f1,2 "$directory/$name.pub")"
  done >"$directory/known_hosts"
}
