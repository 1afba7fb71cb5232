# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal and the lock in their folder on a server.

The database server's journal is the truth. C(runs\\RUN_ID\\run.json) is written once, C(runs\\RUN_ID\\entries) only grows, and both only by
the holder of the lock, the folder C(lock) with a file that bears the holder's token. Whoever finds that file gone has lost the lock.

Note that this module is private to the collection.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils import _journal_format as form
from ansible_collections.jp1.itdm.plugins.module_utils._errors import OperatorNeededError, PreconditionError, UpgradeError
from ansible_collections.jp1.itdm.plugins.module_utils._parse_files import FolderItem
from ansible_collections.jp1.itdm.plugins.plugin_utils import _windows as windows
from ansible_collections.jp1.itdm.plugins.plugin_utils._controller import is_gone
from ansible_collections.jp1.itdm.plugins.plugin_utils._host import Host


class Journal:
    """The journal in a folder of a server.

    :param management_server: the one whose runs it has to be, if that is known; of the other server it always is the host's.
    """

    def __init__(self, host: Host, folder: str, management_server: str = "") -> None:
        self.host = host
        self._servers = {"database_server": host.name, **({"management_server": management_server} if management_server else {})}
        self.folder = folder.rstrip("\\")
        self.runs = f"{self.folder}\\runs"
        self.lock_folder = f"{self.folder}\\lock"

    # Runs

    def read(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the newest run, empty when there was none, and the lock.

        :raises PreconditionError: as L(run) and L(lock).
        """
        seen = self.host.ask(runs=windows.folder(self.runs), lock=windows.text_files(self.lock_folder, "*.json"))
        # the folder of a run that was never opened may be there, without its document
        runs = (self.run(name) for name in reversed(_run_ids(seen.runs)))
        return next((run for run in runs if run), {}), self._lock(seen.lock)

    def run_ids(self) -> list[str]:
        """Return all runs that were opened, the oldest first."""
        names = _run_ids(self.host.ask(items=windows.folder(self.runs)).items)
        opened = vars(self.host.ask(**{name: windows.file_exists(f"{self.run_folder(name)}\\run.json") for name in names}))
        return [name for name in names if opened[name]]

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
        path = f"{folder}\\run.json"
        run = form.parse_run(path, (seen.run or {}).get("run.json"), run_id, alone=not seen.entries)
        form.check_same(path, run, self._servers)
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

        :raises OperatorNeededError: C(lock_lost), or C(journal_moved): another entry stands there already.
        """
        name = form.entry_name(entry["position"])
        self._write(f"{self.run_folder(entry['run_id'])}\\entries\\{name}", entry, entry["holder"])

    def remove_run(self, run_id: str, token: str) -> None:
        """Remove a run with all its entries.

        :raises OperatorNeededError: C(lock_lost).
        """
        with self._guarded(token):
            self.host.remove_folder(self.run_folder(run_id), guard=self.token_file(token))

    def _write(self, path: str, document: Mapping[str, Any], token: str) -> None:
        with self._guarded(token):
            self.host.write_file(path, form.dump(document), guard=self.token_file(token))

    @contextmanager
    def _guarded(self, token: str) -> Iterator[None]:
        try:
            yield
        except PreconditionError as error:
            if error.code == "guard_missing":
                raise self._lost(token) from error
            if error.code == "file_exists":
                raise self.moved() from error
            raise

    def moved(self) -> OperatorNeededError:
        """Return the failure that says that somebody else has written."""
        return OperatorNeededError(
            f"Another run has written to the journal in {self.folder} meanwhile. Nothing was overwritten.",
            code="journal_moved",
            remedy="Look with status.yml at what the other run did, then run the playbook again.",
        )

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
        # for a moment there may be two: the later one steps back
        holder: dict[str, Any] = min(holders, key=lambda found: str(found["since"]), default={})
        return {"held": True, "holder": holder, "holder_gone": is_gone(holder["process"]) if holder else None}

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
            found = self._holder()
            what = f"is held by {found['doing']} on {found['controller']}, since {found['since']}" if found else "has changed meanwhile"
            wait = "Wait for the end of that run; status.yml shows how far it is." if found else "Run the playbook again."
            raise PreconditionError(f"The lock {self.lock_folder} {what}.", code="locked", remedy=wait, evidence={"holder": found})

    def give_back(self, token: str) -> None:
        """Give the lock back, if it is still held by this token."""
        self.host.release_folder(self.lock_folder, f"{token}.json")

    def _lost(self, token: str) -> OperatorNeededError:
        found = self._holder()
        who = f"{found['doing']} on {found['controller']} has taken it at {found['since']}" if found else "it is gone"
        return OperatorNeededError(
            f"This run has lost the lock {self.lock_folder}: {who}. Nothing was written.",
            code="lock_lost",
            remedy="Leave the system to the run that has the lock; status.yml shows how far it is.",
            evidence={"token": token, "holder": found},
        )

    def _holder(self) -> dict[str, Any]:
        """Return who holds the lock, for a message about something worse than a lock that can not be read."""
        try:
            holder: dict[str, Any] = self.lock()["holder"]
        except UpgradeError:
            return {}
        return holder


def _run_ids(items: Iterable[FolderItem] | None) -> list[str]:
    return sorted(item.name for item in items or () if form.is_run_id(item.name))
