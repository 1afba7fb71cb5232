# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts the demonstration: C(python tests/demo), with a lab that is up."""

from __future__ import annotations

import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]

if __name__ == "__main__":
    sys.path[0] = str(CHECKOUT)
    from tests.demo.demonstration import main

    sys.exit(main(CHECKOUT))
