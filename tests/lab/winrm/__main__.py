# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the endpoint of a lab host: `python3 /opt/lab/winrm`."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

if __package__:
    from .endpoint import main

    main()
else:
    # Started as a folder: start again as a package, so that the modules import each other as they do in unit tests.
    folder = Path(__file__).resolve().parent
    sys.path[0] = str(folder.parent)
    runpy.run_module(folder.name, run_name="__main__")
