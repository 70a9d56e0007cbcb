# shellcheck shell=sh
# shellcheck disable=SC2046
# Takes the bytes of an upload from its standard input, on a channel of their own, into the state
# directory: KEY.tu, which the action of that attempt finds on its standard input (supervisor.sh).
#
# What is there already is not sent again: whole blocks of it. Every byte is written at its own
# place, so that late bytes of an earlier engine write what stands there anyway.

# _bring NONCE RUN HOST KEY SIZE. Answers: O OFFSET (send from there), then D (all of it is here),
# F REASON (it can't be taken) or B (it broke off).
_bring() {
  _N=$1 _f=$4.tu _size=$5
  umask 077
  printf '\n%s G\n' "$_N"
  cd "${XDG_STATE_HOME:-$HOME/.local/state}/reprise/$2/$3" 2>/dev/null ||
    _say F 'its state directory is gone'
  _have=0
  [ ! -e "$_f" ] || _have=$(wc -c <"$_f") || _say F "$_f can't be read"
  [ "$_have" -le "$_size" ] || _have=0
  _have=$((_have / 65536))
  _rest=$((_size - _have * 65536))
  set -- $(df -Pk . 2>/dev/null)
  case ${11:--} in
    *[!0-9]*) ;;
    *)
      [ "${11}" -ge $((_rest / 1024 + 32768)) ] ||
        _say F "no space left: ${11} KiB are free in $PWD, the file needs $((_rest / 1024)) and 32768 stay free"
      ;;
  esac
  printf '%s O %s\n' "$_N" $((_have * 65536))
  _said=$({ head -c "$_rest" | LC_ALL=C dd bs=65536 seek="$_have" conv=notrunc of="$_f"; } 2>&1)
  _x=$?
  _have=0
  [ ! -e "$_f" ] || _have=$(wc -c <"$_f")
  [ $((_have)) -ne "$_size" ] || _say D
  [ "$_x" != 0 ] || _say B
  rm -f -- "$_f"
  _n=${IFS#??}
  _say F "${_said##*"$_n"}"
}

_say() {
  printf '%s %s\n' "$_N" "$*"
  exit 0
}
