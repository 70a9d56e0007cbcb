#!/bin/bash
# The lab's keeper: one process that holds the mount namespace with the lab's disks and the
# network namespace with its bridge. Everything of the lab is inside these, so nothing of it is
# in the machine's own; when the last process in them ends, the kernel takes them down.
set -eu
# shellcheck source=lab/lib/common.sh
. "$LAB_HOME/lib/common.sh"
set -e

read -r keeper _ </proc/self/stat
mkdir -p "$LAB_STORE" "$LAB_STATE/layer"
mount -o loop,noatime "$LAB_STATE/store.img" "$LAB_STORE"
mount -o loop,ro "$LAB_CACHE/layer.img" "$LAB_STATE/layer"
# The lab's disks need not survive a crash of the machine: no flush has to reach its disk.
device=$(findmnt -n -o SOURCE "$LAB_STORE")
echo 'write through' >"/sys/block/${device#/dev/}/queue/write_cache" 2>/dev/null || true
mkdir -p "$LAB_STORE/disks" "$LAB_STORE/snapshots" "$LAB_STORE/roots"

ip link add lab type bridge
ip link set lo up
ip link set lab up

printf '%s %s\n' "$keeper" "$(awk '{ print $22 }' "/proc/$keeper/stat")" >"$LAB_STATE/run/keeper"
exec {idle}<> <(:)
while :; do
  read -r -u "$idle"
done
