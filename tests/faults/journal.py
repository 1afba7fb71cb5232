# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal as its files on a server say, read past WinRM and past the collection's own code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_CLOSING = ("SUCCEEDED", "ROLLED_BACK")
# Runs inside a host: prints as JSON the texts of all files below a folder, and its folders.
READ = """
import json, os, sys
found = {}
for folder, folders, files in os.walk(sys.argv[1]):
    base = os.path.relpath(folder, sys.argv[1])
    for name in folders:
        found[os.path.normpath(os.path.join(base, name)) + "/"] = None
    for name in files:
        path = os.path.join(folder, name)
        found[os.path.normpath(os.path.join(base, name))] = open(path, "rb").read(400000).decode("utf-8", "replace")
print(json.dumps(found))
"""
FOLDER = "/opt/lab/prefix/drive_c/ProgramData/jp1_itdm_upgrade"


@dataclass(frozen=True)
class RunRecord:
    """What the journal says of one run.

    :ivar notes: everything that was noted, later notes instead of earlier ones.
    :ivar steps: the last state of each step.
    :ivar open: whether the run still has to be finished.
    """

    run_id: str
    notes: Mapping[str, Any]
    steps: Mapping[str, str] = field(default_factory=dict)
    open: bool = True

    @property
    def end_state(self) -> str:
        """How the run's last ansible-playbook said that it ended; empty while it has said nothing."""
        return str(self.notes.get("end_state", ""))


@dataclass(frozen=True)
class JournalRecord:
    """The journal of a database server.

    :ivar runs: the oldest first.
    :ivar holders: what the lock's files say; None when the lock is free.
    :ivar jobs: names of the jobs whose folders are there.
    :ivar problems: what can not be read or does not fit.
    """

    runs: list[RunRecord]
    holders: list[dict[str, Any]] | None
    jobs: list[str]
    problems: list[str]

    @property
    def last(self) -> RunRecord | None:
        """The newest run."""
        return self.runs[-1] if self.runs else None


def parse(files: Mapping[str, str | None]) -> JournalRecord:
    """Make a journal of its files.

    :param files: texts by path below the journal's folder; None for a folder, whose path ends in a slash.
    """
    problems: list[str] = []
    documents = {path: _document(path, text, problems) for path, text in files.items() if path.endswith(".json") and text is not None}
    runs = sorted((_run(run_id, documents, problems) for run_id in _run_ids(files)), key=lambda run: run.run_id)
    held = [document for path, document in documents.items() if path.startswith("lock/")]
    jobs = sorted(path.split("/")[1] for path in files if path.startswith("jobs/") and path.endswith("/") and path.count("/") == 2)
    return JournalRecord(runs, held if "lock/" in files else None, jobs, problems)


def _document(path: str, text: str, problems: list[str]) -> dict[str, Any]:
    try:
        found = json.loads(text)
        return found if isinstance(found, dict) else {}
    except ValueError as error:
        problems.append(f"{path}: {error}")
        return {}


def _run_ids(files: Mapping[str, str | None]) -> list[str]:
    return sorted({path.split("/")[1] for path in files if path.startswith("runs/") and path.endswith("/run.json")})


def _run(run_id: str, documents: Mapping[str, dict[str, Any]], problems: list[str]) -> RunRecord:
    """A run: a document that is written once, and entries that are only added."""
    origin = documents[f"runs/{run_id}/run.json"]
    entries = sorted(path for path in documents if path.startswith(f"runs/{run_id}/") and not path.endswith("/run.json"))
    notes: dict[str, Any] = {}
    steps: dict[str, str] = {}
    for number, path in enumerate(entries, start=1):
        entry = documents[path]
        if int(path.rpartition("/")[2].removesuffix(".json")) != number:
            problems.append(f"{path}: an entry before it is missing")
        if entry.get("run_id") != run_id:
            problems.append(f"{path}: belongs to {entry.get('run_id')}")
        notes |= entry.get("notes", {})
        steps |= entry.get("steps", {})
    notes |= origin
    is_open = notes.get("end_state") not in _CLOSING or bool(notes.get("rolling_back"))
    return RunRecord(run_id, notes, steps, is_open)
