# shellcheck shell=bash
# Cells of the matrix: one cause, one option, and what came of it.

# shellcheck source=lab/lib/fingerprint.sh
. "$LAB_HOME/lib/fingerprint.sh"

REPRISE=${REPRISE:-$(dirname "$LAB_HOME")/.build/debug/reprise}
RUNBOOKS=${RUNBOOKS:-$(dirname "$LAB_HOME")/runbooks}
# Results and logs, one file for each cell.
MATRIX=${MATRIX:-$(dirname "$LAB_HOME")/.build/matrix}
# A cluster that is going to form does so in 10 to 20 s.
MATRIX_TIMEOUT=${MATRIX_TIMEOUT:-90s}

MATRIX_CAUSES=(healthy no-bootstrap-section empty-bootstrap misindented-bootstrap nofailover bad-locale
  data-owned-by-root raft-journal-kept initdb-killed raft-in-container-layer)

# runbook_of OPTION: nothing for what is no option.
runbook_of() {
  case $1 in
    A) echo reinstall ;;
    B) echo bootstrap-config ;;
    C) echo downgrade ;;
    clean | correct) echo "$1" ;;
  esac
}

# value KEY FILE: of a result.
value() {
  sed -n "s/^$1 //p" "$2" 2>/dev/null
}

# prepare CAUSE: breaks the cluster and keeps its disks for all cells of the cause.
prepare() {
  if [[ $1 == healthy ]]; then "$LAB_HOME/heal"; else "$LAB_HOME/break" "$1"; fi &&
    forget_runs && "$LAB_HOME/snapshot" matrix
}

# forget_runs: what a run that was given up has left: its journal and its lock on the hosts.
forget_runs() {
  local host
  for host in "${LAB_DB_HOSTS[@]}"; do
    in_host "$host" rm -rf /var/tmp/reprise-locks || return
  done
  in_host install-01 rm -rf /root/matrix-state /root/interrupted-state
}

# restore_broken CAUSE SNAPSHOT: the snapshot's disks. Where the containers start again and again, a
# power cut in the middle of that leaves something else than the cause: it is broken anew. So is a
# killed initdb, whose key may not have reached the disks: the members then initialize by themselves.
restore_broken() {
  "$LAB_HOME/restore" "$2" || return
  case $1 in
    bad-locale | data-owned-by-root | initdb-killed) "$LAB_HOME/break" "$1" ;;
  esac
}

# shows_cause CAUSE: the cluster is broken by it, proven by its symptoms. In a process of its own:
# a symptom that is missing ends it.
shows_cause() {
  if [[ $1 == healthy ]]; then
    wait_until 120 cluster_is_healthy
    return
  fi
  (
    # shellcheck source=lab/lib/breaks/no-bootstrap-section.sh
    . "$LAB_HOME/lib/breaks/$1.sh"
    symptoms
  )
}

# run_cell CAUSE OPTION: leaves its result and its log in $MATRIX.
run_cell() {
  local cause=$1 option=$2 cell=$MATRIX/$1.$2 before started status began outcome
  rm -f "$cell".*
  outcome='wrong: the cluster did not show the cause at first'
  restore_broken "$cause" matrix >"$cell.setup" 2>&1
  if shows_cause "$cause" >>"$cell.setup" 2>&1; then
    before=$(fingerprint)
    started=$(containers_started)
    began=$EPOCHREALTIME
    timeout 900 "$LAB_HOME/exec" install-01 "$REPRISE" run "$(runbook_of "$option")" --yes \
      --state /root/matrix-state --runbooks "$RUNBOOKS" --input "leader_timeout=$MATRIX_TIMEOUT" \
      >"$cell.log" 2>&1 </dev/null
    status=$?
    seconds=$(awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.0f", b - a }')
    outcome=$(judge "$cause" "$cell" "$status" "$before" "$started")
  fi
  {
    echo "outcome $outcome"
    echo "seconds ${seconds:-0}"
    echo "status ${status:--}"
    echo "load $(cut -d ' ' -f 1 /proc/loadavg)"
  } >"$cell.new"
  mv "$cell.new" "$cell.result"
}

# judge CAUSE CELL STATUS FINGERPRINT STARTED: the outcome in words.
judge() {
  local cause=$1 cell=$2 status=$3 before=$4 started=$5 after
  case $status in
    0)
      if [[ $cause == healthy && $started == "$(containers_started)" ]]; then
        echo 'left alone'
      elif cluster_is_healthy && pgbouncer_answers; then
        echo cured
      else
        echo 'wrong: exit 0, and the cluster is not healthy'
      fi
      ;;
    1)
      if [[ $started == "$(containers_started)" ]]; then
        echo refused
        return
      fi
      if [[ $cause != healthy ]] && ! shows_cause "$cause" >>"$cell.setup" 2>&1; then
        echo 'wrong: after the rollback the cluster does not show the cause'
        return
      fi
      after=$(fingerprint)
      if [[ $before == "$after" ]]; then
        echo 'not cured, rolled back'
      else
        diff <(echo "$before") <(echo "$after") >"$cell.diff"
        echo 'wrong: exit 1, and the rollback is not complete'
      fi
      ;;
    *) echo "wrong: exit $status" ;;
  esac
}

# why LOG: what the run itself gives as its reason: what the failed step found, or what the test of
# the failover measured.
why() {
  awk '
    { gsub(/Replicas en streaming/, "Replicas streaming"); sub(/écritures acquittées,/, "acknowledged writes,")
      sub(/perdues, plus longue coupure/, "lost, longest gap")
      sub(/répondent :/, "answering:"); sub(/primaire/, "primary"); sub(/répliques à jour/, "replicas up to date")
      sub(/PostgreSQL est le processus/, "PostgreSQL is process") }
    / acknowledged writes, / { sub(/.*\| */, ""); sub(/.*(found:|coupure) */, ""); measured = $0 }
    /^✗ / && !failed { failed = $0; sub(/^✗ /, "", failed); sub(/ on [^:]*/, "", failed)
      step = failed; sub(/:.*/, "", step) }
    /^    found / && failed && !found { found = $0; sub(/^ +found +/, "", found)
      sub(/ +\(exit status.*/, "", found); gsub(/ *[+-]+-[+-]*/, "", found) }
    END {
      if (!failed) print measured == "" ? "nothing to correct" : measured
      else print (found != "" && found !~ /^nothing was printed/ ? step ": " found : failed)
    }' "$1" 2>/dev/null
}

# print_table: all results, as Markdown.
print_table() {
  local cause option result options=(A B C clean correct)
  printf '| cause | A reinstall | B bootstrap-config | C downgrade | clean | correct |\n'
  printf '| --- | --- | --- | --- | --- | --- |\n'
  for cause in "${MATRIX_CAUSES[@]}"; do
    printf '| %s |' "$cause"
    for option in "${options[@]}"; do
      result=$MATRIX/$cause.$option.result
      if [[ -e $result ]]; then
        printf ' %s, %s s |' "$(value outcome "$result")" "$(value seconds "$result")"
      else
        printf ' – |'
      fi
    done
    printf '\n'
  done
  printf '\n| cause | option | what the run says |\n| --- | --- | --- |\n'
  for cause in "${MATRIX_CAUSES[@]}"; do
    for option in "${options[@]}"; do
      result=$MATRIX/$cause.$option.result
      [[ ! -e $result ]] || printf '| %s | %s | %s |\n' "$cause" "$option" \
        "$(why "${result%.result}.log" | sed 's/|/\\|/g')"
    done
  done
}

# write_table FILE: the table between the file's two marks.
write_table() {
  local table
  table=$(print_table)
  [[ $(grep -cxE '<!-- (begin|end) matrix -->' "$1") == 2 ]] ||
    fail "$1 has no lines <!-- begin matrix --> and <!-- end matrix -->" "add them"
  TABLE=$table awk '
    /^<!-- end matrix -->$/ { inside = 0 }
    !inside { print }
    /^<!-- begin matrix -->$/ { inside = 1; print ENVIRON["TABLE"] }' "$1" >"$1.new" &&
    mv "$1.new" "$1"
}
