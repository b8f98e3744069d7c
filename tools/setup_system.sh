#!/bin/sh
# what the tests need from the system: a Chromium to drive and a font with Hebrew letters.
# installs what is missing with apt where it may, else says what to install; does nothing when both are there.
set -eu

missing=
command -v "${CHROMIUM:-chromium}" >/dev/null || missing="$missing chromium"
[ "$(uname)" = Darwin ] || [ -n "$(fc-list :lang=he 2>/dev/null)" ] || missing="$missing fontconfig fonts-dejavu-core"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then root=; else root="sudo -n"; fi
if command -v apt-get >/dev/null && $root true 2>/dev/null; then
    echo "installing$missing"
    # stale lists may still do, so a failed update is not the end
    $root apt-get update -qq || true
    $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null && exit 0
fi
echo "make test needs$missing (Debian: sudo apt-get install$missing; or set CHROMIUM to a Chromium or Chrome)" >&2
exit 1
