#!/bin/sh
# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Sees to it that the programs are there which the lab needs on the machine itself. Installs what is missing when it may
# (root on Debian or Ubuntu), else says what to install. Does nothing when nothing is missing.
set -eu

# program:package
needed='make:make
x86_64-w64-mingw32-gcc:gcc-mingw-w64-x86-64-win32
i686-w64-mingw32-gcc:gcc-mingw-w64-i686-win32
i686-w64-mingw32-windres:binutils-mingw-w64-i686'
engine='podman:podman
runc:runc
iptables:iptables
mmdebstrap:mmdebstrap'
# docker's client alone is no engine
if ! command -v podman > /dev/null 2>&1 && docker version > /dev/null 2>&1; then engine=''; fi

missing=''
PATH=$PATH:/usr/sbin:/sbin
for entry in $needed $engine; do
    command -v "${entry%%:*}" > /dev/null 2>&1 || missing="$missing ${entry#*:}"
done
# These two are no programs in PATH.
if [ -n "$engine" ] && command -v dpkg-query > /dev/null 2>&1; then
    for package in netavark aardvark-dns; do
        dpkg-query -s "$package" > /dev/null 2>&1 || missing="$missing $package"
    done
fi
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null 2>&1; then
    echo "lab: installing$missing"
    export DEBIAN_FRONTEND=noninteractive
    apt-get -q update
    # shellcheck disable=SC2086  # a list of packages
    exec apt-get -q -y --no-install-recommends install $missing
fi
echo "lab: these Debian packages (or their counterparts) are missing:$missing" >&2
echo "lab: install them, for example: sudo apt-get install$missing" >&2
exit 1
