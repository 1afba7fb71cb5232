# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a program was started although it was at work or had done its work already."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from tests.lab.control.programs import Event

from .marks import program_of

# What makes an earlier success of a program void: another program's start on the same server.
_UNDOES = {
    "installer": ("uninstaller",),
    "uninstaller": ("installer",),
    "setup": ("importdb", "installer", "uninstaller"),
    "importdb": ("setup", "installer", "uninstaller"),
    "exportdb": (),
}
# A power loss takes the registry of the last half minute with it: what was done then may have to be done again.
_FORGOTTEN = timedelta(seconds=60)


def started_twice(events: Iterable[Event], ended: Sequence[tuple[datetime, str]] = ()) -> list[str]:
    """The starts on one server that should not have been, one sentence each.

    :param events: what the server's programs have noted.
    :param ended: when the test itself has ended the server (V(server), V(power)) or the programs (V(program)) there.
    """
    problems: list[str] = []
    running: dict[int, Event] = {}
    done: dict[tuple[str, str], datetime] = {}
    stops = sorted(ended)
    for event in sorted(events, key=lambda each: each.time):
        while stops and stops[0][0] <= event.time:
            when, what = stops.pop(0)
            running.clear()
            if what == "power":
                done = {key: time for key, time in done.items() if time < when - _FORGOTTEN}
        if event.kind == "start" and program_of(event) in _UNDOES:
            problems += _check(event, running, done)
            running[event.process] = event
            program = program_of(event)
            done = {key: time for key, time in done.items() if program not in _UNDOES[key[0]] and not (key[0] == program == "installer")}
        elif event.kind == "end" and (start := running.pop(event.process, None)) and event.text == "0":
            done[_key(start)] = event.time
        elif event.kind == "ended":
            running.pop(event.process, None)
    return problems


def _key(event: Event) -> tuple[str, str]:
    """What a program does: which one it is, of which version, and for a backup its folder."""
    program = program_of(event)
    return program, event.text.split("/f", 1)[-1].strip() if program == "exportdb" else event.version


def _check(event: Event, running: dict[int, Event], done: dict[tuple[str, str], datetime]) -> list[str]:
    started = f"{program_of(event)} {event.version} was started at {event.time:%H:%M:%S}"
    found = [f"{started} while {program_of(other)} of {other.time:%H:%M:%S} was at work" for other in running.values()]
    if _key(event) in done:
        found.append(f"{started} although it had done its work at {done[_key(event)]:%H:%M:%S}")
    return found
