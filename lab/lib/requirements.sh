# shellcheck shell=bash
# What a machine must be able to do before the lab changes anything on it.

# missing_requirements: one line for each thing that is missing, with what to do about it.
missing_requirements() {
  local name free
  if ((EUID != 0)); then
    echo "not root: run it with sudo"
    return
  fi
  if ! command -v apt-get >/dev/null || ! grep -qs '^VERSION_CODENAME=bookworm' /etc/os-release; then
    echo "not Debian 12: the lab's packages come from it; use such a machine"
  fi
  if [[ $(uname -m) != x86_64 ]]; then
    echo "not x86_64: the PostgreSQL 16 wheel is for that architecture only"
  fi
  if ! unshare --mount --net --pid --uts --ipc --fork true 2>/dev/null; then
    echo "no namespaces: unshare is refused; in a container, give it all capabilities (--privileged)"
  fi
  if ! losetup --find >/dev/null 2>&1; then
    echo "no loop devices: run modprobe loop; in a container, give it /dev/loop-control and /dev/loop*"
  fi
  for name in overlay ext4 xfs; do
    grep -qw "$name" /proc/filesystems || modprobe --dry-run --quiet "$name" 2>/dev/null ||
      echo "no $name: the kernel cannot mount it; run a kernel with that module"
  done
  if [[ ! -d /sys/fs/cgroup ]] || ! findmnt -n /sys/fs/cgroup >/dev/null; then
    echo "no control groups: /sys/fs/cgroup is not mounted, and Docker needs them"
  fi
  free=$(free_gigabytes "$LAB_STATE")
  ((free >= 6)) || echo "little room: $free GB free for $LAB_STATE, 6 are needed; set LAB_STATE"
  free=$(free_gigabytes "$LAB_CACHE")
  ((free >= 4)) || echo "little room: $free GB free for $LAB_CACHE, 4 are needed; set LAB_CACHE"
  free=$(awk '/^MemAvailable/ { print int($2 / 1048576) }' /proc/meminfo)
  ((free >= 3)) || echo "little memory: $free GB available, 3 are needed"
}

# free_gigabytes PATH: free space where the path is, or will be.
free_gigabytes() {
  local path=$1
  until [[ -d $path ]]; do
    path=$(dirname "$path")
  done
  df --output=avail -B1 "$path" | awk 'END { print int($1 / 1073741824) }'
}

# need_machine: ends the command when the machine can't carry a lab.
need_machine() {
  local missing
  missing=$(missing_requirements)
  [[ -z $missing ]] && return 0
  printf '%s: this machine cannot carry the lab; nothing was changed. What is missing:\n' \
    "$LAB_COMMAND" >&2
  printf '%s\n' "$missing" | sed 's/^/  - /' >&2
  exit "$EXIT_MACHINE"
}
