#!/bin/sh
# what the tests need from the system: a Chromium to drive, a font with Hebrew letters, and a PostGIS to check against.
# installs what is missing with apt where it may, else says what to install; does nothing when all are there.
# without PostGIS the tests that ask it are skipped, so its lack is told and is no failure.
set -eu

missing=
command -v "${CHROMIUM:-chromium}" >/dev/null || missing="$missing chromium"
[ "$(uname)" = Darwin ] || [ -n "$(fc-list :lang=he 2>/dev/null)" ] || missing="$missing fontconfig fonts-dejavu-core"

# Debian's metapackage brings the PostgreSQL of the release; the tests run a server of their own, whatever else runs
extra=
if [ "$(uname)" != Darwin ] && ! ls /usr/lib/postgresql/*/lib/postgis-3.so >/dev/null 2>&1; then extra=postgresql-postgis; fi
[ -n "$missing$extra" ] || exit 0

if [ "$(id -u)" = 0 ]; then root=; else root="sudo -n"; fi
get() {
    echo "installing $*"
    $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

if command -v apt-get >/dev/null && $root true 2>/dev/null; then
    # stale lists may still do, so a failed update is not the end
    $root apt-get update -qq || true
    if [ -z "$missing" ] || get $missing; then missing=; fi
    if [ -z "$extra" ] || get "$extra"; then extra=; fi
fi
if [ -n "$extra" ]; then
    echo "the tests against PostGIS are skipped without it (Debian: sudo apt-get install $extra)" >&2
fi
if [ -n "$missing" ]; then
    echo "make test needs$missing (Debian: sudo apt-get install$missing; or set CHROMIUM to a Chromium or Chrome)" >&2
    exit 1
fi
