# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which processor a system's hosts run on.

A Windows program under Wine asks its server for almost everything, and a question to another processor costs more than one on the same:
the commands of a system that stay on one need a third less work where little else runs, and a twentieth less on a busy machine.
"""

from __future__ import annotations

import os


def processor_of(system: int) -> int:
    """The processor for a system's hosts, by its number: neighbours get different ones."""
    mine = sorted(os.sched_getaffinity(0))
    return mine[system % len(mine)]
