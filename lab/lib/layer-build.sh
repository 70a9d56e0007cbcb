#!/bin/bash
# Runs in a mount namespace of its own: installs the hosts' packages into an overlay over the
# machine's root, and keeps the overlay's upper directory.
# layer-build.sh IMAGE WORK_DIRECTORY
set -eu
# shellcheck source=lab/lib/common.sh
. "$LAB_HOME/lib/common.sh"
# shellcheck source=lab/lib/packages.sh
. "$LAB_HOME/lib/packages.sh"
# shellcheck source=lab/lib/layer.sh
. "$LAB_HOME/lib/layer.sh"
set -e
image=$1
work=$2

mkfs.ext4 -q -F "$image"
mount -o loop "$image" "$work"
mkdir "$work/layer" "$work/scratch" "$work/root"

# hide PATH: an empty directory that does not let the machine's one shine through.
hide() {
  mkdir -p "$work/layer$1"
  python3 -c 'import os, sys; os.setxattr(sys.argv[1], "trusted.overlay.opaque", b"y")' \
    "$work/layer$1"
}
for path in "${LAYER_HIDES[@]}"; do
  hide "$path"
done
chmod 700 "$work/layer/root"
mkdir -p "$work/layer/usr/sbin"
printf '#!/bin/sh\nexit 101\n' >"$work/layer/usr/sbin/policy-rc.d"
chmod 755 "$work/layer/usr/sbin/policy-rc.d"

mount -t overlay overlay -o "lowerdir=/,upperdir=$work/layer,workdir=$work/scratch" "$work/root"
mount -t proc proc "$work/root/proc"
mount -t tmpfs tmpfs "$work/root/tmp"
mount --rbind /dev "$work/root/dev"
cp -L /etc/resolv.conf "$work/root/tmp/resolv.conf"
touch "$work/root/etc/resolv.conf"
mount --bind "$work/root/tmp/resolv.conf" "$work/root/etc/resolv.conf"

export DEBIAN_FRONTEND=noninteractive
chroot "$work/root" apt-get update
chroot "$work/root" apt-get install -y --no-install-recommends "${HOST_PACKAGES[@]}"
chroot "$work/root" apt-get clean

umount "$work/root/etc/resolv.conf" "$work/root/tmp" "$work/root/proc"
# No host key of the machine, and no unit enabled but those that the site enables.
rm -rf "$work/root"/etc/ssh/ssh_host_* "$work/root"/etc/systemd/system/*
: >"$work/root/etc/resolv.conf"
umount -l "$work/root"
rm -rf "$work/scratch" "$work/root" "$work/layer/var/lib/apt/lists"
umount "$work"
