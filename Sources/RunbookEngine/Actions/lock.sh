# Takes and releases the locks of a run on a host, so that runs from other state files see them.
#
# In:  reprise_locks    one name a line
#      reprise_holder   identifies the run, on one line
#      reprise_who      who holds it, for people
#
# A lock is a file whose first line is its holder. It appears complete or not at all (link), also
# after a power cut, is taken again by its own run, and lies where every operator may write. One that
# is not whole all the same is somebody's, nobody knows whose: people decide.

reprise_newline='
'
reprise_lock_directory=/var/tmp/reprise-locks

reprise_lock_file() {
  printf '%s/%s' "$reprise_lock_directory" "$(printf '%s' "$1" | cksum | tr ' ' '-')"
}

reprise_each_lock() {
  rest=$reprise_locks$reprise_newline
  while [ -n "$rest" ]; do
    name=${rest%%"$reprise_newline"*}
    rest=${rest#*"$reprise_newline"}
    if [ -n "$name" ]; then "$1" "$name"; fi
  done
}

reprise_sync() { sync -- "$1" 2> /dev/null || sync; }

reprise_lock_one() {
  file=$(reprise_lock_file "$1")
  part=$file.$$
  trap 'rm -f -- "$part"' EXIT
  printf '%s\n%s\n%s\n' "$reprise_holder" "$1" "$reprise_who" > "$part"
  chmod 0644 -- "$part"
  reprise_sync "$part"
  if ln -- "$part" "$file" 2> /dev/null; then
    rm -f -- "$part"
    reprise_sync "$reprise_lock_directory"
    return 0
  fi
  rm -f -- "$part"
  if { IFS= read -r holder && IFS= read -r held && IFS= read -r who; } < "$file"; then
    if [ "$holder" = "$reprise_holder" ]; then return 0; fi
    printf 'the lock "%s" is held by %s (%s)\n' "$held" "$who" "$file"
  elif [ -e "$file" ]; then
    printf 'nobody can tell who holds the lock "%s": its file is not whole. ' "$1"
    printf 'Where no other run needs it any more, remove it: rm %s\n' "$file"
  else
    printf 'the lock "%s" can not be taken: %s can not be made\n' "$1" "$file"
  fi
  exit 1
}

reprise_lock() {
  if [ ! -d "$reprise_lock_directory" ]; then
    (umask 0 && mkdir -- "$reprise_lock_directory" && chmod 1777 -- "$reprise_lock_directory") ||
      test -d "$reprise_lock_directory"
  fi
  reprise_each_lock reprise_lock_one
}

reprise_unlock_one() {
  file=$(reprise_lock_file "$1")
  [ -e "$file" ] || return 0
  IFS= read -r holder < "$file" || holder=
  if [ "$holder" = "$reprise_holder" ]; then rm -f -- "$file"; fi
}

reprise_unlock() { reprise_each_lock reprise_unlock_one; }
