# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal of a run on the database server: what was before, and how far the run came.

An open run is the file C(run.json) in the journal's folder; a closed one is C(RUN_ID.json) in its folder C(history).

Note that this module is private to the collection.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils._errors import OptionError, PreconditionError, VerificationError
from ansible_collections.jp1.itdm.plugins.plugin_utils import _windows as windows
from ansible_collections.jp1.itdm.plugins.plugin_utils._host import Host
from ansible_collections.jp1.itdm.plugins.plugin_utils._step import Seen, Step, Unmet

SCHEMA = 1


class Journal:
    """The journal in a folder of a server."""

    def __init__(self, host: Host, folder: str) -> None:
        self.host = host
        self.folder = folder.rstrip("\\")
        self.history = f"{self.folder}\\history"
        self.run_file = f"{self.folder}\\run.json"

    def open_run(self) -> dict[str, Any]:
        """Return the open run, or an empty mapping.

        :raises PreconditionError: C(journal_damaged) or C(journal_schema_unknown).
        """
        there = self.host.ask(there=windows.file_exists(self.run_file)).there
        return self._read(self.run_file) if there else {}

    def last_closed(self) -> dict[str, Any]:
        """Return the run that was closed last, or an empty mapping."""
        items = self.host.ask(items=windows.folder(self.history)).items or []
        names = sorted(item.name for item in items if item.name.endswith(".json"))
        return self._read(f"{self.history}\\{names[-1]}") if names else {}

    def closed_run(self, run_id: str) -> dict[str, Any]:
        """Return a run that was closed, or an empty mapping."""
        file = f"{self.history}\\{run_id}.json"
        return self._read(file) if self.host.ask(there=windows.file_exists(file)).there else {}

    def write(self, run: Mapping[str, Any]) -> None:
        """Write the open run; the folder is for administrators only."""
        self.host.make_folder(self.folder, owner_only=True)
        text = json.dumps({"schema": SCHEMA, **run}, ensure_ascii=False, indent=1, sort_keys=True)
        self.host.write_file(self.run_file, text.encode(), replace=True)

    def close(self, run_id: str) -> None:
        """Move the open run to the history."""
        self.host.make_folder(self.history)
        self.host.move(self.run_file, f"{self.history}\\{run_id}.json", replace=True)

    def _read(self, path: str) -> dict[str, Any]:
        try:
            run = json.loads(self.host.read_file(path).decode("utf-8"))
            schema = run.pop("schema")
            run_id = run["run_id"]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise PreconditionError(
                f"The journal {path} can not be read: {error}.",
                code="journal_damaged",
                remedy="Keep the file, and compare the servers with its text by hand; nothing was overwritten.",
            ) from error
        if schema != SCHEMA or not isinstance(run_id, str):
            raise PreconditionError(
                f"The journal {path} has schema {schema!r}; this collection knows {SCHEMA}.",
                code="journal_schema_unknown",
                remedy="Use the version of the collection that wrote it.",
            )
        return dict(run)


class RecordRun(Step):
    """Open a run, note something in it, or close it."""

    def __init__(self, journal: Journal, state: str, run_id: str, content: Mapping[str, Any]) -> None:
        if not run_id:
            raise OptionError("run_id: it is needed to write the journal.")
        self.journal = journal
        self.state = state
        self.run_id = run_id
        self.content = dict(content)
        self.title = {"opened": "Open the run", "noted": "Note in the journal", "closed": "Close the run"}[state]

    def _run(self) -> dict[str, Any]:
        run = self.journal.open_run()
        if run and run["run_id"] != self.run_id:
            raise PreconditionError(
                f"The journal in {self.journal.folder} belongs to run {run['run_id']} and not to {self.run_id}.",
                code="open_run",
                remedy="Finish that run first, by upgrade.yml or rollback.yml.",
            )
        return run

    def probe(self) -> Seen:
        run = self._run()
        is_open = bool(run)
        if self.state == "opened":
            done = is_open  # the state before is written once and never again
        else:
            # a run that ended before may still be noted in or end differently, by a rollback that was asked for later
            run = run or self.journal.closed_run(self.run_id)
            noted = bool(run) and all(run.get(key) == value for key, value in self.content.items())
            done = noted and is_open == (self.state == "noted")
        return Seen(done, {"run": {key: value for key, value in run.items() if key != "state_before"}})

    def pre_check(self, seen: Seen) -> Iterator[Unmet]:
        if self.state != "opened" and not seen.state["run"]:
            yield Unmet(
                PreconditionError(
                    f"The journal in {self.journal.folder} does not know run {self.run_id}.",
                    code="unknown_run",
                    remedy="Check run_id and folder; a run has to be opened first.",
                ),
                made_by_earlier_step=True,
            )

    def execute(self, seen: Seen) -> dict[str, Any]:
        run = self._run()
        if self.state != "opened":
            run = run or self.journal.closed_run(self.run_id)
        self.journal.write({**run, **self.content, "run_id": self.run_id})
        if self.state == "closed":
            self.journal.close(self.run_id)
        return {}

    def post_check(self, seen: Seen) -> dict[str, Any]:
        after = self.probe()
        if not after.done:
            raise VerificationError("The journal does not show what was written.", code="journal_not_written")
        return after.state
