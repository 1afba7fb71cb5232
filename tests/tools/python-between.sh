#!/bin/sh
# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Prints the newest Python on this machine from version 3.A to 3.B: python-between.sh 3.A 3.B
# Looks in PATH and where pyenv keeps its versions.
set -eu
minor=${2#3.}
while [ "$minor" -ge "${1#3.}" ]; do
    for python in "$(command -v "python3.$minor" || true)" "${PYENV_ROOT:-$HOME/.pyenv}/versions/3.$minor".*/bin/python "$(command -v python3 || true)"; do
        # pyenv's stand-ins are there also for versions that it does not start
        if [ "$("$python" -c 'import sys; print(sys.version_info[1])' 2> /dev/null)" = "$minor" ]; then
            echo "$python"
            exit 0
        fi
    done
    minor=$((minor - 1))
done
echo "No Python from $1 to $2 was found." >&2
exit 1
