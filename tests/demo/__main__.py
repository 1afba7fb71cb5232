# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts the demonstration: C(python tests/demo [--installed]), with a lab that is up."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]

if __name__ == "__main__":
    sys.path[0] = str(CHECKOUT)
    from tests.demo.demonstration import main

    parser = argparse.ArgumentParser(prog="python tests/demo", description="Upgrade a system of the lab, and show what happened.")
    parser.add_argument("--installed", action="store_true", help="with the collection built and installed, not with the checkout's files")
    sys.exit(main(CHECKOUT, installed=parser.parse_args().installed))
