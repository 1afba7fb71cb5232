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
from datetime import datetime
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils._errors import PreconditionError

SCHEMA = 1
#: The steps of an upgrade, in their order.
STEPS = ("backup", "stop", "install_on_database_server", "setup_database", "install_on_management_server", "start", "verify")
STEP_STATES = ("pending", "running", "done", "failed", "unknown", "rolled_back", "skipped")
#: End states that close a run; every other one leaves it open.
CLOSING = ("SUCCEEDED", "ROLLED_BACK")

_RUN_ID = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_RUN_KEYS = ("run_id", "management_server", "database_server", "target_version", "backup_folder", "state_before")
_HOLDER_KEYS = ("token", "doing", "controller", "since")


def is_run_id(name: str) -> bool:
    """Say whether a name is a run's: the time of its beginning, C(YYYYMMDDTHHMMSSZ)."""
    return bool(_RUN_ID.fullmatch(name))


def entry_name(position: int) -> str:
    """Return the file name of an entry; names sort like their positions."""
    return f"{position:06d}.json"


def dump(document: Mapping[str, Any]) -> bytes:
    """Return a document as one line of ASCII, which every code page shows alike."""
    return json.dumps({"schema": SCHEMA, **document}, sort_keys=True).encode("ascii") + b"\r\n"


def parse_run(path: str, text: str | None, run_id: str) -> dict[str, Any]:
    """Return the document that was written when a run was opened.

    :raises PreconditionError: C(journal_damaged), C(journal_schema_unknown), or C(journal_foreign): it belongs to another run.
    """
    run = _parse(path, text, "journal", run_id)
    missing = [key for key in _RUN_KEYS if key not in run]
    if missing:
        raise _damaged(path, f"it lacks {', '.join(missing)}")
    return run


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
        entry = _parse(path, files[name], "journal", run_id)
        steps, notes = entry.get("steps"), entry.get("notes")
        if entry.get("position") != position or not isinstance(steps, dict) or not isinstance(notes, dict):
            raise _damaged(path, "it is no entry of this place")
        unknown = sorted(set(steps.values()) - set(STEP_STATES), key=str)
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
    steps: Mapping[str, str] | None = None,
    notes: Mapping[str, Any] | None = None,
    evidence: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return an entry.

    :param time: when it was made, ISO 8601.
    :param holder: the token of the lock's holder who makes it.
    :param steps: new states of steps, by their names.
    :param notes: what a later run has to know; replaces earlier notes of the same names.
    :param evidence: what proves it.
    """
    entry: dict[str, Any] = {"run_id": run_id, "position": position, "time": time, "holder": holder}
    return {**entry, "steps": dict(steps or {}), "notes": dict(notes or {}), "evidence": dict(evidence or {})}


def fold(run: Mapping[str, Any], entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what a run's document and entries say together.

    :returns: the run with all notes; C(steps): C(state), C(since) and C(host) of each step; C(position) of the last entry and C(updated).
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
    holder = _parse(path, text, "lock", None)
    if any(not isinstance(holder.get(key), str) for key in _HOLDER_KEYS):
        raise _damaged(path, "it does not say who holds it", "lock")
    return holder


def lock_refusal(
    lock: Mapping[str, Any],
    busy: Iterable[str] = (),
    *,
    updated: str = "",
    now: str = "",
    quiet_time: float = 1800.0,
    take_over: bool = False,
) -> str:
    """Say why a lock may not be taken; an empty text when it may be.

    Nothing of a run works between its tasks, so a holder is taken for dead only by proof: its process is known to have ended, or
    neither a job nor one of the product's programs works on any server and the journal has not grown for a long time.

    :param lock: C(held), C(holder) (empty when nobody has signed it) and C(holder_gone): True or False, None when that can not be
        seen from here.
    :param busy: what works on the servers.
    :param updated: time of the journal's last entry, ISO 8601; likewise I(now).
    :param quiet_time: seconds without an entry after which a silent holder is taken for dead.
    :param take_over: whether a person said that the holder is dead.
    """
    if not lock.get("held") or take_over or lock.get("holder_gone") is True:
        return ""
    holder = lock.get("holder") or {}
    who = (
        f"{holder['doing']} on {holder['controller']} holds the lock since {holder['since']}"
        if holder
        else "The lock is held, and it does not say by whom"
    )
    works = sorted(busy)
    if holder and lock.get("holder_gone") is False:
        return f"{who}, and its ansible-playbook still runs."
    if works:
        return f"{who}, and something is at work: {', '.join(works)}."
    silence = _seconds_between(max(updated, str(holder.get("since", ""))), now)
    if silence is None or silence < quiet_time:
        return f"{who}. It is taken for dead after {quiet_time:g} seconds without an entry in the journal."
    return ""


def _seconds_between(begin: str, end: str) -> float | None:
    try:
        return (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds()
    except (ValueError, TypeError):
        return None


def _parse(path: str, text: str | None, what: str, run_id: str | None) -> dict[str, Any]:
    try:
        document = json.loads(text or "")
    except ValueError as error:
        raise _damaged(path, str(error), what) from error
    if not isinstance(document, dict):
        raise _damaged(path, "it is no JSON object", what)
    schema = document.pop("schema", None)
    if schema != SCHEMA:
        raise PreconditionError(
            f"{path} has schema {schema!r}; this collection knows {SCHEMA}.",
            code=f"{what}_schema_unknown",
            remedy="Use the version of the collection that wrote it.",
        )
    if run_id is not None and document.get("run_id") != run_id:
        raise PreconditionError(
            f"{path} belongs to run {document.get('run_id')} and not to {run_id}.",
            code=f"{what}_foreign",
            remedy="Somebody has moved files between runs. Keep them, and compare the servers with them by hand; nothing was overwritten.",
        )
    return document


def _damaged(path: str, why: str, what: str = "journal") -> PreconditionError:
    return PreconditionError(
        f"{path} can not be read: {why}.",
        code=f"{what}_damaged",
        remedy="Keep the file, and compare the servers with its text by hand; nothing was overwritten.",
    )
