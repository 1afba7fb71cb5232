# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guards of the collection, each removed once: the matrix has to notice.

A mutation is applied in a copy of what Ansible needs of the checkout, never in the checkout itself.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.lab.control.lab import Lab

from .cases import applicable
from .results import Results
from .schedule import run_all

_COPIED = ("ansible.cfg", "galaxy.yml", "meta", "playbooks", "plugins", "roles")


@dataclass(frozen=True)
class Mutation:
    """One guard removed.

    :ivar name: the guard.
    :ivar file: where it is, below the root.
    :ivar old: exact text, which has to be there once.
    :ivar new: what stands in its place.
    :ivar cases: the cases of which at least one has to fail.
    """

    name: str
    file: str
    old: str
    new: str
    cases: tuple[str, ...]


MUTATIONS: tuple[Mutation, ...] = ()


def apply(mutation: Mutation, folder: Path) -> None:
    """Change the text in a copy.

    :raises ValueError: the text is not there exactly once.
    """
    file = folder / mutation.file
    text = file.read_text(encoding="utf-8")
    if text.count(mutation.old) != 1:
        raise ValueError(f"{mutation.name}: {mutation.file} has the text {text.count(mutation.old)} times instead of once")
    file.write_text(text.replace(mutation.old, mutation.new), encoding="utf-8")


def copy_of(checkout: Path, folder: Path) -> None:
    """Copy what Ansible needs; the symbolic link that makes the copy a collection is kept as one."""
    for name in _COPIED:
        source = checkout / name
        if source.is_dir():
            shutil.copytree(source, folder / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)


def check_mutations(lab: Lab, systems: int, checkout: Path, only: str, say: Callable[[str], None]) -> int:
    """Apply each mutation and run its cases.

    :returns: 0 when every mutation was noticed.
    """
    by_id = {case.id: case for case in applicable()}
    missed = []
    chosen = [mutation for mutation in MUTATIONS if only in mutation.name]
    for mutation in chosen:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            copy_of(checkout, folder)
            apply(mutation, folder)
            results = Results(lab.folder / "mutations" / mutation.name)
            done = run_all([by_id[case_id] for case_id in mutation.cases], lab, systems, folder, results, say)
        noticed = [result.id for result in done if not result.passed and result.problems != ["fault_not_injected"]]
        say(f"mutation {mutation.name}: {'caught by ' + ', '.join(noticed) if noticed else 'NOT CAUGHT'}")
        if not noticed:
            missed.append(mutation.name)
    say(f"mutations: {len(chosen) - len(missed)} caught, {len(missed)} not caught")
    return 1 if missed else 0
