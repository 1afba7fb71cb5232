# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab remembers between two commands, in C(.lab/state.json), and the locks that keep commands apart."""

from __future__ import annotations

import fcntl
import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from .errors import LabError
from .names import LabHost


@dataclass(frozen=True)
class State:
    """A started lab: its version, locale, network and hosts, and the image of each role."""

    version: str
    locale: str
    network: str
    subnet: str
    images: dict[str, str]
    hosts: list[LabHost]

    def host(self, name: str) -> LabHost:
        """The host of that name (case is ignored).

        :raises LabError: there is none.
        """
        for host in self.hosts:
            if host.name == name.upper():
                return host
        known = ", ".join(host.name for host in self.hosts)
        raise LabError(f"The lab has no host '{name}'; it has {known}.")

    def system(self, number: int) -> list[LabHost]:
        """The management server and the database server of a system, in this order.

        :raises LabError: there is no such system.
        """
        hosts = [host for host in self.hosts if host.system == number]
        if not hosts:
            raise LabError(f"The lab has no system {number}; it has {max(host.system for host in self.hosts)}.")
        return hosts


def write_atomically(path: Path, text: str, mode: int = 0o644) -> None:
    """Replace a file in one step: a reader, or the next command after a kill, sees the old or the new text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8", newline="") as file:
        file.write(text)
    temporary.replace(path)


def save(path: Path, state: State) -> None:
    """Write the state file."""
    write_atomically(path, json.dumps(asdict(state), indent=2) + "\n")


def load(path: Path) -> State | None:
    """The state, or None when the lab is not up or the file is damaged (C(up) then clears and starts anew)."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return State(**{**data, "hosts": [LabHost(**host) for host in data["hosts"]]})
    except (OSError, ValueError, TypeError, KeyError):
        return None


@contextmanager
def locked(path: Path, *, shared: bool = False) -> Iterator[None]:
    """Hold a lock file; waits for the command that has it, and says so. The kernel frees it when its holder dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    with path.open("a") as file:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"lab: waiting for another lab command in this checkout ({path.name})", file=sys.stderr)
            fcntl.flock(file, kind)
        yield
