# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What follows from a failure: a table of phases and failure classes. Pure data and rules.

By the time that the table is asked, a step has done what it can itself: a server that does not answer was waited for, and where the outcome
was unknown the server was looked at, and the step taken once more if it had not come about.

Note that this module is private to the collection.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils._journal_format import STEPS

#: What may follow, with the end state that says so; a rollback has end states of its own.
DECISIONS = {
    "stop": "BLOCKED",  # nothing was changed
    "pause": "PAUSED",  # the run stays as it is, and the next one goes on
    "ask": "NEEDS_OPERATOR",  # only a person can decide or act
    "roll_back": "",
    "fail": "ROLLBACK_FAILED",
}

CLASSES = (
    "precondition",
    "command",
    "timeout",
    "connection_lost",
    "unknown_outcome",
    "verification",
    "backup_rejected",
    "operator_needed",
)
PHASES = ("preflight", "take_up", "open", *STEPS, "rollback", "commit", "report")

#: What may be wished instead of what the table says, once a run is open.
WISHES = ("roll_back", "pause", "ask")

_ANY = "any other"
_STEP = {_ANY: "roll_back", "connection_lost": "pause", "operator_needed": "ask"}
# A program that was left running when its time was over: nothing may be done beside it.
_LONG_STEP = {**_STEP, "timeout": "pause"}

POLICY: dict[str, dict[str, str]] = {
    "preflight": {_ANY: "stop"},
    "take_up": {_ANY: "stop", "timeout": "pause", "connection_lost": "pause"},
    "open": {_ANY: "stop"},
    "backup": _LONG_STEP,
    "stop": _STEP,
    "install_on_database_server": _LONG_STEP,
    "setup_database": _LONG_STEP,
    "install_on_management_server": _LONG_STEP,
    "start": _STEP,
    "verify": _STEP,
    "rollback": {_ANY: "fail", "timeout": "pause", "connection_lost": "pause", "operator_needed": "ask"},
    # what fails after the verification can not make a good upgrade bad
    "commit": {_ANY: "ask"},
    "report": {_ANY: "ask"},
}


def decision(phase: str, failure_class: str, replaced: Mapping[str, Any] | None = None) -> str:
    """Return what follows from a failure: a key of L(DECISIONS).

    :param replaced: C(upgrade_failure_policy): decisions by class, by phase.
    """
    own = (replaced or {}).get(phase) or {}
    row = POLICY[phase]
    return str(own.get(failure_class) or row.get(failure_class) or row[_ANY])


def policy_problems(replaced: Any) -> list[str]:
    """Return what is wrong with C(upgrade_failure_policy), one sentence each; empty when all is well."""
    return [f"upgrade_failure_policy: {problem}" for problem in _problems(replaced)]


def _problems(replaced: Any) -> Iterator[str]:
    if not isinstance(replaced, Mapping):
        yield "It has to be a mapping of phases."
        return
    for phase, row in replaced.items():
        if phase not in STEPS:
            yield _unknown(phase, "phase", STEPS)
        elif not isinstance(row, Mapping):
            yield f"{phase} has to be a mapping of failure classes to decisions."
        else:
            yield from (f"{phase}: {_unknown(key, 'failure class', CLASSES)}" for key in row if key not in CLASSES)
            yield from (f"{phase}.{key}: {_unknown(wish, 'decision', WISHES)}" for key, wish in row.items() if wish not in WISHES)


def _unknown(name: Any, what: str, known: Iterable[str]) -> str:
    return f"{name!r} is no {what}; known are {', '.join(known)}."
