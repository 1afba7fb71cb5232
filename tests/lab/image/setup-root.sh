#!/bin/sh
# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Turns a Debian root file system that has the packages of packages.txt into a Windows-like machine.
# Runs inside that root, both when mmdebstrap makes it and in a Containerfile.
# argument: folder with lab.reg
set -eu
here=$1
dlls=/usr/lib/x86_64-linux-gnu/wine
export WINEPREFIX=/opt/lab/prefix WINEDEBUG=-all HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
export WINEDLLOVERRIDES='mscoree=;mshtml=;winemenubuilder.exe='

say() { echo "image: $*"; }

say "32-bit Windows libraries"
# Only the PE files are needed: Wine 10 runs 32-bit programs in its 64-bit process, without any i386 Linux library.
dpkg --add-architecture i386
version=$(dpkg-query -W -f '${Version}' libwine:amd64)
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | head -n 1)
work=$(mktemp -d)
chmod 755 "$work"
mkdir -p "$work/lists/partial"
# A mirror in the middle of an update can hold an i386 index that belongs to one of the two signed releases only: the
# one under the code name or the one under the alias. Either is verified by apt, and the exact version is demanded.
for suite in trixie stable; do
    echo "deb [arch=i386] $mirror $suite main" > "$work/i386.list"
    set -- -q -o Dir::Etc::SourceList="$work/i386.list" -o Dir::Etc::SourceParts=- \
        -o Dir::State::Lists="$work/lists" -o APT::Sandbox::User=root -o APT::Update::Error-Mode=any
    if apt-get "$@" update && (cd "$work" && apt-get "$@" download "libwine:i386=$version"); then break; fi
    say "no usable i386 index under '$suite'"
done
dpkg-deb --fsys-tarfile "$work"/libwine_*_i386.deb | tar x -C "$work"
mkdir -p "$dlls/i386-windows"
cp -n "$work"/usr/lib/i386-linux-gnu/wine/i386-windows/* "$dlls/i386-windows/"
rm -rf "$work"

say "strip debug information: three quarters of the size"
# Sections that begin on a page are mapped; others would be copied into each process, which costs a fifth of each command's time.
# A few files are no programs, and objcopy says so.
find "$dlls/x86_64-windows" "$dlls/i386-windows" -type f -print0 |
    xargs -0 -P "$(nproc)" -n 1 objcopy --strip-unneeded --file-alignment 4096 2> /dev/null || true

say "locales"
localedef -i en_US -f UTF-8 en_US.UTF-8
localedef -i ja_JP -f UTF-8 ja_JP.UTF-8

# Wine takes the Windows account's name from the first passwd entry of the user id.
sed -i '1i Administrator:x:0:0:Administrator:/root:/bin/sh' /etc/passwd

say "Windows prefix"
mkdir -p /opt/lab/bin /opt/lab/drive_d
wine wineboot --init
ln -sfn /opt/lab/drive_d "$WINEPREFIX/dosdevices/d:"
# 6.3.9600 is the version of both Windows 8.1 and Windows Server 2012 R2; lab.reg makes it the server.
wine winecfg -v win81
wine regedit /S "$here/lab.reg"
wineserver -w

say "share the prefix's libraries with the package's"
share() {
    for file in "$WINEPREFIX/drive_c/windows/$1"/*; do
        same="$dlls/$2/${file##*/}"
        if [ -f "$same" ] && cmp -s "$file" "$same"; then ln -f "$same" "$file"; fi
    done
}
share system32 x86_64-windows
share syswow64 i386-windows

apt-get -q -y purge --autoremove binutils
rm -rf /usr/share/doc/* /usr/share/man/* /usr/share/locale/* /var/lib/apt/lists/* /var/cache/apt/*.bin
rm -rf /tmp/.wine-* /root/.cache
