# Puts a file in place atomically, keeps the old one, and undoes that.
#
# In:  reprise_path     the file
#      reprise_mark     unique to the run and the step: names what is kept
#      reprise_mode     octal mode, or empty: the old file's
#      reprise_owner    user:group, or empty: the old file's
#      content          a function (put after this text) that prints the new content
#
# What is kept lies beside the file: PATH.MARK with the old content, or PATH.MARK.absent where
# there was none. It is made once, before the first change, so that another attempt never keeps
# the content of an earlier one.

# Sets path, behind a link too, and the name of what is kept.
reprise_find() {
  path=$reprise_path
  if [ -L "$path" ]; then path=$(readlink -f -- "$path"); fi
  kept=$path.$reprise_mark
}

reprise_target() {
  case $reprise_path in
    /*) ;;
    *) echo "the path $reprise_path is not absolute" >&2; exit 64 ;;
  esac
  reprise_find
  if [ -d "$path" ]; then
    echo "$path is a directory" >&2
    exit 64
  fi
}

# `upload` puts its own in the place of this.
reprise_verify() { :; }

# The directory is not made: one that is missing is more often a path that is wrong.
reprise_directory() {
  directory=${path%/*}
  if [ ! -d "${directory:-/}" ]; then
    echo "$directory is no directory" >&2
    exit 66
  fi
}

# A rename reaches the disk before the content of a file that nobody asked to be written.
reprise_sync() { sync -- "$1" 2> /dev/null || sync; }

reprise_write() {
  reprise_target
  reprise_directory
  new=$kept.new
  trap 'rm -f -- "$new"' EXIT
  # A copy of the old file brings its mode, owner and attributes along.
  if [ -e "$path" ]; then
    cp -p -- "$path" "$new"
  else
    (umask 077 && : > "$new")
    chmod "${reprise_mode:-0644}" "$new"
  fi
  content > "$new"
  reprise_verify
  if [ -n "$reprise_owner" ]; then chown -- "$reprise_owner" "$new"; fi
  if [ -n "$reprise_mode" ]; then chmod -- "$reprise_mode" "$new"; fi
  # shellcheck disable=SC2012 # one file, and only its mode and numeric owner are looked at
  if [ -e "$path" ] && [ ! -e "$kept" ] && [ ! -e "$kept.absent" ] && cmp -s -- "$path" "$new" &&
    [ "$(ls -ln -- "$path" | awk '{ print $1, $3, $4 }')" = \
      "$(ls -ln -- "$new" | awk '{ print $1, $3, $4 }')" ]; then
    echo "$path already has this content"
    exit 0
  fi
  if [ ! -e "$kept" ] && [ ! -e "$kept.absent" ]; then
    if [ -e "$path" ]; then
      cp -p -- "$path" "$kept.part"
      reprise_sync "$kept.part"
      mv -f -- "$kept.part" "$kept"
    else
      : > "$kept.absent"
    fi
  fi
  reprise_sync "$new"
  mv -f -- "$new" "$path"
  trap - EXIT
  # What is told as done outlives a power cut.
  reprise_sync "${directory:-/}"
  if [ -e "$kept" ]; then echo "wrote $path, the old one is $kept"; else echo "wrote $path"; fi
}

# What was refused was not changed, and nothing of it is kept.
reprise_unwrite() {
  reprise_find
  rm -f -- "$kept.part" "$kept.new"
  if [ ! -e "$kept" ] && [ ! -e "$kept.absent" ]; then
    echo "$path was not changed"
    return
  fi
  reprise_target
  if [ -e "$kept" ]; then
    mv -f -- "$kept" "$path"
    echo "put the old $path back"
  else
    rm -f -- "$path" "$kept.absent"
    echo "removed $path: there was none before"
  fi
}
