# shellcheck shell=bash
# The layer that makes hosts out of the machine's root: what is installed in them and what of the
# machine they must not see. It is an ext4 image in the cache, mounted read-only under every host.

# layer_key: changes when the layer has to be made anew: when its making changes, or the C library
# or those of its packages that the machine has itself and the layer therefore lacks.
layer_key() {
  {
    cat "$LAB_HOME"/lib/{packages,layer,layer-build}.sh
    dpkg-query -W libc6 libssl3 "${HOST_PACKAGES[@]}" 2>/dev/null
  } | sha256sum | cut -c1-16
}

# machine_packages_at_rest: nobody is installing anything on the machine, whose package database
# the layer starts from.
machine_packages_at_rest() {
  [[ -z $(ls -A /var/lib/dpkg/updates) ]] && python3 -c '
import fcntl
with open("/var/lib/dpkg/lock", "a") as lock:
    fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)' 2>/dev/null
}

# What of the machine a host must not see.
# shellcheck disable=SC2034 # used by layer-build.sh
LAYER_HIDES=(
  /root /home /srv /usr/local/bin /usr/local/sbin /opt/keybuzz /opt/keybuzz-installer
  /etc/systemd/system /etc/ssh/sshd_config.d /etc/docker /var/lib/docker /var/log
)

# make_layer: leaves $LAB_CACHE/layer.img.
make_layer() {
  local image=$LAB_CACHE/layer.img key
  key=$(layer_key)
  [[ -e $image && $(cat "$image.key" 2>/dev/null) == "$key" ]] && return 0
  say "installing the hosts' packages into a layer: ${HOST_PACKAGES[*]}"
  rm -f "$image" "$image.key"
  mkdir -p "$LAB_CACHE/layer-work"
  truncate -s 4G "$image.new"
  wait_until 300 machine_packages_at_rest ||
    fail "packages have been half installed on this machine for 5 minutes" \
      "end or repair that (dpkg --configure -a), then try again" "$EXIT_MACHINE"
  quietly "$LAB_CACHE/log/layer.log" unshare --mount --propagation private \
    bash "$LAB_HOME/lib/layer-build.sh" "$image.new" "$LAB_CACHE/layer-work" ||
    fail "the hosts' layer could not be made" \
      "look at $LAB_CACHE/log/layer.log; is a Debian mirror reachable?"
  mv "$image.new" "$image"
  rmdir "$LAB_CACHE/layer-work"
  printf '%s\n' "$key" >"$image.key"
}
