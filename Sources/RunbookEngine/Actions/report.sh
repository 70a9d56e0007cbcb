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
  new=$path.reprise-new
  trap 'rm -f -- "$new"' EXIT
  if [ -e "$path" ]; then cp -p -- "$path" "$new"; else : > "$new"; fi
  if [ -z "$reprise_report_section" ]; then
    printf '%s\n' "$reprise_report" > "$new"
  else
    export begin="<!-- reprise: begin $reprise_report_section -->"
    export end="<!-- reprise: end $reprise_report_section -->"
    if [ -e "$path" ]; then cat -- "$path"; fi | awk '
      $0 == ENVIRON["begin"] && !written {
        print; print ENVIRON["reprise_report"]; inside = written = 1; next
      }
      $0 == ENVIRON["end"] { inside = 0 }
      !inside { print }
      END {
        if (!written) {
          if (NR) print ""
          print ENVIRON["begin"]; print ENVIRON["reprise_report"]; print ENVIRON["end"]
        } else if (inside) print ENVIRON["end"]
      }' > "$new"
  fi
  mv -f -- "$new" "$path"
  trap - EXIT
}
