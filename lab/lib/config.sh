# shellcheck shell=bash
# The effective patroni.yml of a member, as the site has it.

# render_patroni_config HOST: the site's configuration for that member, on standard output.
render_patroni_config() {
  local other partners='' POSTGRES_PASSWORD REPLICATOR_PASSWORD PATRONI_API_PASSWORD
  # shellcheck disable=SC1091 # made by up
  . "$LAB_STATE/secrets/postgres.env"
  for other in "${LAB_DB_HOSTS[@]}"; do
    [[ $other == "$1" ]] || partners+="    - $(address_of "$other"):7000\\n"
  done
  sed -e "s|@PARTNERS@|${partners%\\n}|" -e "s|@HOST@|$1|g" -e "s|@ADDRESS@|$(address_of "$1")|g" \
    -e "s|@POSTGRES_PASSWORD@|$POSTGRES_PASSWORD|g" \
    -e "s|@REPLICATOR_PASSWORD@|$REPLICATOR_PASSWORD|g" \
    -e "s|@PATRONI_API_PASSWORD@|$PATRONI_API_PASSWORD|g" \
    "$LAB_HOME/site/db/opt/keybuzz/patroni/config/patroni.yml"
}

# write_config HOST [FILTER…]: gives the member its configuration, through a filter if there is one.
write_config() {
  local host=$1
  shift
  render_patroni_config "$host" | if (($#)); then "$@"; else cat; fi |
    in_host "$host" /bin/sh -c 'cat > /opt/keybuzz/patroni/config/patroni.yml'
}

# change_bootstrap HOW: a filter over patroni.yml that works on its top-level bootstrap section:
# "drop" takes it out, "empty" leaves its first line only, "indent" moves it two columns to the
# right, so that YAML reads it as a part of the section before it.
change_bootstrap() {
  awk -v how="$1" '
    /^[a-z]/ { inside = /^bootstrap:/ }
    !inside { print; next }
    how == "indent" { print (length($0) ? "  " $0 : $0) }
    how == "empty" && /^bootstrap:/ { print "bootstrap:\n" }'
}
