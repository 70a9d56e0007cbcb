# shellcheck shell=bash
# What every script of the lab shares: the settings, the hosts, messages, bounded waiting.
# Sourced, never run.
# shellcheck disable=SC2034 # used by the files that source this one

set -u -o pipefail

LAB_HOME=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
LAB_STATE=${LAB_STATE:-/var/lib/reprise-lab}
LAB_CACHE=${LAB_CACHE:-/var/cache/reprise-lab}
LAB_STORE=$LAB_STATE/store
LAB_COMMAND=lab/$(basename "$0")
LAB_CGROUP=/$(basename "$LAB_STATE")
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL=C.UTF-8 LAB_STATE LAB_CACHE LAB_HOME PATH

# Exit codes: 0 done, 1 failed, then these.
EXIT_USAGE=64
EXIT_MACHINE=69
EXIT_HELD=76

LAB_HOSTS=(db-master-01 db-slave-01 db-slave-02 haproxy-01 install-01)
LAB_DB_HOSTS=(db-master-01 db-slave-01 db-slave-02)

# address_of HOST: the host's private address; nothing for a host that is not of the lab.
address_of() {
  case $1 in
    db-master-01) echo 10.0.0.120 ;;
    db-slave-01) echo 10.0.0.121 ;;
    db-slave-02) echo 10.0.0.122 ;;
    haproxy-01) echo 10.0.0.11 ;;
    install-01) echo 10.0.0.250 ;;
  esac
}

# is_db_host HOST: whether the host carries a member of the cluster.
is_db_host() {
  [[ $1 == db-* ]]
}

LAB_STARTED=${LAB_STARTED:-$EPOCHREALTIME}

# elapsed: seconds since the command started, with one decimal.
elapsed() {
  awk -v a="$LAB_STARTED" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }'
}

# say TEXT…: one line of progress on standard error, with the time since the start.
say() {
  printf '%6s s  %s\n' "$(elapsed)" "$*" >&2
}

# fail WHAT NEXT [CODE]: what happened and what to do about it, then the end.
fail() {
  printf '%s: %s\n  What to do: %s\n' "$LAB_COMMAND" "$1" "$2" >&2
  exit "${3:-1}"
}

# usage TEXT: the command was called the wrong way.
usage() {
  printf 'usage: %s\n' "$1" >&2
  exit "$EXIT_USAGE"
}

# require_host HOST: ends the command when no such host exists.
require_host() {
  [[ -n $(address_of "$1") ]] ||
    fail "there is no host \"$1\" in the lab" "name one of: ${LAB_HOSTS[*]}" "$EXIT_USAGE"
}

# wait_until SECONDS COMMAND…: asks until the command succeeds; 1 when the time is over.
wait_until() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    pause 0.1
  done
}

# pause SECONDS: gives the processor back between two looks, without starting a process.
pause() {
  if [[ -z ${LAB_PAUSE_FD:-} ]]; then
    exec {LAB_PAUSE_FD}<> <(:)
  fi
  read -r -t "$1" -u "$LAB_PAUSE_FD" || true
}

# quietly LOG COMMAND…: runs with all output in LOG; on failure shows its end.
quietly() {
  local log=$1 status=0
  shift
  mkdir -p "$(dirname "$log")"
  "$@" >"$log" 2>&1 </dev/null || status=$?
  if ((status != 0)); then
    printf '  the last lines of %s:\n' "$log" >&2
    tail -n 15 "$log" | sed 's/^/    /' >&2
  fi
  return "$status"
}

# need_root: everything in the lab mounts and makes namespaces.
need_root() {
  ((EUID == 0)) ||
    fail "this needs root (it makes namespaces and mounts)" "run it with sudo" "$EXIT_MACHINE"
}

# same_process PID STARTED: that very process still runs; STARTED is field 22 of its stat file.
same_process() {
  [[ -n ${2:-} && $(awk '{ print $22 }' "/proc/$1/stat" 2>/dev/null) == "$2" ]]
}

# lock_file: where commands that change this lab exclude each other. Beside it, with the ending
# .holder, stands who has it.
lock_file() {
  echo "$LAB_CACHE/lock-$(basename "$LAB_STATE")"
}

# try_lock: takes the lab's lock, or returns 1.
try_lock() {
  local lock
  lock=$(lock_file)
  mkdir -p "$LAB_CACHE"
  exec 9>>"$lock"
  flock --nonblock 9 || return 1
  printf '%s, process %s, since %s\n%s %s\n' "$LAB_COMMAND" "$$" "$(date '+%F %T')" \
    "$$" "$(awk '{ print $22 }' "/proc/$$/stat")" >"$lock.holder"
}

# take_lock: only one command at a time changes a lab; says who is at work otherwise.
take_lock() {
  try_lock ||
    fail "another command is changing this lab: $(head -n 1 "$(lock_file).holder" 2>/dev/null)" \
      "wait until it has ended, then try again" "$EXIT_HELD"
}

# holder_is_dead: who took the lock was killed; only what it had started can still hold it.
holder_is_dead() {
  local pid started
  { read -r _ && read -r pid started; } 2>/dev/null <"$(lock_file).holder" || return 1
  ! same_process "$pid" "$started"
}

# lock_cache: labs with different states may share a cache; one at a time fills it.
lock_cache() {
  exec 8>>"$LAB_CACHE/lock-cache"
  flock --nonblock 8 && return 0
  say "another lab is filling $LAB_CACHE; waiting for it, at most 15 minutes"
  flock --timeout 900 8 ||
    fail "another lab has been filling $LAB_CACHE for 15 minutes" \
      "see who with: fuser $LAB_CACHE/lock-cache" "$EXIT_HELD"
}

# unlock_cache
unlock_cache() {
  exec 8>&-
}
