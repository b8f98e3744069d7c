#!/bin/sh
# what `make bench` needs from the system: the binaries of PostgreSQL with PostGIS. No server is asked of it: the
# benchmarks start one of their own. Installed with apt by root, else told; the benchmarks run without them too.
set -eu

ls /usr/share/postgresql/*/extension/postgis.control >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing postgresql-postgis"
    # stale lists may still do, so a failed update is not the end
    apt-get update -qq || true
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql-postgis >/dev/null && exit 0
fi
echo "without PostGIS its rows cannot run (Debian: sudo apt-get install postgresql-postgis)" >&2
