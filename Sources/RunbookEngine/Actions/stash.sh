# Moves files aside under the run's name, and back.
#
# In:  reprise_globs    one absolute pattern a line
#      reprise_to       where to, or empty: beside the directory that the pattern looks in
#      reprise_mark     unique to the run and the step
#
# Each pattern has a place of its own: TO/MARK/N, with the directory it came from in TO/MARK/N.from.
# Files move by rename within a filesystem. On another one they are copied, compared, written to
# the disk and only then removed. What is in the way when they come back is moved to
# TO/MARK/displaced…, not lost.

reprise_newline='
'

# Sets directory, pattern and place for one line of reprise_globs.
reprise_locate() {
  directory=${1%/*}
  pattern=${1##*/}
  if [ -d "$directory" ]; then directory=$(cd -- "$directory" && pwd -P); fi
  place=${reprise_to:-${directory%/*}/.reprise-stash}/$reprise_mark
}

# The same for what is to be moved: refuses what nobody can mean.
reprise_place() {
  case $1 in
    /*) ;;
    *) echo "the pattern $1 is not absolute" >&2; exit 64 ;;
  esac
  case ${1%/*} in
    '' | *'*'* | *'?'* | *'['*)
      echo "refused: $1 (its directory has to be written out, and must not be /)" >&2
      exit 64
      ;;
  esac
  reprise_locate "$1"
  case $pattern in
    '' | . | ..) echo "refused: $1 names no files" >&2; exit 64 ;;
  esac
  case $directory/ in
    / | /bin/* | /boot/* | /dev/* | /etc/* | /lib/* | /lib32/* | /lib64/* | /libx32/* | /proc/* | \
      /run/* | /sbin/* | /sys/* | /usr/* | /var/)
      echo "refused: $1 lies in the system directory $directory" >&2
      exit 64
      ;;
    /home/ | /root/ | /opt/ | /srv/ | /var/lib/ | /tmp/ | /mnt/ | /media/)
      # One directory of a service, not all that stands there.
      case $pattern in
        '['* | *[!.?*]*) ;;
        *) pattern='[' ;;
      esac
      case $pattern in
        '['*)
          echo "refused: $1 is all of the system directory $directory" >&2
          exit 64
          ;;
      esac
      ;;
  esac
}

# The nearest ancestor of $1 that exists.
reprise_nearest() {
  nearest=$1
  while [ ! -e "$nearest" ]; do
    nearest=${nearest%/*}
    nearest=${nearest:-/}
  done
}

# Device and mount point of $1, or of where it will be.
reprise_device() {
  reprise_nearest "$1"
  df -P -- "$nearest" | awk 'NR == 2 { print $1 " " $6 }'
}

reprise_check() {
  [ -d "$directory" ] || return 0
  here=$(reprise_device "$directory")
  there=$(reprise_device "$place")
  case $place/ in
    "$directory"/*)
      echo "refused: the stash $place would lie inside $directory" >&2
      exit 64
      ;;
  esac
  if [ "${here##* }" = "$directory" ]; then
    if [ -z "$reprise_to" ]; then
      echo "refused: $directory is the root of a mount; say where to with: to \"DIR\"" >&2
      exit 64
    fi
    if [ "$here" = "$there" ]; then
      echo "refused: $reprise_to lies on the mount $directory itself" >&2
      exit 64
    fi
  fi
  [ "$here" != "$there" ] || return 0
  needed=$(du -sk -- "$directory" | awk '{ print $1 }')
  reprise_nearest "$place"
  free=$(df -Pk -- "$nearest" | awk 'NR == 2 { print $4 }')
  if [ "$free" -lt "$((needed + 32768))" ]; then
    echo "refused: $nearest has $free KiB free, a copy of $directory may need $needed KiB" >&2
    exit 73
  fi
}

# Moves what matches $2 in the directory $1 to $3, in lots that fit an argument list, and counts.
reprise_lots() {
  lots_from=$1
  lots_pattern=$2
  lots_into=$3
  moved=0
  lots_ifs=$IFS
  IFS=
  set --
  # shellcheck disable=SC2086 # the pattern is to be expanded; without IFS it is not split
  for file in "$lots_from"/$lots_pattern "$lots_from"/.$lots_pattern; do
    case ${file##*/} in
      . | ..) continue ;;
    esac
    if [ ! -e "$file" ] && [ ! -L "$file" ]; then continue; fi
    set -- "$@" "$file"
    moved=$((moved + 1))
    if [ "$#" -ge 200 ]; then
      IFS=$lots_ifs
      reprise_carry "$lots_into" "$@"
      IFS=
      set --
    fi
  done
  IFS=$lots_ifs
  if [ "$#" -gt 0 ]; then reprise_carry "$lots_into" "$@"; fi
}

# By rename; from one filesystem to another by copy, comparison and removal. A copy gets its name
# when its content is on the disk, and nothing is removed before that name is, too: after a power
# cut every file is whole on one side at least. One lot shares two waits for the disk.
reprise_carry() {
  carry_into=$1
  shift
  if [ "$here" = "$there" ]; then
    mv -- "$@" "$carry_into/"
    return
  fi
  source=${1%/*}
  part=$carry_into/.reprise-part
  rm -rf -- "$part"
  (umask 077 && mkdir -- "$part")
  cp -a -- "$@" "$part/"
  for carried in "$@"; do
    shift
    set -- "$@" "./${carried##*/}"
  done
  if [ "$(reprise_sum "$source" "$@")" != "$(reprise_sum "$part" "$@")" ]; then
    echo "the copy of what is moved from $source is not the same: all of it was left there" >&2
    exit 74
  fi
  reprise_sync -f "$part"
  (cd -- "$part" && mv -- "$@" ../)
  rmdir -- "$part"
  reprise_sync -f "$carry_into"
  # Whoever is interrupted here leaves no half of a directory under its name.
  gone=$source/.reprise-gone
  (umask 077 && mkdir -p -- "$gone" && cd -- "$source" && mv -- "$@" .reprise-gone/)
  rm -rf -- "$gone"
}

# The whole filesystem of a path with -f; whatever this host's sync can.
reprise_sync() { sync "$@" 2> /dev/null || sync; }

# Of the names and contents of what the other arguments name in the directory $1.
reprise_sum() (
  cd -- "$1" || exit
  shift
  { find "$@" | LC_ALL=C sort && find "$@" -type f -exec cksum {} + | LC_ALL=C sort; } | cksum
)

# reprise_each reprise_place|reprise_locate DO: for each pattern. What was refused has moved nothing,
# so only who moves asks whether a pattern is refused.
reprise_each() {
  number=0
  rest=$reprise_globs$reprise_newline
  while [ -n "$rest" ]; do
    line=${rest%%"$reprise_newline"*}
    rest=${rest#*"$reprise_newline"}
    [ -n "$line" ] || continue
    number=$((number + 1))
    "$1" "$line"
    "$2"
  done
}

reprise_stash_one() {
  if [ ! -d "$directory" ]; then
    echo "$directory does not exist: nothing to move"
    return
  fi
  here=$(reprise_device "$directory")
  there=$(reprise_device "$place")
  rm -rf -- "$directory/.reprise-gone"
  # On the disk before anything moves: nobody else knows where it came from.
  (umask 077 && mkdir -p -- "$place")
  printf '%s\n' "$directory" > "$place/$number.from.part"
  reprise_sync "$place/$number.from.part"
  mv -f -- "$place/$number.from.part" "$place/$number.from"
  # Another attempt has a place of its own: what the first one moved stays where it is.
  turn=1
  while [ -e "$place/$number.$turn" ]; do turn=$((turn + 1)); done
  (umask 077 && mkdir -- "$place/$number.$turn")
  reprise_lots "$directory" "$pattern" "$place/$number.$turn"
  # What is told as moved stays so after a power cut.
  reprise_sync "$directory"
  echo "moved $moved from $directory to $place/$number.$turn"
  if [ "$moved" -eq 0 ]; then rmdir -- "$place/$number.$turn"; fi
}

reprise_stash() {
  reprise_each reprise_place reprise_check
  reprise_each reprise_place reprise_stash_one
}

reprise_unstash_one() {
  if [ -e "$place.purged" ]; then
    echo "what it had moved from $directory was removed for good (stash --purge): it can't be put" \
      "back. To pass over it: rm $place.purged" >&2
    exit 1
  fi
  rm -f -- "$place/$number.from.part"
  [ -e "$place/$number.from" ] || return 0
  directory=$(cat -- "$place/$number.from")
  mkdir -p -- "$directory"
  here=$(reprise_device "$place")
  there=$(reprise_device "$directory")
  turn=0
  while [ -e "$place/$number.$((turn + 1))" ]; do turn=$((turn + 1)); done
  # The last one moved comes back first, so that the oldest content is what stands at the end.
  while [ "$turn" -gt 0 ]; do
    reprise_displace "$place/$number.$turn"
    reprise_lots "$place/$number.$turn" '*' "$directory"
    reprise_sync "$directory"
    rmdir -- "$place/$number.$turn"
    echo "put $moved back to $directory"
    turn=$((turn - 1))
  done
  rm -f -- "$place/$number.from"
}

# Makes way in $directory for everything that lies in $1.
reprise_displace() {
  for back in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    name=${back##*/}
    case $name in
      .reprise-part | .reprise-gone)
        rm -rf -- "$back"
        continue
        ;;
    esac
    if [ ! -e "$back" ] && [ ! -L "$back" ]; then continue; fi
    if [ -e "$directory/$name" ] || [ -L "$directory/$name" ]; then
      # What an interrupted attempt displaced may be more than what it left.
      displaced=$place/displaced.$number.$turn
      while [ -e "$displaced/$name" ] || [ -L "$displaced/$name" ]; do displaced=$displaced.again; done
      (umask 077 && mkdir -p -- "$displaced")
      reprise_carry "$displaced" "$directory/$name"
      echo "$directory/$name was in the way: it is now $displaced/$name"
    fi
  done
}

# A directory that the runbook names is the operator's.
reprise_tidy() {
  if [ -z "$reprise_to" ]; then rmdir -- "${place%/*}" 2> /dev/null || :; fi
}

reprise_unstash() {
  reprise_each reprise_locate reprise_unstash_one
  rmdir -- "$place" 2> /dev/null || :
  reprise_tidy
}

# PLACE<tab>KIB of what this step moved aside and that is still there.
reprise_list_one() {
  if [ "$place" = "${listed-}" ] || [ ! -d "$place" ]; then return 0; fi
  listed=$place
  printf '%s\t%s\n' "$place" "$(du -sk -- "$place" 2> /dev/null | awk '{ print $1 }')"
}

reprise_stash_list() { reprise_each reprise_locate reprise_list_one; }

# Removes it for good, and leaves a mark: nobody may say later that it was put back.
reprise_purge_one() {
  [ -d "$place" ] || return 0
  case $place in
    /*/"$reprise_mark") : > "$place.purged" && rm -rf -- "$place" ;;
  esac
  reprise_tidy
}

reprise_stash_purge() { reprise_each reprise_locate reprise_purge_one; }
