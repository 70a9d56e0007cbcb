# Writes a report on a host: the whole file, or only what stands between its section's markers.
#
# In:  reprise_report_path      the file; its directory is made where it is missing
#      reprise_report_section   the section's name, or empty: the whole file
#      reprise_report           the text

reprise_report_write() {
  path=$reprise_report_path
  case $path in
    */*) mkdir -p -- "${path%/*}" ;;
  esac
  if [ -L "$path" ]; then path=$(readlink -f -- "$path"); fi
  # A device or a pipe is written to, not replaced.
  if [ -e "$path" ] && [ ! -f "$path" ]; then
    printf '%s\n' "$reprise_report" > "$path"
    return
  fi
  new=$path.reprise-new
  trap 'rm -f -- "$new"' EXIT
  if [ -e "$path" ]; then cp -p -- "$path" "$new"; else : > "$new"; fi
  if [ -z "$reprise_report_section" ]; then
    printf '%s\n' "$reprise_report" > "$new"
  else
    begin="<!-- reprise: begin $reprise_report_section -->"
    end="<!-- reprise: end $reprise_report_section -->"
    if [ ! -e "$path" ]; then : > "$path"; fi
    # Where the section begins and ends, as numbers of lines; 0 where it does not. The rest is copied
    # by head and tail, which keep every byte, also a last line without an end.
    # shellcheck disable=SC2046 # two numbers
    set -- $(begin=$begin end=$end LC_ALL=C awk '
      { sub(/\r$/, "") }
      $0 == ENVIRON["begin"] && !first { first = NR }
      $0 == ENVIRON["end"] && first && !last { last = NR }
      END { print first + 0, last + 0 }' "$path")
    {
      if [ "$1" -eq 0 ]; then
        cat -- "$path"
        # What was there ends its line, and a blank one follows.
        if [ -n "$(tail -c 1 -- "$path")" ]; then echo; fi
        if [ -s "$path" ]; then echo; fi
        printf '%s\n' "$begin" "$reprise_report" "$end"
      else
        head -n "$1" -- "$path"
        printf '%s\n' "$reprise_report"
        # Somebody removed the end: nothing that follows is known to be of the section.
        if [ "$2" -eq 0 ]; then
          printf '%s\n' "$end"
          tail -n +"$(($1 + 1))" -- "$path"
        else
          tail -n +"$2" -- "$path"
        fi
      fi
    } > "$new"
  fi
  # The rest of the file is somebody's: a power cut must not leave an empty one.
  sync -- "$new" 2> /dev/null || sync
  mv -f -- "$new" "$path"
  trap - EXIT
}
