# shellcheck shell=bash
# The layer that makes hosts out of the machine's root: what is installed in them and what of the
# machine they must not see. It is an ext4 image in the cache, mounted read-only under every host.

# layer_key: changes when the layer has to be made anew; the machine's packages are part of it,
# since the layer's package database and user list were made over them.
layer_key() {
  cat "$LAB_HOME"/lib/{packages,layer,layer-build}.sh /var/lib/dpkg/status /etc/passwd |
    sha256sum | cut -c1-16
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
  quietly "$LAB_CACHE/log/layer.log" unshare --mount --propagation private \
    bash "$LAB_HOME/lib/layer-build.sh" "$image.new" "$LAB_CACHE/layer-work" ||
    fail "the hosts' layer could not be made" \
      "look at $LAB_CACHE/log/layer.log; is a Debian mirror reachable?"
  mv "$image.new" "$image"
  rmdir "$LAB_CACHE/layer-work"
  printf '%s\n' "$key" >"$image.key"
}
