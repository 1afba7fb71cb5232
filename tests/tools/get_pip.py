# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts pip into an empty environment of ansible-test, from the package index alone.

C(ansible-test) fetches a script for this from a host of its own, unless a file is where it would keep it: run_ansible_test.py lays this one
there.
"""

from __future__ import annotations

import subprocess
import sys

# Python brings a pip, which then installs the one that is asked for. In processes of their own: ensurepip switches pip's configuration off.
wanted = [argument for argument in sys.argv[1:] if not argument.startswith("--no-")]
subprocess.run([sys.executable, "-m", "ensurepip"], stdout=subprocess.DEVNULL, check=True)
subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *wanted], check=True)
