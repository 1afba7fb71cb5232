# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role does with the journal: take the lock, open a run, add to it, mirror it, give the lock back.

Note that this module is private to the collection.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils import _journal_format as form
from ansible_collections.jp1.itdm.plugins.module_utils._errors import OptionError, PreconditionError, UpgradeError
from ansible_collections.jp1.itdm.plugins.plugin_utils._controller import controller_name, this_process
from ansible_collections.jp1.itdm.plugins.plugin_utils._journal import Journal
from ansible_collections.jp1.itdm.plugins.plugin_utils._step import Seen, Step, Unmet


@dataclass(frozen=True)
class Wish:
    """What a task wants of the journal.

    :ivar run_id: the run.
    :ivar token: of the lock.
    :ivar content: notes, or the run's document.
    :ivar steps: new states of steps.
    :ivar evidence: what proves them.
    :ivar documents: the run's document and its entries, as C(run) and C(entries), where they are known.
    :ivar doing: what the lock is taken for.
    :ivar take_over_from: the lock as it was found before, if it was judged to be abandoned.
    :ivar position: of the last entry that was found before; None where that does not matter.
    :ivar keep: how many runs to keep.
    """

    run_id: str = ""
    token: str = ""
    content: Mapping[str, Any] = field(default_factory=dict)
    steps: Mapping[str, str] = field(default_factory=dict)
    evidence: Mapping[str, Any] = field(default_factory=dict)
    documents: Mapping[str, Any] = field(default_factory=dict)
    doing: str = ""
    take_over_from: Mapping[str, Any] = field(default_factory=dict)
    position: int | None = None
    keep: int = 10


class JournalStep(Step):
    """A step on a journal.

    :raises OptionError: an option that it needs is missing, or one is wrong.
    """

    needs: tuple[str, ...] = ()

    def __init__(self, journal: Journal, wish: Wish) -> None:
        for option in self.needs:
            if not getattr(wish, option):
                raise OptionError(f"{option}: it is needed for this state of the journal.")
        if wish.run_id and not form.is_run_id(wish.run_id):
            raise OptionError(f"run_id: {wish.run_id!r} is no time like 20260301T120000Z.")
        if not re.fullmatch("[0-9a-f]*", wish.token):
            raise OptionError(f"token: {wish.token!r} was not given by this module.")
        form.check_steps(wish.steps)
        self.journal = journal
        self.wish = replace(wish, content=form.plain("content", wish.content), evidence=form.plain("evidence", wish.evidence))

    def execute(self, seen: Seen) -> dict[str, Any]:
        raise NotImplementedError

    def post_check(self, seen: Seen) -> dict[str, Any]:
        # what was sent was compared by its digest, and moved into place by a line that looks
        return seen.state


class TakeLock(JournalStep):
    """Take the lock, so that no other run works on the system."""

    title = "Take the lock"
    needs = ("doing",)

    def __init__(self, journal: Journal, wish: Wish) -> None:
        super().__init__(journal, wish)
        self.token = secrets.token_hex(8)
        self._time = _now()
        found = wish.take_over_from
        self._holder: Mapping[str, Any] = (found.get("holder") or {}) if found.get("held") else {}
        self._taken_from = str(self._holder.get("token", "")) if found.get("held") else None

    def probe(self) -> Seen:
        return Seen(False, {"token": self.token})

    def pre_check(self, seen: Seen) -> Iterator[Unmet]:
        if self._has_moved(self.journal.read()[0]):
            # a holder who still writes keeps the lock
            yield Unmet(self.journal.moved())

    def execute(self, seen: Seen) -> dict[str, Any]:
        self.journal.take(
            {
                "token": self.token,
                "doing": self.wish.doing,
                "controller": controller_name(),
                "process": this_process(),
                "since": self._time,
            },
            self._taken_from,
        )
        return {"taken_over_from": self._holder}

    def post_check(self, seen: Seen) -> dict[str, Any]:
        """Make sure that nobody has written since the journal was judged, and record a takeover.

        :raises OperatorNeededError: C(journal_moved).
        """
        try:
            run, _lock = self.journal.read()
            if self._has_moved(run):
                raise self.journal.moved()
            if self._holder and run:
                self._record(run)
        except UpgradeError:
            self.journal.give_back(self.token)
            raise
        return seen.state

    def _has_moved(self, run: Mapping[str, Any]) -> bool:
        wish = self.wish
        return wish.position is not None and (run.get("run_id", ""), run.get("position", 0)) != (wish.run_id, wish.position)

    def _record(self, run: Mapping[str, Any]) -> None:
        evidence = {"taken_over_from": self._holder, "by": self.wish.doing}
        position = run["position"] + 1
        self.journal.append(
            form.new_entry(run["run_id"], position, self._time, self.token, controller=controller_name(), evidence=evidence)
        )


class OpenRun(JournalStep):
    """Write down the state before, once."""

    title = "Open the run"
    needs = ("run_id", "token", "content")

    def probe(self) -> Seen:
        run = self.journal.run(self.wish.run_id)
        if run:
            form.check_same(f"{self.journal.run_folder(self.wish.run_id)}\\run.json", run, self.wish.content)
        return Seen(bool(run), {"position": run.get("position", 0)})

    def pre_check(self, seen: Seen) -> Iterator[Unmet]:
        problem = form.run_problem({**self.wish.content, "run_id": self.wish.run_id})
        if problem:
            yield Unmet(OptionError(f"content: {problem}."))
        newer = [run_id for run_id in self.journal.run_ids() if run_id > self.wish.run_id]
        if newer:
            yield Unmet(
                PreconditionError(
                    f"The journal in {self.journal.folder} knows run {newer[-1]}, which is newer than {self.wish.run_id}.",
                    code="newer_run",
                    remedy="A run is named by the controller's clock in UTC. Set the clock, and run the playbook again.",
                )
            )

    def execute(self, seen: Seen) -> dict[str, Any]:
        self.journal.open(self.wish.run_id, {**self.wish.content, "opened": _now()}, self.wish.token)
        return {}


class AddEntry(JournalStep):
    """Add to a run what became of steps, and what a later run has to know."""

    title = "Note in the journal"
    needs = ("run_id", "token")

    def __init__(self, journal: Journal, wish: Wish) -> None:
        super().__init__(journal, wish)
        self._time = _now()

    def probe(self) -> Seen:
        wish = self.wish
        run, entries = wish.documents.get("run") or {}, wish.documents.get("entries") or []
        if run.get("run_id") != wish.run_id:
            run, entries = self.journal.documents(wish.run_id)
        folded = form.fold(run, entries)
        states = {step: what["state"] for step, what in folded["steps"].items()}
        done = all(key in folded and folded[key] == value for key, value in wish.content.items())
        done = done and all(states.get(step) == state for step, state in wish.steps.items())
        # a later failure is another one, also where it leaves the step in the same state
        done = done and (not wish.evidence or any(entry.get("evidence") == wish.evidence for entry in entries[-1:]))
        return Seen(bool(run) and done, {"position": folded["position"], "documents": {"run": run, "entries": entries}})

    def pre_check(self, seen: Seen) -> Iterator[Unmet]:
        form.check_notes(seen.state["documents"]["run"], self.wish.content)
        if not seen.state["documents"]["run"]:
            yield Unmet(
                PreconditionError(
                    f"The journal in {self.journal.folder} does not know run {self.wish.run_id}.",
                    code="unknown_run",
                    remedy="Check run_id and folder; a run has to be opened first.",
                ),
                made_by_earlier_step=True,
            )

    def execute(self, seen: Seen) -> dict[str, Any]:
        self.journal.append(self._entry(seen))
        return {}

    def _entry(self, seen: Seen) -> dict[str, Any]:
        wish, position = self.wish, seen.state["position"] + 1
        return form.new_entry(
            wish.run_id,
            position,
            self._time,
            wish.token,
            controller=controller_name(),
            steps=wish.steps,
            notes=wish.content,
            evidence=wish.evidence,
        )

    def post_check(self, seen: Seen) -> dict[str, Any]:
        documents = seen.state["documents"]
        return {"position": seen.state["position"] + 1, "documents": {**documents, "entries": [*documents["entries"], self._entry(seen)]}}


class GiveLockBack(JournalStep):
    """Give the lock back."""

    title = "Give the lock back"
    needs = ("token",)

    def probe(self) -> Seen:
        holder = self.journal.lock()["holder"]
        return Seen(holder.get("token") != self.wish.token)

    def execute(self, seen: Seen) -> dict[str, Any]:
        self.journal.give_back(self.wish.token)
        return {}


class Mirror(JournalStep):
    """Keep a copy of a run on another server than the one that has its journal."""

    title = "Mirror the journal"
    needs = ("run_id", "content")

    def probe(self) -> Seen:
        return Seen(False)

    def execute(self, seen: Seen) -> dict[str, Any]:
        folder = f"{self.journal.folder}\\mirror"
        self.journal.host.make_folder(self.journal.folder, owner_only=True)
        self.journal.host.make_folder(folder)
        self.journal.host.write_file(f"{folder}\\{self.wish.run_id}.json", form.dump(self.wish.content), replace=True)
        return {}


class PruneRuns(JournalStep):
    """Remove the oldest runs beyond a number; the newest is always kept."""

    title = "Delete the journals of old runs"
    needs = ("token",)

    def probe(self) -> Seen:
        runs = self.journal.run_ids()
        old = runs[: -max(1, self.wish.keep)]
        return Seen(not old, {"runs": old})

    def execute(self, seen: Seen) -> dict[str, Any]:
        for run_id in seen.state["runs"]:
            self.journal.remove_run(run_id, self.wish.token)
        return {}


STEPS: dict[str, Callable[[Journal, Wish], JournalStep]] = {
    "locked": TakeLock,
    "opened": OpenRun,
    "noted": AddEntry,
    "unlocked": GiveLockBack,
    "mirrored": Mirror,
    "pruned": PruneRuns,
}


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")
