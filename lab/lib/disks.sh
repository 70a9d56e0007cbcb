# shellcheck shell=bash
# The hosts' disks: sparse images on an XFS of the lab's own, whose files share blocks, so that a
# copy of a disk takes no time and no space.

# make_store: the file system that holds all disks.
make_store() {
  truncate -s 60G "$LAB_STATE/store.img"
  quietly "$LAB_STATE/run/mkfs.log" mkfs.xfs -q -f -K -m reflink=1 "$LAB_STATE/store.img" ||
    fail "the lab's file system could not be made in $LAB_STATE" "is there room? see df $LAB_STATE"
}

# make_root_disk NAME: an empty root disk. It needs no journal: a power cut of a host takes its
# processes, never the kernel that writes its disk.
make_root_disk() {
  local image=$LAB_STORE/disks/$1.root.img
  in_keeper truncate -s 16G "$image"
  in_keeper mkfs.ext4 -q -F -O '^has_journal' \
    -E lazy_itable_init=1,nodiscard -m 0 "$image"
}

# make_data_disk NAME: the XFS volume of a db host.
make_data_disk() {
  local image=$LAB_STORE/disks/$1.data.img
  in_keeper truncate -s 1G "$image"
  in_keeper mkfs.xfs -q -f -K "$image"
}

# copy_image FROM TO: shares the blocks.
copy_image() {
  in_keeper cp --reflink=always "$1" "$2"
}

# golden_key: changes when the db hosts' first disk has to be made anew.
golden_key() {
  {
    image_key
    cat "$LAB_HOME/lib/disks.sh"
  } | sha256sum | cut -c1-16
}

# make_golden_disk: leaves $LAB_CACHE/db-root.img, a root disk whose Docker Engine has the images
# postgres:16 and patroni-pg16-raft:latest (Patroni 4.1.0), built by the site's own Dockerfile.
make_golden_disk() {
  local golden=$LAB_CACHE/db-root.img key
  key=$(golden_key)
  [[ -e $golden && $(cat "$golden.key" 2>/dev/null) == "$key" ]] && return 0
  make_image_archive
  say "building the image patroni-pg16-raft (Patroni 4.1.0) from the site's Dockerfile"
  rm -f "$golden" "$golden.key"
  make_root_disk builder
  add_host_files builder
  in_keeper mount -o loop "$LAB_STORE/disks/builder.root.img" "$LAB_STORE/roots"
  in_keeper mkdir -p "$LAB_STORE/roots/upper/var/tmp"
  in_keeper cp "$LAB_CACHE/postgres16.tar" "$LAB_STORE/roots/upper/var/tmp/"
  in_keeper cp -R "$LAB_HOME/image" "$LAB_STORE/roots/upper/var/tmp/build"
  in_keeper umount "$LAB_STORE/roots"
  start_host builder 10.0.0.9
  await_boot builder
  quietly "$LAB_CACHE/log/golden.log" in_host builder /bin/bash -c '
    set -e
    docker import /var/tmp/postgres16.tar postgres-root
    docker build -t postgres:16 /var/tmp/build/postgres-16
    docker build -t patroni-pg16-raft:latest /var/tmp/build/patroni-4.1.0
    docker rmi postgres-root
    rm -rf /var/tmp/postgres16.tar /var/tmp/build
    systemctl stop docker
    sync' ||
    fail "the site's image could not be built" "look at $LAB_CACHE/log/golden.log"
  cut_power builder
  in_keeper cp --sparse=always "$LAB_STORE/disks/builder.root.img" "$golden.new"
  in_keeper rm "$LAB_STORE/disks/builder.root.img"
  mv "$golden.new" "$golden"
  printf '%s\n' "$key" >"$golden.key"
}

# make_disks: a fresh disk for every host.
make_disks() {
  local name first=$LAB_STORE/disks/${LAB_DB_HOSTS[0]}.root.img
  in_keeper cp --sparse=always "$LAB_CACHE/db-root.img" "$first"
  for name in "${LAB_HOSTS[@]}"; do
    if ! is_db_host "$name"; then
      make_root_disk "$name"
      continue
    fi
    [[ $name == "${LAB_DB_HOSTS[0]}" ]] || copy_image "$first" "$LAB_STORE/disks/$name.root.img"
    make_data_disk "$name"
  done
}
