# shellcheck shell=bash
# Hosts as processes: the keeper, starting and stopping a host, running something in one.

# living FILE: the pid in a file of $LAB_STATE/run, if that very process still runs.
living() {
  local pid started
  read -r pid started 2>/dev/null <"$LAB_STATE/run/$1" || return 1
  same_process "$pid" "$started" || return 1
  echo "$pid"
}

# lives_or_died FILE PID: the process has written its file, or has ended before it could.
lives_or_died() {
  living "$1" >/dev/null || [[ ! -e /proc/$2 ]]
}

# lab_is_up: whether there is a keeper.
lab_is_up() {
  living keeper >/dev/null
}

# need_lab: ends the command when there is no lab to work on.
need_lab() {
  lab_is_up || fail "no lab is up in $LAB_STATE" "start one with lab/up"
}

# need_running HOST: ends the command when the host is off.
need_running() {
  living "$1" >/dev/null || fail "$1 is off" "start it with: lab/power-on $1"
}

# in_keeper COMMAND…: in the mount namespace with the lab's disks and the network namespace with
# its bridge.
in_keeper() {
  nsenter -t "$(living keeper)" --mount --net -- "$@"
}

# in_host HOST COMMAND…: for the lab's own work; lab/exec is for people and programs.
in_host() {
  local pid
  pid=$(living "$1") || return 1
  shift
  nsenter -t "$pid" --mount --net --pid --uts --ipc -- env -i -C / \
    HOME=/root LANG=C.UTF-8 PATH="$PATH" "$@" 9>&-
}

# close_inherited: a process that outlives its command must not hold what the command's caller
# opened: locks, pipes, sockets by which the caller waits for the command's end.
close_inherited() {
  local path number
  for path in "/proc/$BASHPID/fd"/*; do
    number=${path##*/}
    ((number <= 2 || number == 255)) || exec {number}>&-
  done
}

# start_keeper: the lab's first process.
start_keeper() {
  mkdir -p "$LAB_STATE/run"
  (
    close_inherited
    REPRISE_LAB=$LAB_STATE exec setsid unshare --mount --net --propagation private \
      bash "$LAB_HOME/lib/keeper.sh"
  ) >"$LAB_STATE/run/keeper.log" 2>&1 </dev/null &
  wait_until 20 lives_or_died keeper "$!"
  lab_is_up ||
    fail "the lab's keeper did not start: $(tail -n 3 "$LAB_STATE/run/keeper.log")" \
      "run lab/down, then lab/up again"
}

# start_host NAME [ADDRESS]: powers a host on; returns when its first process has its disks.
start_host() {
  local name=$1 address=${2:-$(address_of "$1")}
  rm -f "$LAB_STATE/run/$name"
  (
    close_inherited
    REPRISE_LAB=$LAB_STATE exec nsenter -t "$(living keeper)" --mount --net -- \
      setsid unshare --mount --net --pid --uts --ipc --fork --kill-child=KILL \
      --propagation private \
      bash "$LAB_HOME/lib/host-init.sh" "$name" "$address" "$LAB_CGROUP"
  ) >>"$LAB_STATE/run/$name.log" 2>&1 </dev/null &
  wait_until 20 lives_or_died "$name" "$!"
  living "$name" >/dev/null ||
    fail "$name did not start: $(tail -n 3 "$LAB_STATE/run/$name.log")" \
      "run lab/down, then lab/up again"
  plug_in "$name" ||
    fail "$name got no network cable" "run lab/down, then lab/up again"
}

# plug_in HOST: a cable from the bridge to the host; it ends with the host's network namespace.
plug_in() {
  in_keeper ip link add "$1" type veth peer name eth0 netns "$(living "$1")" || return
  in_keeper ip link set "$1" master lab up
}

# booted HOST: its boot is complete.
booted() {
  in_host "$1" test -e /run/boot-complete
}

# await_boot HOST
await_boot() {
  wait_until 90 booted "$1" ||
    fail "$1 did not boot within 90 s: $(tail -n 3 "$LAB_STATE/run/$1.log")" \
      "look at $LAB_STATE/run/$1.log, then lab/power-cut $1 and lab/power-on $1"
}

# cut_power HOST: kills its first process, and with it all others; nothing is asked to end.
cut_power() {
  local pid
  pid=$(living "$1") || return 0
  kill -9 "$pid" 2>/dev/null || true
  wait_until 20 host_is_gone "$1" ||
    fail "$1 still holds its disks 20 s after its process $pid was killed" \
      "run lab/down; if it hangs there too, look at the kernel's log"
}

# host_is_gone HOST: its process has ended and its disks are free.
host_is_gone() {
  local image
  living "$1" >/dev/null && return 1
  for image in root data; do
    [[ -z $(in_keeper losetup -j "$LAB_STORE/disks/$1.$image.img") ]] || return 1
  done
}
