# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names for moments of a run, as the product's programs on the lab's hosts note them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tests.lab.control.programs import Event

# The sections of faults.ini by the names of the executables; the installer's executable is also the uninstaller.
_PROGRAMS = {"SETUP": "installer", "jdmsetup": "setup"}
SERVICES = ("jdmdb", "jdmservice", "jdmweb")


def program_of(event: Event) -> str:
    """The program that an event is about, as C(faults.ini) calls it."""
    if event.kind in ("fault", "ended"):
        return event.name.removeprefix("program:")
    if event.name == "SETUP" and event.kind == "start" and " /u " in f"{event.text} ":
        return "uninstaller"
    return _PROGRAMS.get(event.name, event.name)


@dataclass(frozen=True)
class Mark:
    """The moment of an event.

    :ivar server: V(management) or V(database).
    :ivar kind: as of L(Event).
    :ivar program: as C(faults.ini) calls it.
    :ivar version: of the product; every one when empty.
    :ivar times: how often it has to have happened.
    """

    server: str
    kind: str
    program: str
    version: str = ""
    times: int = 1

    def found(self, events: Iterable[Event]) -> Event | None:
        """The event of this mark among those of its server; None while it has not happened."""
        hits = [
            event
            for event in events
            if event.kind == self.kind and program_of(event) == self.program and self.version in ("", event.version)
        ]
        return hits[self.times - 1] if len(hits) >= self.times else None
