#!/bin/bash
# The first process of a host: makes the host's root out of its disks, then becomes host-boot.
# Runs in new mount, network, pid, uts and ipc namespaces; all mounts vanish with them.
# host-init.sh NAME ADDRESS CGROUP
set -eu
name=$1 address=$2 cgroup=$3
read -r self _ </proc/self/stat
started=$(awk '{ print $22 }' "/proc/$self/stat")

disk=$LAB_STATE/store/roots/$name.disk
root=$LAB_STATE/store/roots/$name
mkdir -p "$disk" "$root"
mount -o loop,noatime "$LAB_STATE/store/disks/$name.root.img" "$disk"
mkdir -p "$disk"/{upper,work,docker}
rm -rf "$disk/tmp"
mkdir -m 1777 "$disk/tmp"
mount -t overlay overlay \
  -o "lowerdir=$LAB_STATE/layer/layer:/,upperdir=$disk/upper,workdir=$disk/work" "$root"

mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount --rbind /sys/fs/cgroup "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount --bind "$disk/tmp" "$root/tmp"
mkdir -p "$root/var/lib/docker" "$root/run/lock"
mount --bind "$disk/docker" "$root/var/lib/docker"

# A /dev of its own, with no device of the machine's in it.
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for node in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0; do
  IFS=: read -r file major minor <<<"$node"
  mknod -m 666 "$root/dev/$file" c "$major" "$minor"
done
mkdir "$root/dev/pts" "$root/dev/shm" "$root/dev/mqueue"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
mount -t mqueue mqueue "$root/dev/mqueue"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
ln -s /proc/self/fd/0 "$root/dev/stdin"
ln -s /proc/self/fd/1 "$root/dev/stdout"
ln -s /proc/self/fd/2 "$root/dev/stderr"

if [[ -e $LAB_STATE/store/disks/$name.data.img ]]; then
  mkdir -p "$root/opt/keybuzz/postgres/data"
  mount -t xfs -o loop,noatime "$LAB_STATE/store/disks/$name.data.img" \
    "$root/opt/keybuzz/postgres/data"
fi

# Each boot has an id of its own, as on a machine of its own.
cat /proc/sys/kernel/random/uuid >"$root/run/boot_id"
mount --bind "$root/run/boot_id" "$root/proc/sys/kernel/random/boot_id"
hostname "$name"
echo "$cgroup/$name" >"$root/etc/lab-cgroup"

printf '%s %s\n' "$self" "$started" >"$LAB_STATE/run/$name"
cd "$root"
mkdir -p run/machine
pivot_root . run/machine
exec env -i /usr/sbin/chroot . /bin/bash -c \
  'umount -l /run/machine && rmdir /run/machine; exec /usr/local/sbin/host-boot "$@"' \
  host-boot "$name" "$address"
