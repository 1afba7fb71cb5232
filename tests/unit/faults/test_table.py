# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page that is made of the results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.faults.__main__ import CHECKOUT
from tests.faults.cases import all_cases, applicable
from tests.faults.results import Results
from tests.faults.table import over_limit, page


def entry(name: str, **keys: Any) -> dict[str, Any]:
    phase, step, fault = name.split(".")[:3]
    known = {
        "end_state": "ROLLED_BACK",
        "end": "old and equal",
        "passed": True,
        "decision_seconds": 2.0,
        "limit_seconds": 0.0,
        "problems": [],
    }
    return {"id": name, "phase": phase, "step": step, "fault": fault, **known, **keys}


def test_the_page_counts() -> None:
    entries = [
        entry("upgrade.backup.hang"),
        entry("upgrade.backup.killed", passed=False, problems=['a|"b" *c_\nd'], decision_seconds=7.0),
        {"id": "upgrade.backup.x", "phase": "upgrade", "step": "backup", "fault": "x", "not_applicable": "It can not be."},
    ]
    text = page(entries, {"date": "today"}, 3, mutations={"a lock refuses": "upgrade.backup.second_run", "a token counts": ""})
    for line in (
        '"cases run", "2"',
        '"passed", "1"',
        '"failed", "1"',
        '"not run yet", "3"',
        '"not applicable", "1"',
        "median 4.5, maximum 7.0",
        '"date", "today"',
        '"hang", "1/1"',
        '"killed", "0/1"',
        '"x", "n/a"',
        '"``upgrade.backup.killed``", "a\\|""b"" \\*c\\_ d"',
        '"``upgrade.backup.x``", "It can not be."',
        '"a lock refuses", "``upgrade.backup.second_run``"',
        '"a token counts", "**none**"',
    ):
        assert line in text, line


def test_a_page_without_results_says_so() -> None:
    text = page([], {}, not_run=7)
    assert '"cases run", "0"' in text and '"not run yet", "7"' in text
    assert "median" not in text and "Failed" not in text and "removed" not in text


def test_the_table_is_written_where_the_site_lists_it() -> None:
    pages = {path.stem for path in (CHECKOUT / "docs/docsite/rst").glob("*.rst")}
    assert "fault_table" in pages
    assert ".. _ansible_collections.jp1.itdm.docsite.fault_table:\n" in page([], {})


def test_the_limit_of_a_decision() -> None:
    assert over_limit(entry("a.b.c", decision_seconds=31.0))
    assert not over_limit(entry("a.b.c", decision_seconds=45.0, limit_seconds=20.0))


def test_results_are_kept(tmp_path: Path) -> None:
    case = applicable()[0]
    results = Results(tmp_path)
    assert case in results.missing(applicable())
    results.add(entry(case.id, passed=False, problems=["why"]), "what happened")
    again = Results(tmp_path)
    assert case not in again.missing(applicable())
    assert again.failed(applicable()) == [case]
    assert (tmp_path / f"faults/{case.id}.log").read_text() == "what happened"
    impossible = {known.id for known in all_cases() if known.reason}
    assert {known["id"] for known in again.entries() if "not_applicable" in known} == impossible
