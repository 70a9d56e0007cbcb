# shellcheck shell=sh
# shellcheck disable=SC2015,SC2016,SC2034,SC2046,SC2086,SC2154
# The supervisor: what runs on each host. docs/supervisor.md says how it is spoken with.
#
# Rules of this file, which Swift sends without its comments and indentation:
# - POSIX sh for dash, bash and BusyBox ash. The loop forks only where a comment says so.
# - Every name of ours begins with an underscore: the others belong to the runbook's values,
#   which loop and runner keep exported. Nothing of ours is ever exported.
# - A redirection that may fail never stands on a special builtin: that would end dash.
# - Word splitting is wanted where a variable stands unquoted: numbers and our own words only.

# ---- Processes ----------------------------------------------------------------------------------

# _stat PID|self: pid, state, parent, group and start time into _pi _st _pp _pg _ss. Fails if there
# is none.
# A name in /proc/PID/stat may hold anything, also newlines and ")": what counts stands after the
# last ")" of all lines. There are more only if too few words follow on the first.
_stat() {
  if [ "$_proc" ]; then
    IFS= read -r _x 2>/dev/null <"/proc/$1/stat" || return 1
    _pi=${_x%% *}
    set -- "$1" ${_x##*)}
    if [ $# -lt 40 ]; then
      _x=''
      while IFS= read -r _y; do _x=$_x$_y; done 2>/dev/null <"/proc/$1/stat"
      set -- "$1" ${_x##*)}
      [ $# -gt 21 ] || return 1
    fi
    _st=$2 _pp=$3 _pg=$4 _ss=${21}
  else
    [ "$1" != self ] || set -- "$(exec sh -c 'echo $PPID')"
    set -- "$1" $(ps -o stat=,ppid=,pgid=,lstart= -p "$1" 2>/dev/null)
    [ $# -gt 4 ] || return 1
    _pi=$1 _st=$2 _pp=$3 _pg=$4
    shift 4
    _ss=$1-${2-}-${3-}-${4-}
  fi
}

# _live PID START: that very process lives. A zombie does not.
_live() {
  _stat "$1" || return 1
  [ "$_ss" = "$2" ] || return 1
  case $_st in [ZX]*) return 1 ;; esac
}

# _group PGID START: a member of the group that this leader made lives. A process with the leader's
# number and another start time is a stranger: the number was free, so the group is gone.
_group() {
  if _stat "$1"; then
    [ "$_ss" = "$2" ] || return 1
    case $_st in [ZX]*) ;; *) return 0 ;; esac
  fi
  if [ "$_proc" ]; then
    for _g in /proc/[0-9]*; do
      _stat "${_g##*/}" && [ "$_pg" = "$1" ] || continue
      case $_st in [ZX]*) ;; *) return 0 ;; esac
    done
    return 1
  fi
  set -- "$1" $(ps -A -o pgid=,stat= 2>/dev/null)
  _g=$1
  shift
  while [ $# -gt 1 ]; do
    if [ "$1" = "$_g" ]; then
      case $2 in [ZX]*) ;; *) return 0 ;; esac
    fi
    shift 2
  done
  return 1
}

_boot() {
  _bo=''
  read -r _bo 2>/dev/null <"$_bootfile" || [ "$_bo" ] || _bo=$(sysctl -n kern.boottime 2>/dev/null)
  case $_bo in *[!0-9A-Za-z-]* | '') _bo=unknown ;; esac
}

# _signal NAME PGID: through the same sudo as the action. No `--`: BusyBox refuses it after -s, dash
# after -0; this form is the one that all take.
_signal() {
  if [ "$_us" ]; then
    sudo -n -u "$_us" sh -c "kill -$1 -$2" 2>/dev/null
  else
    kill "-$1" "-$2" 2>/dev/null
  fi
}

_nap() { sleep "$1" 2>/dev/null || sleep 1; }

# _settle PGID START SECONDS: waits until the group is gone; fails if it is not by then.
_settle() {
  _i=$(($3 * 10))
  while [ "$_i" -gt 0 ]; do
    if [ "$_us" ]; then _group "$1" "$2"; else kill -0 "-$1" 2>/dev/null; fi || return 0
    _nap 0.1
    _i=$((_i - 1))
  done
  ! _group "$1" "$2"
}

# _finish FILE SECONDS: TERM, then KILL, for the group of the process that wrote FILE as its claim.
_finish() {
  _load "$1" || return 1
  _boot
  set -- "$2" $_l2
  [ "$4" = "$_bo" ] && _group "$2" "$3" || return 0
  _signal TERM "$2"
  _settle "$2" "$3" "$1" || _signal KILL "$2"
}

# ---- Records ------------------------------------------------------------------------------------
# KEY.w belongs to the wrapper, KEY.c (the claim) to the process that runs the action. Both hold a
# line of blanks, overwritten in place by the status, so that no full disk can refuse it, and a
# line of identity: pid, start, boot id, user, the claim also its wrapper as PID.START, and a full
# stop that says it is complete.

# _load FILE: status into _l1, identity into _l2. Fails if the identity is not complete.
_load() {
  _l1='' _l2=''
  { read -r _l1 && read -r _l2; } 2>/dev/null <"$1"
  case $_l2 in *' .') ;; *) return 1 ;; esac
}

# _sizes KEY: of its output, errors and log, into _so _se _sl. Forks only if one is not empty.
_sizes() {
  _so=0 _se=0 _sl=0 _x=$1
  set --
  for _y in o e l; do [ ! -s "$_x.$_y" ] || set -- "$@" "$_x.$_y"; done
  [ $# -gt 0 ] || return 0
  set -- $(stat -c '%s %n' "$@" 2>/dev/null || wc -c "$@" 2>/dev/null)
  while [ $# -gt 1 ]; do
    case $2 in *.o) _so=$1 ;; *.e) _se=$1 ;; *.l) _sl=$1 ;; esac
    shift 2
  done
}

# _bytes FILE OFFSET COUNT: at most so many, and the mark. dd only moves the shared file offset.
_bytes() {
  [ "$3" -gt 0 ] || return 0
  {
    [ "$2" = 0 ] || dd bs=1 skip="$2" count=0
    head -c "$3"
  } 2>/dev/null <"$1"
  printf '\n%s.\n' "$_N"
}

# ---- The wrapper: runs an exchange ---------------------------------------------------------------
# It is the link's runner, or a process that the loop forked for this one. What it says goes to
# standard error; descriptor 5 is the runner's pipe from the loop. The parts of an exchange stand
# in one list with `&&`: whatever ends it fails.

# Makes this process a wrapper.
_serve() {
  trap : HUP INT TERM PIPE
  trap _fail EXIT
  _stat self
  _me=$_pi.$_ss _do=1 _j=0
}

# _r KEY FREE USER: begins an exchange in a wrapper. In the loop it is given to one: to the runner if
# the engine knows that it is FREE.
_r() {
  if [ ! "$_me" ]; then
    _give "$1" "$2"
    return 1
  fi
  _k=$1 _us=$3 _ow='' _so=0 _se=0 _sl=0 _as=- _to=0 _ca=0 _sa='' _cl='' _no='' _in='' _tp='' _sf=/dev/null
  _guard
  case $? in
    0) ;;
    1) return 1 ;;
    2)
      _z n 0 'the state directory is gone'
      return
      ;;
  esac
  _do=''
  if [ ! "$_R" ]; then
    _z n 0 'no space in the state directory'
  elif [ -e "$_k.c" ]; then
    _z y
  elif [ -e "$_k.w" ]; then
    _w
  fi
}

# Takes KEY.w. Done unless the action comes first, where the claim says as much. Whoever finds
# another one at work, or one that came to an end, touches nothing and says so. Of several that
# find a dead one, the first to make KEY.t… takes its place.
_w() {
  [ ! "$_ow" ] || return 0
  _id="${_me%.*} ${_me#*.} $_bo ${_us:--} ."
  set -C
  _x=0
  { _x=1 && printf '%-240s\n%s\n' '' "$_id" && _x=2; } 2>/dev/null >"$_k.w"
  set +C
  case $_x in
    2) _ow=1 ;;
    1)
      rm -f -- "$_k.w"
      _z n 0 'no space for the state of the task'
      ;;
    0)
      if [ ! -e "$_k.w" ]; then
        _z n 0 "$(_why)"
      elif _other; then
        _z y
      elif printf '%-240s\n%s\n' '' "$_id" 2>/dev/null 1<>"$_k.w"; then
        _ow=1
      else
        _z n 0 "$(_why)"
      fi
      ;;
  esac
}

# KEY.w is somebody else's: at work, at an end, or the first of those who found it dead.
_other() {
  # Made a moment ago and not written yet, or torn when its maker was killed.
  _load "$_k.w" || { sleep 1 && _load "$_k.w"; }
  [ ! "$_l1" ] || return 0
  set -- $_l2
  [ "${3-}" != "$_bo" ] || ! _live "$1" "$2" || return 0
  set -C
  _x=0
  true 2>/dev/null >"$_k.t${1-}.${2-}" || _x=1
  set +C
  [ "$_x" = 1 ]
}

# Why no file can be made, in the system's words.
_why() {
  LC_ALL=C
  _x=$({ printf '%240s' . >"$_k.tw"; } 2>&1) && _x='its files could not be written'
  rm -f -- "$_k.tw"
  printf '%s' "${_x##*: }"
}

# _z VERDICT INDEX REASON: the end of the exchange. The status is written, then announced, on a line
# of its own whatever else was said before. Fails, and so ends the list.
_z() {
  _do=1
  if [ "$_ow" ]; then
    [ ! -e "$_k.x" ] || _ca=1
    [ "$_no" ] || _sizes "$_k"
    _z="$1 ${2:-0} $_as $_to $_ca $_so $_se $_sl ${3-}"
    if [ "$_cl" ]; then
      printf '%-80.80s' "E $_z" 2>/dev/null 1<>"$_k.c"
    else
      printf '%-240.240s' "E $_z" 2>/dev/null 1<>"$_k.w"
    fi
  else
    _z="$1 ${2:-0} - 0 0 0 0 0 ${3-}"
  fi
  printf '\n%s E %s %s\n' "$_N" "$_k" "$_z" >&2 2>/dev/null
  return 1
}

# Ends a wrapper that an error ended (dash exits when it can't fork), without a fork. Once the
# action's own status is written down it is left at that: the engine asks the checks again. So the
# runner must not go on, or it would seem to be at work on them.
_fail() {
  [ ! "$_do" ] || return 0
  _no=1 _so=- _se=- _sl=-
  [ ! "$_tp" ] || kill "$_tp" 2>/dev/null
  [ "$_cl" ] || _z n 0 'no process could be started'
}

# _limit MILLISECONDS FILE MARK: a timer in the background, its pid in _tp. When the time is over
# it makes the file MARK and ends the group of the process that wrote FILE as its claim.
# A new child still has our handler for a moment and would swallow a TERM: none is set meanwhile.
_limit() {
  _tp=''
  [ "$1" != 0 ] || return 0
  trap - TERM
  {
    exec 5<&-
    trap - EXIT
    # By `$!`, which is there as soon as the process is; until then it is the wrapper's last one.
    _sp=$!
    # KILL: a child that is not `sleep` yet still has our handler and would swallow a TERM.
    trap '[ "$!" = "$_sp" ] || kill -s KILL "$!" 2>/dev/null; exit 0' TERM
    _x=$((1000 + $1 % 1000))
    sleep "$(($1 / 1000)).${_x#1}" 2>/dev/null &
    wait "$!" || {
      sleep $(($1 / 1000 + 1)) &
      wait "$!"
    }
    trap : TERM
    true 2>/dev/null >"$3"
    _i=30
    until _finish "$2" 10 || [ "$_i" = 0 ]; do
      _nap 1
      _i=$((_i - 1))
    done
    exit 3
  } &
  _tp=$!
  trap : TERM
}

# Ends the timer. Succeeds if the limit was exceeded; then the timer's own end is waited for.
_unlimit() {
  [ "$_tp" ] || return 1
  kill "$_tp" 2>/dev/null
  while :; do
    wait "$_tp"
    _x=$?
    [ "$_x" -gt 128 ] && kill -s 0 "$_tp" 2>/dev/null || break
  done
  [ "$_x" = 3 ]
}

# _has CODE: it reached the disk.
_has() { [ "$_us" ] || [ -s "t.$_L.$1" ] || _z n 0 "$(_why)"; }

# _run CLAIM CODE OUT ERR: the script that `_t CODE` wrote, in a session of its own; its status.
# `_sec` exports its secrets, `_in` is the command of its `#!` line. `_yo` is what a shell behind
# sudo is told, which can't read our files. `_sf` is its standard input.
_run() {
  if [ "$_us" ]; then
    {
      printf '%s\n' "$_yo"
      [ "$_sf" = /dev/null ] || cat "$_sf"
    } 5<&- | (
      exec $_T $_S -eu "./$_R" "$1" "$_me" "$_bo" "$_um" '' "$_us" ''
    ) >>"$3" 2>>"$4" 5<&-
  else
    (
      eval "$_sec"
      exec $_T $_S -eu "./$_R" "$1" "$_me" "$_bo" "$_um" "t.$_L.$2" '' "$_in"
    ) <"$_sf" >>"$3" 2>>"$4" 5<&-
  fi
}

# What the new session's process does before it is the script: the claim, its very last act. It
# writes pid, start, boot id, user and its wrapper's pid and start. 97: somebody else's claim. 98: no space for
# the content of ours. 99: it can't be made. 96: no such interpreter.
_RUN='_k=$1 _t=$2 _b=$3 _m=$4 _c=$PWD/$5 _u=$6 _i=$7 _s=
if [ "$_i" ]; then
  eval "set -- $_i"
  command -v "$1" >/dev/null || exit 96
fi
if IFS= read -r _s 2>/dev/null <"/proc/$$/stat"; then
  set -- ${_s##*")"}
  _s=${20}
else
  set -- $(ps -o lstart= -p "$$")
  _s=${1-}-${2-}-${3-}-${4-}
fi
set -C
_x=0
{ _x=1 && printf "%-80s\n%s\n" "" "$$ $_s $_b ${_u:--} $_t ." && _x=2; } 2>/dev/null >"$_k" || :
set +C
case $_x in
  0) [ ! -e "$_k" ] || exit 97; exit 99 ;;
  1) exit 98 ;;
esac
umask "$_m"
cd "$HOME" 2>/dev/null || cd /
unset OLDPWD _k _t _b _s _x _m
set --
[ ! "$_u" ] || exec sudo -n -H -u "$_u" -- /bin/sh -c "IFS= read -r l; eval \"\$l\""
[ ! "$_i" ] || eval "exec $_i \"\$_c\""
. "$_c"'

# _a MILLISECONDS CODE: the action. CODE is a number that `_t` got. What was brought for it before
# (KEY.tu, see bring.sh) is its standard input, and goes with its end.
_a() {
  [ ! "$_sa" ] || return 0
  if [ -e "$_k.x" ]; then
    _z n 0 'cancelled before it started'
    return
  fi
  _has "$2" || return
  _limit "$1" "$_k.c" "$_k.to"
  [ ! -e "$_k.tu" ] || _sf=$_k.tu
  _run "$_k.c" "$2" "$_k.o" "$_k.e"
  _x=$?
  _load "$_k.c"
  case $_l2 in
    *" $_me .")
      _cl=1 _ow=1 _as=$_x
      printf '%-80s' "A $_as" 2>/dev/null 1<>"$_k.c"
      [ "$_sf" = /dev/null ] || rm -f -- "$_sf"
      _sf=/dev/null
      _unlimit && _to=1
      [ "$_as$_to" = 00 ] || _z a
      return
      ;;
  esac
  _unlimit
  case $_x in
    96) _z n 0 'its interpreter is not there' ;;
    97)
      _ow=''
      _z y
      ;;
    98)
      rm -f -- "$_k.c"
      _z n 0 'no space for the claim'
      ;;
    [12] | 99) _z n 0 "$(_why)" ;;
    *) _z n 0 "it ended with status $_x before it made its claim" ;;
  esac
}

# _q STAGE INDEX MILLISECONDS NEGATED SAYS CODE: a question. STAGE is r, u, c or o; the answer h, d
# or c: holds, does not hold, can't tell.
_q() {
  case $_sa$1 in 1[uc]) return 0 ;; esac
  _has "$6" || return
  _f=$_k.p$_me.$_j
  _j=$((_j + 1))
  _up
  _t0=$_t
  _limit "$3" "$_f.q" "$_f.t"
  _run "$_f.q" "$6" "$_f.o" "$_f.e"
  _qs=$? _qt=0 _tr=0
  _unlimit && _qt=1
  case $_qt$_qs in 00) _qa=h ;; 01) _qa=d ;; *) _qa=c ;; esac
  if [ "$5" ] && [ "$_qa" = h ]; then
    { _x=$(head -c 1048576 "$_f.o" && echo .); } 2>/dev/null
    case $_x in *"$5"*) ;; *) _qa=d ;; esac
  fi
  case $4$_qa in 1h) _qa=d ;; 1d) _qa=h ;; esac
  _up
  _sizes "$_f"
  [ "$_so" -le 65536 ] || _so=65536 _tr=1
  [ "$_se" -le 4096 ] || _se=4096
  {
    printf '=R %s\n' "$1 $2 $_qa $_qs $_qt $_so $_se $_tr $((_t - _t0))0" &&
      { [ "$_so" = 0 ] || head -c "$_so" "$_f.o"; } &&
      { [ "$_se" = 0 ] || head -c "$_se" "$_f.e"; } &&
      printf '\n.\n'
  } 2>/dev/null >>"$_k.l" || case $1 in
    # A verdict stands by itself, a value that did not reach the disk is none.
    o) _qa=c ;;
  esac
  case $1$_qa in
    r[dc]) _z r "$2" ;;
    uh) _sa=1 ;;
    uc) _z u "$2" ;;
    c[dc]) _z k "$2" ;;
    o[dc]) _z o "$2" ;;
  esac
}

# Hundredths of a second since the boot, into _t.
_up() {
  _t=0
  read -r _t _x 2>/dev/null </proc/uptime
  _t=${_t%.*}${_t#*.}
}

# The last item of every exchange.
_e() {
  if [ "$_sa" ]; then _z s; else _z c; fi
}

# ---- The runner ---------------------------------------------------------------------------------
# `&` lets children ignore SIGINT and SIGQUIT; members of a pipeline in the foreground are spared.
# So loop and runner are two such: `_lead | _hatch`. 4 and 6 are the link's standard output and
# error.

_lead() {
  exec 3>&1 >&4 2>&6 4>&- 6>&-
  trap : PIPE
  trap _lost EXIT
  _loop
  trap - EXIT
  exit 0
}

# A shell waits for all of a pipeline. The runner ends its parent, which is the pipeline's member, so
# that the link ends with its loop, whatever runs.
_hatch() {
  _stat self
  _mo=$_pi
  (_runner)
  exit 0
}

_runner() {
  exec 5<&0 </dev/null >&6 2>&6 4>&- 6>&-
  _T=setsid
  _serve
  [ "$_pp" != "$_mo" ] || kill -s KILL "$_mo"
  while IFS= read -r _l <&5; do
    eval "$_l"
    _l='' _sec='' _yo=''
  done
  exit 0
}

# ---- The loop: frames ---------------------------------------------------------------------------

# Every frame asserts its epoch: each link made a file named by its own in epochs/, the highest
# counts. In a directory that was removed nothing can be found or made.
_guard() {
  set -- epochs/*
  for _x; do :; done
  case $_x in
    "epochs/$_E") return 0 ;;
    'epochs/*') return 2 ;;
  esac
  printf '%s S %s\n' "$_N" "${_x#epochs/}"
  return 1
}

# _t NUMBER CODE: a script for later frames of this link, in a file. It holds no values. An empty
# file says that there was no space.
_t() {
  [ ! "$_me" ] || return 0
  printf '%s\n' "$2" 2>/dev/null >"t.$_L.$1" || true 2>/dev/null >"t.$_L.$1"
}

# _give KEY FREE: passes the frame on. Without a runner that is free and alive a process is forked
# for it; _js lists those of this loop as KEY.PID, for looks that come before one has left a trace.
_give() {
  if [ "$2" ] && [ "$_rn" ]; then
    printf '%s\n' "$_l" 2>/dev/null >&3 && return
    _rn=''
  fi
  _jobs
  _fk=$1
  if [ "${BASH_VERSION-}" ]; then
    set -m
  elif [ ! "$_en" ]; then
    _en=1
    env --default-signal=INT,QUIT >/dev/null 2>&1 && _T='env --default-signal=INT,QUIT setsid'
  fi
  {
    _serve
    eval "$_l"
    exit 0
  } </dev/null >&2 3>&- &
  _js="$_js $1.$!" _fk=''
  set +m
}

# Buries what has ended of `_js`.
_jobs() {
  jobs >/dev/null 2>&1
  _y=''
  for _x in $_js; do
    kill -0 "${_x#*.}" 2>/dev/null && _y="$_y $_x"
  done
  _js=$_y
}

# _l KEY OFFSETS(output errors log) LIMIT ALIVE RUNNER: a look. RUNNER: the exchange was given to it
# and the engine does not know of its end. Who is alive is asked before the status
# is read, so that "dead, and no status" is never said of one that has just ended well.
_l() {
  _guard
  [ $? != 1 ] || return 0
  _boot
  _wa=0 _aa=- _us=''
  _ka=$1 _oo=$2 _oe=$3 _ol=$4 _li=$5
  _al=$6 _rk=$7
  if _load "$_ka.c"; then
    set -- $_l2
    if [ "$3" = "$_bo" ]; then
      [ "$_al" = 0 ] || ! _group "$1" "$2" || _aa=1
      ! _live "${5%.*}" "${5#*.}" || _wa=1
    fi
  elif _load "$_ka.w"; then
    set -- $_l2
    [ "$3" != "$_bo" ] || ! _live "$1" "$2" || _wa=1
  else
    # An empty line can be written as long as the runner is there to read.
    [ "$_rk" = 1 ] && echo 2>/dev/null >&3 && _wa=1
    for _y in $_js; do
      [ "${_y%.*}" = "$_ka" ] && _stat "${_y#*.}" || continue
      case $_st in [ZX]*) ;; *) _wa=1 ;; esac
    done
  fi
  [ "$_al$_aa" != 1- ] || _aa=0
  _cl=a _la=''
  [ ! -e "$_ka.c" ] || _cl=t
  _load "$_ka.c" && _cl=p
  _s1=$_l1
  if [ ! "$_s1" ]; then
    _load "$_ka.w"
    _s1=$_l1
  fi
  # The runner lives on.
  case $_s1 in E*) _wa=0 ;; esac
  _sizes "$_ka"
  _no=$((_so - _oo)) _ne=$((_se - _oe)) _nl=$((_sl - _ol))
  [ "$_no" -le "$_li" ] || _no=$_li
  [ "$_ne" -le "$_li" ] || _ne=$_li
  [ "$_nl" -le 131072 ] || _nl=131072
  printf '%s L %s\n' "$_N" \
    "$_ka $_bo $_cl $_wa $_aa $_oo $_oe $_ol $_so $_se $_sl $_no $_ne $_nl $_s1"
  _bytes "$_ka.o" "$_oo" "$_no"
  _bytes "$_ka.e" "$_oe" "$_ne"
  _bytes "$_ka.l" "$_ol" "$_nl"
}

# _c KEY SECONDS: ends the action, or the question that is being asked. Recorded before TERM.
_c() {
  _guard || return 0
  {
    true 2>/dev/null >"$1.x"
    _us=''
    if _load "$1.c" || _load "$1.w"; then
      set -- "$1" "$2" $_l2
      [ "$6" = - ] || _us=$6
    fi
    for _ff in "$1".p*.q; do _finish "$_ff" "$2"; done
    # An action that is about to begin has not made its claim yet.
    _i=30
    until _finish "$1.c" "$2" || [ "$_i" = 0 ]; do
      _load "$1.w"
      case $_l1 in E*) break ;; esac
      _nap 1
      _i=$((_i - 1))
    done
  } </dev/null >/dev/null 2>&1 3>&- &
}

# _d KEY…: their output may go, claims and status stay.
_d() {
  _guard || return 0
  {
    for _x; do
      set -- "$@" "$_x.o" "$_x.e" "$_x.l" "$_x.x" "$_x".[pt]*
      shift
    done
    rm -f -- "$@"
  } </dev/null >/dev/null 2>&1 3>&- &
}

# _h FILE COUNT: punches a hole from its beginning.
_h() {
  _guard || return 0
  fallocate -p -o 0 -l "$2" "$1" </dev/null >/dev/null 2>&1 3>&- &
}

# The run has ended for good. The last to go takes the directories along that were made for us.
_b() {
  _guard || return 0
  rm -rf -- "$_D"
  rmdir -- "${_D%/*}"
  set -- "$_B"/*
  [ ! -e "$1" ] || return 0
  # Two that began at once made different parts of it.
  _mk=$_B
  while read -r _x; do
    [ ${#_x} -ge ${#_mk} ] || _mk=$_x
  done <"$_B/.made"
  rm -f -- "$_B/.made"
  _x=$_B
  # Another one that goes at this moment may have been faster.
  while rmdir -- "$_x"; [ ! -d "$_x" ]; do
    [ "$_x" != "$_mk" ] || return 0
    _x=${_x%/*}
  done
} </dev/null >/dev/null 2>&1

_p() {
  _guard
  [ $? = 1 ] || printf '%s P %s\n' "$_N" "$1"
}

# The engine leaves.
_x() {
  printf '%s Q\n' "$_N"
  trap - EXIT
  exit 0
}

# A failed fork ends dash: the frame is answered, and the loop goes on once more.
_lost() {
  [ "$_fk" ] || return 0
  printf '%s X %s no process could be started\n' "$_N" "$_fk"
  _fk=''
  _loop
}

_loop() { while IFS= read -r _l; do eval "$_l"; done; }

_unfit() {
  printf '%s U %s\n' "$_N" "$*"
  exit 0
}

# In a session of logind that takes its processes along when it ends (KillUserProcesses), no action
# would outlive its connection. logind spares root. Forks in such sessions only.
_mortal() {
  [ "${REPRISE_CGROUP_FILE-}" ] || [ ! -O / ] || return 1
  _x=''
  while IFS= read -r _y; do _x=$_x$_y; done 2>/dev/null <"${REPRISE_CGROUP_FILE:-/proc/self/cgroup}"
  unset REPRISE_CGROUP_FILE
  case $_x in */session-*.scope*) ;; *) return 1 ;; esac
  _x=$(busctl get-property org.freedesktop.login1 /org/freedesktop/login1 \
    org.freedesktop.login1.Manager KillUserProcesses 2>/dev/null)
  [ "$_x" = 'b true' ]
}

# _hello NONCE SHELL RUN HOST EPOCH ID: the greeting, then the loop. ID is for a new directory.
_hello() {
  _N=$1 _S=$2 _E=$5 _fk='' _us='' _I='' _js='' _me='' _sec='' _yo='' _rn=1 _en='' _T=setsid
  printf '\n%s G\n' "$_N"
  _bootfile=${REPRISE_BOOT_ID_FILE:-/proc/sys/kernel/random/boot_id}
  unset REPRISE_BOOT_ID_FILE
  _proc=1
  [ -r /proc/self/stat ] || _proc=''
  command -v setsid >/dev/null || _unfit setsid
  [ "${HOME-}" ] || _unfit home
  ! _mortal || _unfit logind
  _B=${XDG_STATE_HOME:-$HOME/.local/state}/reprise
  _D=$_B/$3/$4
  # The topmost directory that has to be made.
  _mk='' _x=$_B
  until [ -d "$_x" ] || [ ! "$_x" ]; do
    _mk=$_x
    _x=${_x%/*}
  done
  [ -d "$_D/epochs" ] || _x=$(umask 077; LC_ALL=C mkdir -p -- "$_D/epochs" 2>&1) || _unfit directory "${_x##*: }"
  cd "$_D" 2>/dev/null || _unfit directory "$_D"
  # The umask and the free space with one fork.
  set -- "$6" $(umask; df -Pk . 2>/dev/null)
  _um=$2
  umask 077
  [ ! "$_mk" ] || printf '%s\n' "$_mk" 2>/dev/null >>"$_B/.made"
  true 2>/dev/null >"epochs/$_E" || _unfit directory "$_D"
  _guard || exit 0
  # Made once with the directory; a torn one (a power loss) means another directory.
  read -r _I 2>/dev/null <id
  case $_I in
    *.) ;;
    *)
      _I=$1.
      printf '%s\n' "$_I" 2>/dev/null >id || _unfit directory 'no space left'
      ;;
  esac
  # The files of a link stay: its wrappers may need them after another link was made.
  _L=$_E.$$ _R=run.$_E.$$
  printf '%s\n' "$_RUN" 2>/dev/null >"$_R" || _R=''
  _boot
  printf '%s H %s\n' "$_N" "$_bo ${_I%.} ${13:--}"
  for _x in *.c; do
    [ "$_x" = '*.c' ] || printf '%s C %s\n' "$_N" "${_x%.c}"
  done
  printf '%s R\n' "$_N"
  exec 4>&1 6>&2 2>/dev/null
  _lead | _hatch
  exit 0
}
