# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts the lab's command line: C(python tests/lab up)."""

from __future__ import annotations

import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]

if __name__ == "__main__":
    # Python put this folder first; its "winrm" would hide the pywinrm library.
    sys.path[0] = str(CHECKOUT)
    from tests.lab.control.cli import main

    sys.exit(main(CHECKOUT))
