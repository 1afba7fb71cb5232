# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guards of the collection, each removed once: the matrix has to notice.

A mutation is applied in a copy of what Ansible needs of the checkout, never in the checkout itself.
"""

from __future__ import annotations

import json
import tempfile
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.integration.lab_system import System
from tests.lab.control.lab import Lab
from tests.lab.control.state import write_atomically

from .beginnings import Beginnings
from .cases import Case, applicable
from .copies import copy_of
from .one_case import OPTIONS, CaseRun
from .results import Results


@dataclass(frozen=True)
class Edit:
    """A change of one file.

    :ivar file: below the root.
    :ivar old: exact text, which has to be there once.
    :ivar new: what stands in its place.
    """

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Mutation:
    """One guard removed, wherever it is.

    :ivar name: the guard.
    :ivar cases: the cases of which at least one has to fail.
    """

    name: str
    edits: tuple[Edit, ...]
    cases: tuple[str, ...]


_ROLE = "roles/upgrade/tasks"
_CODE = "plugins/plugin_utils"
_PARENT = "if os.getppid() != self._parent:"

MUTATIONS: tuple[Mutation, ...] = (
    Mutation(
        "a held lock refuses",
        (Edit(f"{_ROLE}/require_lock.yml", "that: upgrade_refusal | length == 0", "that: true"),),
        ("upgrade.stop.second_run",),  # where a long step runs, a second run is also refused because of its program
    ),
    Mutation(
        "only one can take the lock",
        (
            Edit(f"{_CODE}/_host_claims.py", "mkdir {folder} 2>nul||exit {_TAKEN}", "mkdir {folder} 2>nul"),
            Edit(f"{_CODE}/_host_claims.py", "return result.exit_code == 0 and self._is_alone(path, name)", "return True"),
        ),
        ("upgrade.backup.second_run.at_once",) * 2,  # two runs have to come to the lock within a few seconds
    ),
    Mutation(
        "a run that has lost the lock writes nothing",  # the token is looked at, and so is whether an entry stands there already
        (Edit(f"{_CODE}/_journal.py", "form.dump(document), guard=self.token_file(token))", "form.dump(document), replace=True)"),),
        ("upgrade.install_on_database_server.second_run.takes_over", "upgrade.install_on_management_server.second_run.takes_over"),
    ),
    Mutation(
        "a worker ends with its controller",
        (Edit(f"{_CODE}/_job.py", _PARENT, "if False:"), Edit(f"{_CODE}/_tries.py", _PARENT, "if False:")),
        ("upgrade.install_on_management_server.orphan",),
    ),
    Mutation(
        "the backup is proven before the first installation",
        (Edit(f"{_ROLE}/install_on_database_server.yml", "when: not ansible_check_mode", "when: false"),),
        ("upgrade.install_on_database_server.backup_damaged",),
    ),
    Mutation(
        "services that came back are stopped again",
        (Edit(f"{_ROLE}/keep_stopped.yml", "    state: stopped", "    state: stopped\n  when: false"),),
        ("upgrade.install_on_database_server.interference",),
    ),
    Mutation(
        "the rollback is compared with the state before",
        (Edit(f"{_ROLE}/rollback.yml", "that: upgrade_differences | length == 0", "that: true"),),
        ("rollback.verify.interference",),
    ),
    Mutation(
        "nothing is undone beside an installer",
        (
            Edit(f"{_ROLE}/rollback.yml", "that: upgrade_installers | length == 0", "that: true"),
            Edit(f"{_CODE}/_install_manager.py", "if asked.installers:", "if False:"),
        ),
        ("rollback.stop_services.interference",),
    ),
    Mutation(
        "lost records are counted",
        (Edit("plugins/module_utils/_rollback.py", "return max(0, max(known) - held)", "return 0"),),
        ("upgrade.setup_database.exit_code.middle", "upgrade.setup_database.exit_code.after"),
    ),
    Mutation(
        "records of the new version are not thrown away unasked",
        (Edit(f"{_ROLE}/ask_for_records.yml", "when: upgrade_rollback.new_records is none or", "when: false and"),),
        ("upgrade.verify.exit_code.before", "upgrade.verify.killed.before"),
    ),
    Mutation(
        "nor are those that came in behind the first look",
        (
            Edit(
                f"{_ROLE}/rollback.yml",
                "when: upgrade_asks_for_records and upgrade_rollback.restore and not ansible_check_mode",
                "when: false",
            ),
        ),
        ("upgrade.start.hang.middle",),
    ),
    Mutation(
        "the new version is verified",
        (Edit(f"{_ROLE}/require_new_version.yml", "that: upgrade_problems | length == 0", "that: true"),),
        ("upgrade.verify.interference",),
    ),
    Mutation(
        "a step looks before it acts",
        (Edit(f"{_CODE}/_step.py", "elif not seen.done:", "else:"),),
        ("upgrade.install_on_database_server.controller_killed.after", "upgrade.setup_database.controller_killed.after"),
    ),
    Mutation(
        "a job is removed at its end",
        (Edit(f"{_CODE}/_product_programs.py", "self._kept.pop().remove()", "self._kept.pop()"),),
        ("upgrade.backup.dropped_after.wait",),
    ),
    Mutation(
        "what came through and could not be recorded is taken up",
        (Edit(f"{_CODE}/_product_programs.py", "keep = not self.shows(action)", "keep = False"),),
        ("rollback.restore_database.disk_full.files",),
    ),
    Mutation(
        "the state before is written once",
        (
            Edit(f"{_ROLE}/open.yml", "{{ upgrade_journal.content if upgrade_resumed else {", "{{ {} if false else {"),
            Edit(f"{_CODE}/_journal_steps.py", 'return Seen(bool(run), {"position"', 'return Seen(False, {"position"'),
            Edit(f"{_CODE}/_journal.py", "form.dump(document), guard=", "form.dump(document), replace=True, guard="),
        ),
        ("upgrade.install_on_management_server.controller_killed.then_fails",),
    ),
)


def apply(mutation: Mutation, folder: Path) -> None:
    """Change the texts in a copy.

    :raises ValueError: a text is not there exactly once.
    """
    for edit in mutation.edits:
        file = folder / edit.file
        text = file.read_text(encoding="utf-8")
        if text.count(edit.old) != 1:
            raise ValueError(f"{mutation.name}: {edit.file} has the text {text.count(edit.old)} times instead of once")
        file.write_text(text.replace(edit.old, edit.new), encoding="utf-8")


def check_mutations(lab: Lab, systems: int, checkout: Path, only: str, say: Callable[[str], None]) -> int:
    """Apply each mutation and run its cases until one fails, on several systems side by side.

    What cases begin with is made by the collection as it is; mutations whose cases begin alike share a system.

    :returns: 0 when every mutation was noticed.
    """
    by_id = {case.id: case for case in applicable()}
    chosen = [mutation for mutation in MUTATIONS if any(words in mutation.name for words in only.split(","))]
    groups: dict[str, deque[Mutation]] = {}
    for mutation in chosen:
        groups.setdefault(by_id[mutation.cases[0]].begin.name, deque()).append(mutation)
    waiting = deque(sorted(groups.values(), key=len, reverse=True))
    file = lab.folder / "mutations.json"
    caught = known(lab.folder)

    def work(number: int) -> None:
        while waiting:
            for mutation in waiting.popleft():
                found = _caught_by(mutation, [by_id[case_id] for case_id in mutation.cases], System(lab, number), checkout, beginnings)
                caught[mutation.name] = found
                write_atomically(file, json.dumps(caught, indent=1, sort_keys=True))
                say(f"mutation {mutation.name}: {f'caught by {found}' if found else 'NOT CAUGHT'}")

    with tempfile.TemporaryDirectory() as intact:
        copy_of(checkout, Path(intact))
        beginnings = Beginnings(Path(intact), OPTIONS)
        with ThreadPoolExecutor(systems) as pool:
            list(pool.map(work, range(1, systems + 1)))
    missed = [mutation.name for mutation in chosen if not caught.get(mutation.name)]
    say(f"mutations: {len(chosen) - len(missed)} caught, {len(missed)} not caught")
    return 1 if missed else 0


def known(folder: Path) -> dict[str, str]:
    """By which case each mutation was caught, by its name; empty texts for those that were not.

    :param folder: the C(.lab) folder.
    """
    file = folder / "mutations.json"
    found: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return {mutation.name: found[mutation.name] for mutation in MUTATIONS if mutation.name in found}


def _caught_by(mutation: Mutation, cases: Sequence[Case], system: System, checkout: Path, beginnings: Beginnings) -> str:
    """The name of the first case that fails with a mutation; empty when none does."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy_of(checkout, folder)
        apply(mutation, folder)
        results = Results(system.lab.folder / "mutations" / mutation.name.replace(" ", "-"))
        for case in cases:
            run = CaseRun([case], system, folder, beginnings)
            (result,) = run.results()
            results.add(result.as_dict(), run.report())
            # a fault that did not strike says nothing, and neither does a test that broke
            telling = [
                problem for problem in result.problems if problem != "fault_not_injected" and not problem.startswith("the test failed")
            ]
            if telling:
                return case.id
    return ""
