# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal and the lock in their folder on a server.

The database server's journal is the truth. C(runs\\RUN_ID\\run.json) is written once, C(runs\\RUN_ID\\entries) only grows, and both only by
the holder of the lock, the folder C(lock) with a file that bears the holder's token.

Note that this module is private to the collection.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils import _journal_format as form
from ansible_collections.jp1.itdm.plugins.module_utils._errors import OperatorNeededError, PreconditionError
from ansible_collections.jp1.itdm.plugins.plugin_utils import _windows as windows
from ansible_collections.jp1.itdm.plugins.plugin_utils._controller import is_gone
from ansible_collections.jp1.itdm.plugins.plugin_utils._host import Host


class Journal:
    """The journal in a folder of a server."""

    def __init__(self, host: Host, folder: str) -> None:
        self.host = host
        self.folder = folder.rstrip("\\")
        self.runs = f"{self.folder}\\runs"
        self.lock_folder = f"{self.folder}\\lock"

    # Runs

    def read(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the newest run, empty when there was none, and the lock.

        :raises PreconditionError: as L(run) and L(lock).
        """
        seen = self.host.ask(runs=windows.folder(self.runs), lock=windows.text_files(self.lock_folder, "*.json"))
        names = sorted(item.name for item in seen.runs or [] if form.is_run_id(item.name))
        return (self.run(names[-1]) if names else {}), self._lock(seen.lock)

    def run_ids(self) -> list[str]:
        """Return all runs, the oldest first."""
        items = self.host.ask(items=windows.folder(self.runs)).items or []
        return sorted(item.name for item in items if form.is_run_id(item.name))

    def run(self, run_id: str) -> dict[str, Any]:
        """Return a run with what was noted since, empty when the journal does not know it.

        :raises PreconditionError: as L(documents).
        """
        run, entries = self.documents(run_id)
        return form.fold(run, entries) if run else {}

    def documents(self, run_id: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Return a run's document and its entries, both empty when the journal does not know it.

        :raises PreconditionError: C(journal_damaged), C(journal_schema_unknown) or C(journal_foreign).
        """
        folder = self.run_folder(run_id)
        seen = self.host.ask(run=windows.text_files(folder, "run.json"), entries=windows.text_files(f"{folder}\\entries", "*.json"))
        if not seen.run and not seen.entries:
            return {}, []
        run = form.parse_run(f"{folder}\\run.json", (seen.run or {}).get("run.json"), run_id)
        return run, form.parse_entries(f"{folder}\\entries", seen.entries or {}, run_id)

    def run_folder(self, run_id: str) -> str:
        """Return the folder of a run."""
        return f"{self.runs}\\{run_id}"

    def open(self, run_id: str, content: Mapping[str, Any], token: str) -> None:
        """Write a run's document, once.

        :raises OperatorNeededError: C(lock_lost).
        """
        self.host.make_folder(f"{self.run_folder(run_id)}\\entries")
        self._write(f"{self.run_folder(run_id)}\\run.json", {**content, "run_id": run_id}, token)

    def append(self, entry: Mapping[str, Any]) -> None:
        """Add an entry behind the last one.

        :raises PreconditionError: C(file_exists): another one stands there already.
        :raises OperatorNeededError: C(lock_lost).
        """
        name = form.entry_name(entry["position"])
        self._write(f"{self.run_folder(entry['run_id'])}\\entries\\{name}", entry, entry["holder"])

    def remove_run(self, run_id: str) -> None:
        """Remove a run with all its entries."""
        self.host.remove_folder(self.run_folder(run_id))

    def _write(self, path: str, document: Mapping[str, Any], token: str) -> None:
        try:
            self.host.write_file(path, form.dump(document), guard=self.token_file(token))
        except PreconditionError as error:
            if error.code == "guard_missing":
                raise self._lost(token) from error
            raise

    # The lock

    def lock(self) -> dict[str, Any]:
        """Return the lock: C(held), C(holder) and C(holder_gone).

        :raises PreconditionError: C(lock_damaged) or C(lock_schema_unknown).
        """
        return self._lock(self.host.ask(files=windows.text_files(self.lock_folder, "*.json")).files)

    def _lock(self, files: Mapping[str, str] | None) -> dict[str, Any]:
        if files is None:
            return {"held": False, "holder": {}, "holder_gone": None}
        holders = [form.parse_holder(f"{self.lock_folder}\\{name}", text) for name, text in files.items()]
        holder = holders[0] if holders else {}
        return {"held": True, "holder": holder, "holder_gone": is_gone(holder.get("process") or {}) if holder else None}

    def token_file(self, token: str) -> str:
        """Return the file that is there while the holder of a token has the lock."""
        return f"{self.lock_folder}\\{token}.json"

    def take(self, holder: Mapping[str, Any], taken_from: str | None = None) -> None:
        """Take the lock.

        :param holder: C(token), C(doing), C(controller), C(process) and C(since).
        :param taken_from: token of a holder who was found dead, or an empty text for a lock that nobody has signed; None for a free lock.
        :raises PreconditionError: C(locked).
        """
        host, token = self.host, str(holder["token"])
        host.make_folder(self.folder, owner_only=True)
        signed = f"{self.folder}\\{token}.json"
        host.write_file(signed, form.dump(holder), replace=True)
        if not host.claim_folder(self.lock_folder, signed, taken_from=taken_from and f"{taken_from}.json"):
            host.remove_file(signed)
            found = self.lock()["holder"]
            who = f"{found['doing']} on {found['controller']}, since {found['since']}" if found else "somebody who has not signed it"
            raise PreconditionError(
                f"The lock {self.lock_folder} is held by {who}.",
                code="locked",
                remedy="Wait for the end of that run; status.yml shows how far it is.",
                evidence={"holder": found},
            )

    def give_back(self, token: str) -> None:
        """Give the lock back, if it is still held by this token."""
        self.host.remove_folder(self.lock_folder, guard=self.token_file(token))

    def _lost(self, token: str) -> OperatorNeededError:
        found = self.lock()["holder"]
        who = f"{found['doing']} on {found['controller']} has taken it at {found['since']}" if found else "it is gone"
        return OperatorNeededError(
            f"This run has lost the lock {self.lock_folder}: {who}. Nothing was written.",
            code="lock_lost",
            remedy="Leave the system to the run that has the lock; status.yml shows how far it is.",
            evidence={"token": token, "holder": found},
        )
