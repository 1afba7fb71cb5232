# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Into a container without its engine, which needs a fifth of a second of work for each command that it runs there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

_PARTS = ("mnt", "uts", "ipc", "net", "pid")


def started(pid: int) -> str:
    """When a process was started, in ticks since the machine's start; empty when it has ended.

    With its id it names a process for good: ids are given out anew, and after some restarts one belongs to another container.
    """
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return text.rpartition(")")[2].split()[19]


def entrance(pid: int) -> tuple[list[str], dict[str, str]] | None:
    """The command that runs what follows it inside a container, and the environment for it; None where this account may not.

    :param pid: of the container's first process.
    """
    program = shutil.which("nsenter")
    if not program or os.geteuid() != 0:
        return None
    process = Path(f"/proc/{pid}")
    try:
        if os.readlink(process / "ns/user") != os.readlink("/proc/self/ns/user"):
            return None
        environment = (process / "environ").read_bytes().decode("utf-8", "replace")
        parts = [f"--{'mount' if part == 'mnt' else part}={process}/ns/{part}" for part in _PARTS]
    except OSError:
        return None
    variables = dict(variable.partition("=")[::2] for variable in environment.split("\0") if "=" in variable)
    return [program, *parts, f"--root={process}/root", f"--wd={process}/root", "--"], variables
