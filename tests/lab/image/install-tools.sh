#!/bin/sh
# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Puts the Windows programs of the lab into the base image's prefix. Runs in a container of the base image.
# argument: folder with look.exe and the trees x64 and x86, which are laid over system32 and syswow64
set -eu
built=$1
windows=$WINEPREFIX/drive_c/windows
export WINEDEBUG=-all

is_ours_alone() { # programs without a Windows counterpart stay outside the Windows folders
    case $1 in ./launch.exe | ./keepalive.exe) true ;; *) false ;; esac
}

install_folder() { # from, to
    cd "$1"
    find . -name '*.exe' | while IFS= read -r file; do
        if is_ours_alone "$file"; then
            cp "$file" /opt/lab/bin/
        else
            mkdir -p "$2/${file%/*}"
            rm -f "$2/$file"
            cp "$file" "$2/$file"
        fi
    done
}

mkdir -p /opt/lab/bin
cp "$built/look.exe" /opt/lab/bin/
install_folder "$built/x64" "$windows/system32"
install_folder "$built/x86" "$windows/syswow64"

# cmd.exe, which every command starts, gets on without two large libraries until it needs them; the names are as long as the old ones.
for file in "$windows/system32/cmd.exe" /usr/lib/x86_64-linux-gnu/wine/x86_64-windows/cmd.exe; do
    LC_ALL=C sed -i 's/shell32\.dll/late_sh.dll/; s/user32\.dll/late_u.dll/' "$file"
    grep -q late_sh.dll "$file" && grep -q late_u.dll "$file"
done
cp "$built/x64/late.dll" "$windows/system32/late_sh.dll"
cp "$built/x64/late.dll" "$windows/system32/late_u.dll"

# A program of ours that bears the name of one of Wine's own is used only when Wine is told so.
overrides=$(mktemp --suffix=.reg)
{
    printf 'REGEDIT4\r\n\r\n[HKEY_CURRENT_USER\\Software\\Wine\\DllOverrides]\r\n'
    find "$built/x64" "$built/x86" -name '*.exe' | sed 's|.*/\(.*\)|"\1"="native"\r|' | sort -u
    # Each Wine program goes through the time zones until it finds that of Unix: of the others, which come first, nobody has any use. Then
    # it loads a library for that one's names, unless they are there in words.
    sed -n 's|^\[\(Software.*Time Zones\\\\[^]\\]*\)\].*|[-HKEY_LOCAL_MACHINE\\\1]|p' "$WINEPREFIX/system.reg" |
        grep -v 'Greenwich Standard Time' | sed 's|\\\\|\\|g; s|$|\r|'
    printf '\r\n[HKEY_LOCAL_MACHINE\\Software\\Microsoft\\Windows NT\\CurrentVersion\\Time Zones\\Greenwich Standard Time]\r\n'
    printf '"MUI_Std"="Greenwich Standard Time"\r\n"MUI_Dlt"="Greenwich Daylight Time"\r\n'
} > "$overrides"
wine regedit /S "$overrides"
rm -f "$overrides"
wineserver -w
