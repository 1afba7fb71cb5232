#!/bin/sh
# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Makes a virtual environment anew: venv.sh FOLDER PYTHON PIP-ARGUMENTS...
# Its file "ready" says that it is complete.
set -eu
folder=$1
python=$2
shift 2

if ! "$python" -c 'import ensurepip, venv' 2> /dev/null; then
    # Debian packs these two apart.
    package="python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
    if [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null 2>&1; then
        echo "The Debian package $package (or its counterpart) is missing." >&2
        exit 1
    fi
    apt-get -q update
    DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install "$package"
fi

rm -rf "$folder"
"$python" -m venv "$folder"
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check "$@"
"$folder/bin/ansible" --version | sed -n "1s|^|$folder: |p"
touch "$folder/ready"
