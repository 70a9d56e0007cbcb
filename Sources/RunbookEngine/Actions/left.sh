# What runs left on a host, for those who tidy up: state directories, and files moved aside.
#
# In:  reprise_names   names of state directories to remove, one a line

reprise_base=${XDG_STATE_HOME:-$HOME/.local/state}/reprise

# NAME<tab>KIB of each state directory.
reprise_list_left() {
  for directory in "$reprise_base"/*/; do
    directory=${directory%/}
    if [ -L "$directory" ] || [ ! -d "$directory" ]; then continue; fi
    size=$(du -sk -- "$directory" 2> /dev/null | awk '{ print $1 }')
    printf '%s\t%s\n' "${directory##*/}" "${size:-0}"
  done
}

reprise_remove_left() {
  printf '%s\n' "$reprise_names" | while IFS= read -r name; do
    case $name in
      '' | *[!0-9A-Za-z_=-]*) continue ;;
    esac
    rm -rf -- "${reprise_base:?}/$name"
  done
}
