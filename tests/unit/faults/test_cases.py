# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The matrix as data."""

from __future__ import annotations

from tests.faults.beginnings import BEFORE_DATABASE_SERVER, FRESH
from tests.faults.cases import FAULTS, all_cases, applicable, chains, selected, subset
from tests.faults.injections import injection
from tests.faults.sites import SITES


def test_every_step_meets_every_fault_or_says_why_not() -> None:
    met = {(case.site.phase, case.site.step, case.fault) for case in all_cases()}
    steps = {(site.phase, site.step) for site in SITES}
    assert {(phase, step, fault) for phase, step in steps for fault in FAULTS} <= met


def test_names_are_unique() -> None:
    names = [case.id for case in all_cases()]
    assert len(set(names)) == len(names)


def test_a_few_hundred_cases_can_be_run() -> None:
    assert 250 <= len(applicable()) <= 350


def test_every_case_knows_how_to_bring_its_fault_about() -> None:
    for case in applicable():
        made = injection(case)
        assert made.mark is not None or made.strike.__name__ == "_nothing", case.id


def test_the_subset_is_small_and_needs_little_to_begin_with() -> None:
    few = subset()
    assert len(few) <= 12
    assert len({case.fault for case in few}) == len(few)
    assert {case.begin for case in few} == {FRESH, BEFORE_DATABASE_SERVER}


def test_parts_are_everything_and_share_nothing() -> None:
    parts = [{case.id for case in selected(part=f"{number}/3")} for number in (1, 2, 3)]
    assert set.union(*parts) == {case.id for case in applicable()}
    assert sum(map(len, parts)) == len(applicable())


def test_cases_are_chosen_by_their_names() -> None:
    assert {case.fault for case in selected("*.orphan")} == {"orphan"}
    assert {case.site.step for case in selected("upgrade.backup.,upgrade.stop.")} == {"backup", "stop"}


def test_a_chain_meets_each_site_once() -> None:
    found = chains(applicable())
    assert {case.id for chain in found for case in chain} == {case.id for case in applicable()}
    long = [chain for chain in found if len(chain) > 1]
    assert sum(len(chain) for chain in long) > 80
    for chain in long:
        assert len({case.site.id for case in chain}) == len(chain)
        assert len({(case.site.phase, case.fault, case.ends_run) for case in chain}) == 1
