# shellcheck shell=bash
# Runs that are interrupted, and what must hold at their end. Reads $option, which lab/interrupted
# sets; a scenario's log, its moments and its counts lie in files of its own.
# shellcheck disable=SC2154

INTERRUPTED=${INTERRUPTED:-$(dirname "$LAB_HOME")/.build/interrupted}
STATE_THERE=/root/interrupted-state

# engine ARGUMENT…: becomes reprise on install-01, so that who kills this process kills that.
engine() {
  exec "$LAB_HOME/exec" install-01 env ${CRASH:+REPRISE_CRASH_AFTER_EVENT=$CRASH} "$REPRISE" "$@" \
    --state "$STATE_THERE" </dev/null
}

# begin: the run, in the background; its log grows in $log, its process is $engine.
begin() {
  engine run "$(runbook_of "$option")" --yes --runbooks "$RUNBOOKS" \
    --input "leader_timeout=$MATRIX_TIMEOUT" >>"$log" 2>&1 &
  engine=$!
}

# go_on [OPTION…]: the same run again, in the background.
go_on() {
  engine resume --yes "$@" >>"$log" 2>&1 &
  engine=$!
}

# ended SECONDS: waits for the engine; its status is $status. A run that takes too long is killed.
ended() {
  wait_until "$1" engine_is_gone || kill -9 "$engine"
  wait "$engine" 2>/dev/null
  status=$?
}

# engine_is_gone
engine_is_gone() {
  ! kill -0 "$engine" 2>/dev/null
}

# reached PATTERN: the run began such a step, or has ended.
reached() {
  grep -qE "▶ ($1)( |$)" "$log" || engine_is_gone
}

# events: of the run, as the journal has them.
events() {
  (CRASH='' engine history "$(run_id)" --events 2>/dev/null)
}

# step_in_flight: the newest step that the journal names.
step_in_flight() {
  events | grep -o '"step":"[^"]*"' | tail -n 1 | cut -d '"' -f 4
}

# newest_event: its number and name.
newest_event() {
  events | tail -n 1 | awk '{ print $1, $3 }'
}

# run_id
run_id() {
  sed -nE 's/^[0-9:]+  run ([0-9a-z]+) of .*/\1/p' "$log" | tail -n 1
}

# note TEXT…: a moment of the scenario.
note() {
  printf '%s\n' "$*" >>"$moments"
  say "$option $name: $*"
}

# scenario NAME: from the same disks; judges what came out.
scenario() {
  local name=$1 log moments engine status=0 problems=0 before began
  log=$INTERRUPTED/$option.$name.log
  moments=$INTERRUPTED/$option.$name.moments
  rm -f "$INTERRUPTED/$option.$name".*
  "$LAB_HOME/restore" interrupted >"$INTERRUPTED/$option.$name.setup" 2>&1 ||
    fail "the disks could not be put back" "see $INTERRUPTED/$option.$name.setup"
  shows_cause no-bootstrap-section 2>/dev/null ||
    fail "the cluster does not show the cause at first" "see lab/status"
  before=$(fingerprint)
  began=$SECONDS
  "scenario_$name"
  judge_scenario "$name" "$((SECONDS - began))" "$before"
}

# scenario_reference: nobody interrupts.
scenario_reference() {
  begin
  ended 600
}

# scenario_kills: the engine dies right after an event, again and again: often while it destroys,
# now and then elsewhere; while the install script runs, by the clock.
scenario_kills() {
  local kills=0 limit=80 known step
  CRASH=9 begin
  # A check has its whole time again after each resume: past 35 kills the run is let go to its end.
  while ((limit-- > 0)); do
    ended 600
    ((status == 137)) || break
    kills=$((kills + 1))
    known=$(newest_event)
    step=$(step_in_flight)
    note "kill $kills after event $known, at $step"
    if [[ $known == *runEnded ]]; then
      # Nothing is left to resume: how it ended stands in the journal.
      events | tail -n 1 | grep -q succeeded
      status=$?
      break
    fi
    known=${known%% *}
    case $step in
      */install)
        go_on
        # Awake for the time between two kills, whatever the run does.
        if wait_until $((5 + kills % 3 * 7)) engine_is_gone; then :; else kill -9 "$engine"; fi
        ;;
      repair/* | reinstallation/* | downgrading/*) CRASH=$((known + 12)) go_on ;;
      *) CRASH=$(((kills < 35) * (known + 30))) go_on ;;
    esac
  done
  note "$kills kills"
  ((kills >= 15)) || problem "only $kills kills"
}

# scenario_network: install-01 is cut off while it destroys, and again later.
scenario_network() {
  local first second
  case $option in
    A) first='reinstallation/clean' second='reinstallation/install' ;;
    B) first='repair/config' second='validate/failover/stop' ;;
    C) first='downgrading/swap' second='validate/verify/members' ;;
  esac
  begin
  for step in "$first" "$second"; do
    wait_until 400 reached "$step"
    engine_is_gone && break
    note "cable of install-01 pulled for 30 s at $(step_in_flight)"
    "$LAB_HOME/cut-network" install-01 for 30s 2>/dev/null
  done
  ended 600
}

# scenario_script: db-slave-01 loses its power while the install script runs, which needs it.
scenario_script() {
  cut_power_in reinstallation/install
}

# scenario_power: it loses its power once in each other phase.
scenario_power() {
  local phases
  case $option in
    A) phases='precheck/space reinstallation/guard/idle reinstallation/clean
      validate/verify/members validate/failover/stop' ;;
    B) phases='precheck/space diagnosis/members repair/quiesce/stopping/stop repair/config
      validate/verify/members validate/failover/stop' ;;
    C) phases='precheck/space downgrading/guard/idle downgrading/build
      downgrading/quiesce/stopping/stop downgrading/swap validate/verify/members' ;;
  esac
  # shellcheck disable=SC2086 # a list
  cut_power_in $phases
}

# cut_power_in STEP…: db-slave-01 loses its power when such a step has begun, and gets it back 3 s later.
cut_power_in() {
  local phase
  begin
  for phase; do
    while wait_until 400 reached "$phase" && engine_is_gone; do
      answer || break 2
    done
    note "power of db-slave-01 cut at $(step_in_flight)"
    "$LAB_HOME/power-cut" db-slave-01 2>/dev/null
    pause 3
    "$LAB_HOME/power-on" db-slave-01 2>/dev/null
  done
  while wait_until 600 engine_is_gone && answer; do :; done
}

# answer: where the run has stopped in doubt, notes its question and lets it go on as the question
# itself proposes first; where it could not reach a host, lets it try again; 1 when the run has ended.
answer() {
  local decision
  wait "$engine" 2>/dev/null
  status=$?
  if ((status == 69)); then
    note "a host could not be reached; resumed"
    go_on
    pause 3
    return
  fi
  ((status == 75)) || return
  note "in doubt: $(sed -n '/^! /,$p' "$log" | tail -n 12 | tr '\n' ' ' | tr -s ' ')"
  decision=$(sed -nE 's/.*(--rerun [a-z][^ ]*).*/\1/p' "$log" | tail -n 1)
  [[ -n $decision ]] || return
  note "answered: $decision"
  # shellcheck disable=SC2086 # an option and its argument
  go_on $decision
  # The log names the step that was in doubt already: let the engine connect before the next cut.
  pause 3
}

# problem TEXT…: something that must hold does not. Sets what scenario has of its own.
problem() {
  note "PROBLEM: $*"
  problems=1
}

# reruns: how often steps were begun again that may be: a person answered --rerun, or the runbook says
# `if interrupted rerun`, which is known by the block and the name of its step.
reruns() {
  {
    sed -nE 's/^answered: --rerun ([^@ ]+).*/\1/p' "$moments"
    awk '
      /^ *(part|phase) / { sub(/\(.*/, "", $2); block = $2 }
      /^ *step / { step = $2 }
      /^ *if interrupted rerun/ { print block "/" step }' "$RUNBOOKS"/*.runbook "$RUNBOOKS"/parts/*.runbook
    echo --
    events | sed -nE \
      's/.* attemptStarted +"task":\{"step":"([^"]*)"(,"host":"([^"]*)")?\}.*"purpose":"([^"]*)".*/\1 \3 \4/p'
  } | awk '
    $1 == "--" { begun = 1; next }
    !begun { may[$1] = 1; next }
    times[$0]++ {
      n = split($1, names, "/")
      if (($1 in may) || (n > 1 && (names[n - 1] "/" names[n]) in may)) again++
    }
    END { print again + 0 }'
}

# excess REFERENCE COUNTS MORE BOOTS: what was counted more often than in the reference, by more than
# MORE. A host that boots starts its container by itself: that may be stopped and started once more.
excess() {
  awk -v more="$3" -v boots="$4" '
    { times = $1; $1 = "" }
    NR == FNR { reference[$0] = times; next }
    times > reference[$0] + more + (/^ docker (kill|stop|start) / ? boots : 0) {
      print times, "instead of", reference[$0] + 0 ":" $0
    }' "$1" "$2"
}

# judge_scenario NAME SECONDS FINGERPRINT
judge_scenario() {
  local name=$1 before=$3 reference=$INTERRUPTED/$option.reference.counts
  local counted=$INTERRUPTED/$option.$name.counts after more=0 boots=0 often
  counts "$(run_id)" >"$counted"
  if [[ $option == C ]] || { [[ $name == script ]] && ((status == 1)); }; then
    # The install script itself fails without one of its hosts.
    ((status == 1)) || problem "exit $status instead of 1"
    shows_cause no-bootstrap-section 2>/dev/null || problem "the old cluster does not run again"
    after=$(fingerprint)
    [[ $before == "$after" ]] || problem "the rollback is not complete:
$(diff <(echo "$before") <(echo "$after") | grep '^[<>]' | head -n 20)"
  else
    ((status == 0)) || problem "exit $status"
    if ! cluster_is_healthy || ! pgbouncer_answers; then problem "the cluster is not healthy"; fi
  fi
  if [[ $option == A ]] && ! grep -qE '^ +1 install-script$' "$counted"; then
    problem "the install script ran: $(grep install-script "$counted" || echo never)"
  fi
  if [[ $name == script && $status == 1 ]]; then
    note "it was rolled back, which the uninterrupted run is not: not compared with it"
  else
    [[ $name != power ]] || more=$(reruns) boots=$(grep -c '^power of' "$moments")
    often=$(excess "$reference" "$counted" "$more" "$boots")
    [[ -z $often ]] || problem "done more often than in the uninterrupted run, $more reruns allowed:
$often"
    cmp -s "$counted" "$reference" ||
      note "counted otherwise than in the uninterrupted run:
$(diff "$reference" "$counted" | grep '^[<>]')"
  fi
  note "exit $status after $2 s, $(wc -l <"$counted") kinds of destructive commands counted"
  return "$problems"
}
