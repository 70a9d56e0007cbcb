# shellcheck shell=bash
# Snapshots of all disks of the lab at one instant. All file systems are frozen while their images
# are copied (the copies share blocks), so a restored lab starts as after a power cut.

# frozen_places HOST: the mount points of the host's disks, inside the host.
frozen_places() {
  echo /var/lib/docker
  ! is_db_host "$1" || echo /opt/keybuzz/postgres/data
}

# freeze_all VERB: fsfreeze with --freeze or --unfreeze on every disk of every host that is on.
freeze_all() {
  local host place status=0
  for host in "${LAB_HOSTS[@]}"; do
    living "$host" >/dev/null || continue
    for place in $(frozen_places "$host"); do
      in_host "$host" fsfreeze "$1" "$place" || status=1
    done
  done
  return "$status"
}

# take_snapshot NAME: copies every disk, then the note of what the cluster is broken by.
take_snapshot() {
  local directory=$LAB_STORE/snapshots/$1 image status=0
  in_keeper rm -rf "$directory.new"
  in_keeper mkdir -p "$directory.new"
  ! cluster_is_healthy || in_keeper touch "$directory.new/healthy"
  trap 'freeze_all --unfreeze 2>/dev/null; exit 130' INT TERM HUP
  if freeze_all --freeze; then
    for image in $(in_keeper ls "$LAB_STORE/disks"); do
      copy_image "$LAB_STORE/disks/$image" "$directory.new/$image" || status=1
    done
  else
    status=1
  fi
  freeze_all --unfreeze 2>/dev/null
  trap - INT TERM HUP
  if ((status == 0)); then
    [[ ! -e $LAB_STATE/broken ]] || in_keeper cp "$LAB_STATE/broken" "$directory.new/broken"
    in_keeper rm -rf "$directory"
    in_keeper mv "$directory.new" "$directory"
  fi
  return "$status"
}

# put_back NAME: every disk as the snapshot has it; all hosts must be off.
put_back() {
  local directory=$LAB_STORE/snapshots/$1 host image
  for host in "${LAB_HOSTS[@]}"; do
    for image in "$host.root.img" "$host.data.img"; do
      in_keeper test -e "$directory/$image" || continue
      in_keeper rm -f "$LAB_STORE/disks/$image"
      copy_image "$directory/$image" "$LAB_STORE/disks/$image" || return
    done
  done
  rm -f "$LAB_STATE/broken"
  ! in_keeper test -e "$directory/broken" || in_keeper cp "$directory/broken" "$LAB_STATE/broken"
}
