# Puts a file of the engine's machine in place: what `write` does (write.sh stands before this),
# with the bytes that were brought to standard input, and only if they are the right ones.
#
# In:  reprise_size     of the file, in bytes
#      reprise_sha256   of the file, in lower-case hexadecimal
#      reprise_local    the file as the runbook names it, for people

# shellcheck disable=SC2154 # `path`, `new` and `reprise_…` come from write.sh and the engine

# The SHA-256 of what stands on standard input, with whatever a minimal host has.
reprise_sha256_of() {
  if command -v sha256sum > /dev/null; then
    sha256sum
  elif command -v shasum > /dev/null; then
    shasum -a 256
  elif command -v openssl > /dev/null; then
    openssl dgst -sha256 -r
  elif command -v busybox > /dev/null; then
    busybox sha256sum
  else
    echo "no sha256sum, shasum or openssl here: nothing can be verified (install coreutils)" >&2
    return 69
  fi
}

# Whether $1 is that file. The size is asked first: a checksum of a large file takes its time.
reprise_is_it() {
  [ -f "$1" ] && [ "$(($(wc -c < "$1")))" -eq "$reprise_size" ] || return 1
  sum=$(reprise_sha256_of < "$1") || exit 69
  [ "${sum%% *}" = "$reprise_sha256" ]
}

content() { cat; }

reprise_verify() {
  if ! reprise_is_it "$new"; then
    echo "what arrived are not the bytes that $reprise_local had when its upload began" \
      "($(($(wc -c < "$new"))) bytes of $reprise_size); $path was not changed" >&2
    exit 74
  fi
}

reprise_upload() {
  reprise_target
  if reprise_is_it "$path"; then
    echo "$path already has this content"
    exit 0
  fi
  reprise_write
}

# Whether the bytes are needed: 0, or 1 where the file has them already.
reprise_upload_wanted() {
  reprise_target
  if reprise_is_it "$path"; then exit 1; fi
  reprise_directory
}
