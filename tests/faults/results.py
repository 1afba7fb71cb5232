# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of the cases: a file that is complete after each case, so that a broken run goes on where it was."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.lab.control.state import write_atomically

from .cases import Case, all_cases


class Results:
    """The file C(.lab/faults.json): one object for each case of the matrix.

    :param folder: the C(.lab) folder.
    :param revision: of the code that is run now; each new result has it.
    """

    def __init__(self, folder: Path, revision: str = "") -> None:
        self._revision = revision
        self.file = folder / "faults.json"
        self.logs = folder / "faults"
        self._lock = threading.Lock()
        self._found: dict[str, dict[str, Any]] = {}
        if self.file.exists():
            self._found = {entry["id"]: entry for entry in json.loads(self.file.read_text(encoding="utf-8"))}

    def __getitem__(self, case_id: str) -> dict[str, Any]:
        """What is known of a case; empty when it was not run."""
        return self._found.get(case_id, {})

    def add(self, entry: dict[str, Any], log: str) -> None:
        """Keep the result of a case and everything that explains it."""
        with self._lock:
            self._found[entry["id"]] = {**entry, "revision": self._revision}
            self.keep_log(entry["id"], log)
            self._write()

    def keep_log(self, name: str, log: str) -> None:
        """Keep what explains something."""
        self.logs.mkdir(parents=True, exist_ok=True)
        (self.logs / f"{name}.log").write_text(log, encoding="utf-8")

    def _write(self) -> None:
        entries = [self._found.get(case.id) or _without_result(case) for case in all_cases()]
        known = [entry for entry in entries if entry]
        write_atomically(self.file, json.dumps(known, indent=1, ensure_ascii=False) + "\n")

    def missing(self, cases: Iterable[Case]) -> list[Case]:
        """The cases that were not run yet."""
        return [case for case in cases if case.id not in self._found]

    def failed(self, cases: Iterable[Case]) -> list[Case]:
        """The cases that were run and have failed."""
        return [case for case in cases if self[case.id] and not self[case.id]["passed"]]

    def entries(self) -> list[dict[str, Any]]:
        """All cases of the matrix that were run or can not be."""
        return [entry for case in all_cases() if (entry := self._found.get(case.id) or _without_result(case))]


def _without_result(case: Case) -> dict[str, Any] | None:
    if not case.reason:
        return None
    return {"id": case.id, "phase": case.site.phase, "step": case.site.step, "fault": case.fault, "not_applicable": case.reason}
