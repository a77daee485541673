#!/usr/bin/env bash
# Gathers what an image of flowrun needs.
#
#   rootfs.sh /usr/local/bin/flowrun rootfs
#
# The binary is linked against glibc, so that names are looked up as everywhere on Linux; it and the loader come from this machine,
# which must be of the same kind as those that will run the image. Zones are in the binary. Authorities come from this machine.
set -euo pipefail

binary=${1:?usage: rootfs.sh BINARY FOLDER}
root=${2:?usage: rootfs.sh BINARY FOLDER}
authorities=${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}
[ -x "$binary" ] || { echo "$binary is no program" >&2; exit 1; }
[ -r "$authorities" ] || { echo "there is no $authorities: install ca-certificates, or name the file in SSL_CERT_FILE" >&2; exit 1; }
[ ! -e "$root" ] || { echo "$root is there already: take another folder" >&2; exit 1; }

install -D -m 755 "$binary" "$root/flowrun"
install -D -m 644 "$authorities" "$root/etc/ssl/certs/ca-certificates.crt"
# `ldd` prints `name => /path (address)`, and the loader as `/path (address)`. A static binary has neither.
{ ldd "$binary" 2>/dev/null || true; } | grep -oE '/[^ ]+' | sort -u | while read -r library; do
  install -D -m 755 "$library" "$root$library"
done
# Downloads pass through temporary files.
install -d -m 1777 "$root/tmp"
install -d -m 700 "$root/state"
if [ "$(id -u)" = 0 ]; then
  chown 65532:65532 "$root/state"
else
  echo "note: $root/state belongs to you; give /state to user 65532 when the image is run" >&2
fi
