#!/usr/bin/env bash
# Installs what the tests of plugins need: a synthesizer, and what builds the test plugins; and a
# server of PostgreSQL for those of databases, a browser for those of pages.
# Without the right to do so it says one line: those tests are then skipped.
set -euo pipefail

packages=(amsynth chromium dpf-source g++ lilv-utils make mda-lv2 postgresql)

installed() {
    local package
    for package in "${packages[@]}"; do
        dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || return 1
    done
}

cannot() {
    echo "tests of plugins, pages and PostgreSQL will be skipped: install ${packages[*]}"
    exit 0
}

command -v dpkg-query >/dev/null && command -v apt-get >/dev/null || cannot
if installed; then
    exit 0
fi
if [ "$(id -u)" -eq 0 ]; then
    as_root=(env)
elif sudo -n true 2>/dev/null; then
    as_root=(sudo -n env)
else
    cannot
fi

apt() {
    "${as_root[@]}" DEBIAN_FRONTEND=noninteractive \
        apt-get -qq -o DPkg::Lock::Timeout=60 "$@" >/dev/null 2>&1
}

install() {
    apt install --yes --no-install-recommends "${packages[@]}"
}

# a fresh machine has no lists, and the lists of an old one may name packages that are gone
install || { apt update && install; } || cannot
