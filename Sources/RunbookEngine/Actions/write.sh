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

reprise_target() {
  case $reprise_path in
    /*) ;;
    *) echo "the path $reprise_path is not absolute" >&2; exit 64 ;;
  esac
  if [ -L "$reprise_path" ]; then
    path=$(readlink -f -- "$reprise_path")
  else
    path=$reprise_path
  fi
  if [ -d "$path" ]; then
    echo "$path is a directory" >&2
    exit 64
  fi
  kept=$path.$reprise_mark
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
  new=$path.$reprise_mark.new
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

reprise_unwrite() {
  reprise_target
  rm -f -- "$kept.part" "$path.$reprise_mark.new"
  if [ -e "$kept" ]; then
    mv -f -- "$kept" "$path"
    echo "put the old $path back"
  elif [ -e "$kept.absent" ]; then
    rm -f -- "$path" "$kept.absent"
    echo "removed $path: there was none before"
  else
    echo "$path was not changed"
  fi
}
