#!/bin/sh
# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Makes a server of the product out of a lab machine: media on drive D, the product installed, its data, its licence.
# Runs in a container of the tools image that has the built product at /in/product.
# arguments: role (management or database), version
# standard input: the database password and the licence key, one a line
set -eu
role=$1
version=$2
built=/in/product
records=200
IFS= read -r password
IFS= read -r license

# One server for all programs: one that is about to end would refuse the next.
wineserver -p
mkdir -p /opt/lab/drive_d/JP1
cp -r "$built/media" /opt/lab/drive_d/JP1/media
response=/opt/lab/drive_d/JP1/first-install.ini
{
    printf '[Setup]\r\nRole=%s\r\nManagementServer=itdmmgr\r\nDatabaseServer=itdmdb\r\n' "$role"
    printf 'AutoUpdate=yes\r\nStartServices=no\r\nLogFile=D:\\JP1\\first-install.log\r\n'
} > "$response"
wine "D:\\JP1\\media\\$version\\SETUP.EXE" /s /f 'D:\JP1\first-install.ini'
rm "$response"

if [ "$role" = database ]; then
    printf '%s\n' "$password" | wine "Z:$built/provision.exe" database "$records"
else
    printf '%s\n' "$license" | wine "Z:$built/provision.exe" license
    agents="$WINEPREFIX/drive_c/Program Files (x86)/Lab"
    mkdir -p "$agents"
    cp "$built/agents.exe" "$agents/"
    wine "Z:$built/provision.exe" agents 'C:\Program Files (x86)\Lab\agents.exe'
fi
wineserver -k
wineserver -w
