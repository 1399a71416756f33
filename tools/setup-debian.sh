#!/bin/sh
# Install from Debian's packages what is missing of: python, postgresql, mariadb, redis,
# chromium, curl, office.
# Says nothing and needs no rights where nothing is missing.
set -eu
here=$(dirname "$0")

has_python() { "$here/find-python.sh" >/dev/null 2>&1; }

has_postgresql() {
    command -v initdb >/dev/null 2>&1 && return
    for server in /usr/lib/postgresql/*/bin/initdb; do
        [ -x "$server" ] && return
    done
    return 1
}

# libatomic: Playwright brings a Node.js that needs it.
has_chromium() {
    command -v chromium >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 || return 1
    /sbin/ldconfig -p | grep -q libatomic.so.1
}

# Debian keeps servers where only root looks for programs.
has_server() { PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v "$1" >/dev/null 2>&1; }
has_mariadb() { has_server mariadbd && has_server mariadb-install-db; }
has_redis() { has_server redis-server; }

has_curl() { command -v curl >/dev/null 2>&1; }
has_office() { command -v soffice >/dev/null 2>&1; }

missing=""
for part in "$@"; do
    case $part in
        python) has_python || missing="$missing python3 python3-venv" ;;
        postgresql) has_postgresql || missing="$missing postgresql" ;;
        mariadb) has_mariadb || missing="$missing mariadb-server" ;;
        redis) has_redis || missing="$missing redis-server" ;;
        chromium) has_chromium || missing="$missing chromium libatomic1" ;;
        curl) has_curl || missing="$missing curl" ;;
        office) has_office || missing="$missing libreoffice-calc-nogui" ;;
        *) echo "Unknown part: $part" >&2; exit 2 ;;
    esac
done
[ -n "$missing" ] || exit 0

stop() {
    echo "Missing on this machine:$missing" >&2
    echo "$1" >&2
    exit 1
}

command -v apt-get >/dev/null 2>&1 || stop "This is not Debian: install them by hand, then run this again."
sudo=""
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || stop "Neither root nor sudo: let an administrator run 'apt-get install$missing'."
    sudo="sudo"
fi

echo "Installing$missing" >&2
$sudo apt-get update --quiet
# The list is split into words on purpose.
# shellcheck disable=SC2086
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends $missing

for part in "$@"; do
    "has_$part" || stop "They were installed, but $part cannot be used: is it older than Debian 12?"
done
