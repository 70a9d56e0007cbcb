# shellcheck shell=sh
# shellcheck disable=SC2016,SC2034,SC2162
# The least that a supervisor in POSIX sh can do for an action whose engine may die, for the floor of
# the benchmark: a frame is read, the action gets a session and a shell of its own and claims itself
# with pid and start time as its last act, its output goes to files, its status is written in place
# and announced. No values, questions, limits, looks or epochs, and nothing for what goes wrong.
# Frames come on standard input; the working directory, which has to be empty, takes the files.

trap : PIPE
prologue='IFS= read -r stat </proc/$$/stat
key=$1
set -- ${stat##*")"}
set -C
printf "%-80s\n%s\n" "" "$$ ${20}" >"$key.c"
set +C
. ./code'
printf '%s\n' "$prologue" >run
echo true >code

exchange() {
  setsid sh -eu ./run "$1" </dev/null >>"$1.o" 2>>"$1.e"
  status=$?
  { read -r _ && read -r claim; } <"$1.c"
  [ "$claim" ] && printf '%-80s' "E $status" 1<>"$1.c"
  printf '\nE %s %s\n' "$1" "$status" >&2
}

while IFS= read -r frame; do eval "$frame"; done
