# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller: which ansible-playbook process this is, whether another one still runs, and files that are kept here.

Note that this module is private to the collection.
"""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_BOOT = Path("/proc/sys/kernel/random/boot_id")


def controller_name() -> str:
    """Return the controller's name, for people."""
    return socket.gethostname()


def this_process() -> dict[str, Any]:
    """Return what tells the ansible-playbook process that runs this task from every other one; empty where the system does not say."""
    # a task runs in a worker, whose parent is ansible-playbook
    pid = os.getppid()
    place, started = _place(), _started(pid)
    return {**place, "pid": pid, "started": started} if place and started else {}


def is_gone(process: Mapping[str, Any]) -> bool | None:
    """Say whether a process has ended; None when that can not be seen from here, as on another controller or in another container."""
    place, pid, begin = _place(), process.get("pid"), process.get("started")
    if not place or not isinstance(pid, int) or pid < 1 or not begin or any(process.get(key) != value for key, value in place.items()):
        return None
    started = _started(pid)
    return None if started is None else started != begin


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, completely or not at all; folders above it are made.

    :raises OSError: it can not be written.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _place() -> dict[str, str]:
    try:
        return {"boot": _BOOT.read_text(encoding="ascii").strip(), "namespace": os.readlink("/proc/self/ns/pid")}
    except OSError:
        return {}


def _started(pid: int) -> str | None:
    """Return the start time of a process, in ticks since the boot.

    :returns: an empty text when there is no such process, or only its remains; None when it is hidden from this account.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None if _exists(pid) else ""
    return "" if fields[0] in ("Z", "X") else fields[19]


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        pass  # somebody else's
    return True
