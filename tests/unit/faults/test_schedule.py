# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which case a system gets next: to make what cases begin with costs a minute, so that few systems make each."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.faults.beginnings import FRESH, Beginning
from tests.faults.cases import CHAIN_BEGINS, Case, applicable, chains
from tests.faults.results import Results
from tests.faults.schedule import _Waiting


def simulate(cases: list[Case], systems: int, tmp_path: Path) -> tuple[dict[int, set[str]], list[str]]:
    """Let systems take turns; return what each has made, and the order of all cases."""
    waiting = _Waiting(chains(cases), Results(tmp_path))
    made: dict[int, set[str]] = {number: set() for number in range(systems)}
    order: list[str] = []
    at_work = set(made)
    while at_work:
        for number in sorted(at_work):

            def to_make(beginning: Beginning, number: int = number) -> int:
                return len(set(beginning.needs) - made[number])

            chain = waiting.next(to_make)
            if chain is None:
                at_work.discard(number)
                continue
            begin = chain[0].begin if len(chain) == 1 else CHAIN_BEGINS[chain[0].site.phase]
            made[number] |= set(begin.needs)
            order += [case.id for case in chain]
    return made, order


def test_every_case_is_run_once(tmp_path: Path) -> None:
    cases = applicable()
    _made, order = simulate(cases, 4, tmp_path)
    assert Counter(order) == Counter(case.id for case in cases)


def test_few_systems_make_each_beginning(tmp_path: Path) -> None:
    made, _order = simulate(applicable(), 4, tmp_path)
    makers = Counter(name for names in made.values() for name in names)
    # nothing else stands upon these two
    assert makers["before_database_server"] == makers["before_start"] == 1, makers


def test_one_system_runs_everything_alone(tmp_path: Path) -> None:
    cases = applicable()[::7]
    _made, order = simulate(cases, 1, tmp_path)
    assert len(order) == len(cases)


def test_a_few_cases_are_left_to_who_has_their_beginning(tmp_path: Path) -> None:
    cases = [case for case in applicable() if case.begin.name == "restored" and case.fault in ("hang", "killed", "orphan")][:4]
    made, order = simulate(cases, 4, tmp_path)
    assert len(order) == 4
    assert [number for number, names in made.items() if names] == [0]


def test_beginnings_stand_upon_each_other() -> None:
    restored = next(case.begin for case in applicable() if case.begin.name == "restored")
    running = next(case.begin for case in applicable() if case.begin.name == "upgraded_running")
    assert restored.needs[-2:] == ("before_restore", "restored")
    assert running.needs[-1] == "upgraded"
    assert FRESH.needs == ()
