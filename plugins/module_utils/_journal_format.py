# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal of a run as data: what its files say, what they mean together, and who may write to it. Pure rules.

A run is a document that is written once, and entries that are only ever added. An entry states what became of steps, and what
else a later run has to know.

Note that this module is private to the collection.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils._errors import OptionError, PreconditionError

SCHEMA = 1
#: The steps of an upgrade, in their order.
STEPS = ("backup", "stop", "install_on_database_server", "setup_database", "install_on_management_server", "start", "verify")
STEP_STATES = ("pending", "running", "done", "failed", "unknown", "rolled_back", "skipped")
#: End states that close a run; every other one leaves it open.
CLOSING = ("SUCCEEDED", "ROLLED_BACK")

_RUN_ID = re.compile(r"[0-9]{8}T[0-9]{6}Z")
# What a run's document has to say, besides the state before.
_RUN_KEYS = ("run_id", "management_server", "database_server", "target_version", "backup_folder")
_HOLDER_KEYS = ("token", "doing", "controller", "since")
_ENTRY_KEYS: Mapping[str, type] = {"time": str, "steps": dict, "notes": dict}
# What L(fold) says of its own.
_FOLDED = ("steps", "position", "updated")

_KEEP = "Keep the file, and compare the servers with its text by hand; nothing was overwritten."
_TORN_RUN = (
    "If the server lost its power while it was written, nothing was changed on any server yet: delete the run's folder, and run again. "
    "Otherwise keep it, and compare the servers with its text by hand."
)
_TORN_ENTRY = (
    "If the server lost its power while it was written, rename it so that it ends with .torn, and run again: the servers are asked what "
    "was done. Otherwise keep it, and compare the servers with its text by hand."
)
_REMOVE_LOCK = "Make sure that no other run works on the system, then delete the folder of the lock."


def is_run_id(name: str) -> bool:
    """Say whether a name is a run's: the time of its beginning, C(YYYYMMDDTHHMMSSZ)."""
    return bool(_RUN_ID.fullmatch(name))


def entry_name(position: int) -> str:
    """Return the file name of an entry; names sort like their positions."""
    return f"{position:06d}.json"


def dump(document: Mapping[str, Any]) -> bytes:
    """Return a document as one line of ASCII, which every code page shows alike."""
    return json.dumps({**document, "schema": SCHEMA}, sort_keys=True).encode("ascii") + b"\r\n"


def plain(option: str, value: Mapping[str, Any]) -> dict[str, Any]:
    """Return what will be read when a value was written.

    :param option: its name, for the error.
    :raises OptionError: it can not be written.
    """
    try:
        read: dict[str, Any] = json.loads(json.dumps(value, default=str))
    except (TypeError, ValueError, RecursionError) as error:
        raise OptionError(f"{option}: it can not be written as JSON: {error}.") from error
    return read


def run_problem(run: Mapping[str, Any]) -> str:
    """Say what is wrong with a run's document; an empty text when nothing is."""
    wrong = [key for key in _RUN_KEYS if not isinstance(run.get(key), str)]
    wrong += [] if isinstance(run.get("state_before"), Mapping) else ["state_before"]
    if wrong:
        return f"it lacks {', '.join(wrong)}"
    taken = [key for key in _FOLDED if key in run]
    return f"it has {', '.join(taken)}, which only entries have" if taken else ""


def parse_run(path: str, text: str | None, run_id: str, *, alone: bool = False) -> dict[str, Any]:
    """Return the document that was written when a run was opened.

    :param alone: whether the run has no entries yet.
    :raises PreconditionError: C(journal_damaged), C(journal_schema_unknown), or C(journal_foreign): it belongs to another run.
    """
    run = _parse(path, text, "journal", run_id, _TORN_RUN if alone else _KEEP)
    problem = run_problem(run)
    if problem:
        raise _damaged(path, problem)
    return run


def check_same(path: str, run: Mapping[str, Any], other: Mapping[str, Any]) -> None:
    """Require that two documents are of one run; keys that only one of them has do not matter.

    :param path: the file with I(run).
    :raises PreconditionError: C(journal_foreign).
    """
    for key in _RUN_KEYS:
        if key in other and run[key] != other[key]:
            raise _foreign(f"{path} has {key} {run[key]!r} and not {other[key]!r}.")


def check_notes(run: Mapping[str, Any], notes: Mapping[str, Any]) -> None:
    """Require that notes do not say anew what was written once.

    :raises OptionError: one does.
    """
    taken = sorted({*run, *_FOLDED, "schema"} & set(notes))
    if taken:
        raise OptionError(f"content: {', '.join(taken)}: what was written when the run was opened is never replaced.")


def check_steps(steps: Mapping[str, Any]) -> None:
    """Require that the states of steps are known ones.

    :raises OptionError: one is not.
    """
    for step, state in steps.items():
        if state not in STEP_STATES:
            raise OptionError(f"steps: {step} has the unknown state {state!r}.", remedy=f"Known are {', '.join(STEP_STATES)}.")


def parse_entries(folder: str, files: Mapping[str, str], run_id: str) -> list[dict[str, Any]]:
    """Return a run's entries in their order.

    :param files: texts by file name.
    :raises PreconditionError: as L(parse_run); also when one is missing among them.
    """
    entries = []
    for position, name in enumerate(sorted(files), start=1):
        path = f"{folder}\\{name}"
        if name != entry_name(position):
            raise _damaged(path, f"{entry_name(position)} is missing before it")
        entry = _parse(path, files[name], "journal", run_id, _TORN_ENTRY if position == len(files) else _KEEP)
        if entry.get("position") != position or any(not isinstance(entry.get(key), kind) for key, kind in _ENTRY_KEYS.items()):
            raise _damaged(path, "it is no entry of this place")
        unknown = [state for state in entry["steps"].values() if state not in STEP_STATES]
        if unknown:
            raise _damaged(path, f"it has the unknown step state {unknown[0]!r}")
        entries.append(entry)
    return entries


def new_entry(
    run_id: str,
    position: int,
    time: str,
    holder: str,
    *,
    controller: str = "",
    steps: Mapping[str, str] | None = None,
    notes: Mapping[str, Any] | None = None,
    evidence: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return an entry.

    :param time: when it was made, ISO 8601.
    :param holder: the token of the lock's holder who makes it.
    :param controller: the holder's controller.
    :param steps: new states of steps, by their names.
    :param notes: what a later run has to know; replaces earlier notes of the same names.
    :param evidence: what proves it.
    """
    entry: dict[str, Any] = {"run_id": run_id, "position": position, "time": time, "holder": holder, "controller": controller}
    return {**entry, "steps": dict(steps or {}), "notes": dict(notes or {}), "evidence": dict(evidence or {})}


def fold(run: Mapping[str, Any], entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what a run's document and entries say together.

    :returns: the run with all notes; C(steps): C(state) and C(since) of each step; C(position) of the last entry and C(updated).
    """
    folded: dict[str, Any] = dict(run)
    steps: dict[str, dict[str, str]] = {}
    for entry in entries:
        folded |= entry["notes"]
        for step, state in entry["steps"].items():
            steps[step] = {"state": state, "since": entry["time"]}
    last = entries[-1] if entries else {}
    # what was written once is never replaced by a note
    return {**folded, **run, "steps": steps, "position": last.get("position", 0), "updated": last.get("time", run.get("opened", ""))}


def is_open(run: Mapping[str, Any]) -> bool:
    """Say whether a run still has to be finished."""
    return bool(run) and (run.get("end_state") not in CLOSING or bool(run.get("rolling_back")))


def states_in(run: Mapping[str, Any], *states: str) -> list[str]:
    """Return the steps of a folded run that have one of the states."""
    return [step for step, what in run.get("steps", {}).items() if what["state"] in states]


def parse_holder(path: str, text: str) -> dict[str, Any]:
    """Return what the lock's file says of its holder.

    :raises PreconditionError: C(lock_damaged) or C(lock_schema_unknown).
    """
    holder = _parse(path, text, "lock", None, _REMOVE_LOCK)
    if any(not isinstance(holder.get(key), str) for key in _HOLDER_KEYS) or not isinstance(holder.get("process"), dict):
        raise _damaged(path, "it does not say who holds it", "lock", _REMOVE_LOCK)
    if not path.endswith(f"\\{holder['token']}.json"):
        raise _damaged(path, f"it belongs to the token {holder['token']}", "lock", _REMOVE_LOCK)
    return holder


def lock_refusal(
    lock: Mapping[str, Any],
    busy: Iterable[str] = (),
    *,
    running: Iterable[str] = (),
    updated: str = "",
    now: str = "",
    quiet_time: float = 1800.0,
    take_over: bool = False,
) -> str:
    """Say why a lock may not be taken; an empty text when it may be.

    Nothing of a run works between its tasks, so a holder is taken for dead only by proof: its process is known to have ended, or no step
    is known to run, nothing works on any server, and the journal has not grown for a long time. What nobody has signed nobody holds: who
    takes it finds out whether somebody else did so meanwhile.

    :param lock: C(held), C(holder) (empty when nobody has signed it) and C(holder_gone): True or False, None when that can not be
        seen from here.
    :param busy: what works on the servers.
    :param running: steps that run as far as the journal knows; a long one adds no entry for hours.
    :param updated: time of the journal's last entry, ISO 8601; likewise I(now).
    :param quiet_time: seconds without an entry after which a silent holder is taken for dead.
    :param take_over: whether a person said that the holder is dead.
    """
    holder = lock.get("holder")
    if not lock.get("held") or not holder or take_over or lock.get("holder_gone") is True:
        return ""
    who = f"{holder['doing']} on {holder['controller']} holds the lock since {holder['since']}"
    if lock.get("holder_gone") is False:
        return f"{who}, and its ansible-playbook still runs."
    if works := sorted(busy):
        return f"{who}, and something is at work: {', '.join(works)}."
    if runs := sorted(running):
        return f"{who}, and nobody has seen the end of {', '.join(runs)}."
    last = [moment for moment in map(_moment, (updated, holder["since"])) if moment]
    until = _moment(now)
    if until is None or not last or (until - max(last)).total_seconds() < quiet_time:
        return f"{who}. It is taken for dead after {quiet_time:g} seconds without an entry in the journal."
    return ""


def _moment(text: str) -> datetime | None:
    """Return a time in ISO 8601; one without a zone is UTC, as Ansible writes it."""
    try:
        moment = datetime.fromisoformat(re.sub(r"[Zz]\Z", "+00:00", text))
    except (ValueError, TypeError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _parse(path: str, text: str | None, what: str, run_id: str | None, remedy: str) -> dict[str, Any]:
    if text is None:
        raise _damaged(path, "it is missing", what)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _damaged(path, f"{error}" if text.strip() else "it is empty", what, remedy) from error
    if not isinstance(document, dict):
        raise _damaged(path, "it is no JSON object", what, remedy)
    schema = document.pop("schema", None)
    if schema != SCHEMA:
        raise PreconditionError(
            f"{path} has schema {schema!r}; this collection knows {SCHEMA}.",
            code=f"{what}_schema_unknown",
            remedy="Use the version of the collection that wrote it.",
        )
    if run_id is not None and document.get("run_id") != run_id:
        raise _foreign(f"{path} belongs to run {document.get('run_id')} and not to {run_id}.")
    return document


def _damaged(path: str, why: str, what: str = "journal", remedy: str = _KEEP) -> PreconditionError:
    return PreconditionError(f"{path} can not be read: {why}.", code=f"{what}_damaged", remedy=remedy)


def _foreign(message: str) -> PreconditionError:
    return PreconditionError(
        message,
        code="journal_foreign",
        remedy="Somebody has moved files between runs or servers. Keep them, and compare the servers with them by hand; nothing was "
        "overwritten.",
    )
