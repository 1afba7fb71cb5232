# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people read says what the code does: the table of decisions, end states, playbooks, modules, and the program of the guide."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils import _journal_format as form
from ansible_collections.jp1.itdm.plugins.module_utils import _policy, _result
from ansible_collections.jp1.itdm.tests.unit.plugins.journals import RUN, RUN_ID, TOKEN

from tests.docs import guides

ROOT = Path(_policy.__file__).parents[2]
RESUME = ROOT / "docs/docsite/rst/guide_resume.rst"
GUIDE = RESUME.read_text(encoding="utf-8")
READMES = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.ja.md")}


def table(text: str, first_cell: str) -> list[list[str]]:
    """Return the rows of the table whose head begins with a cell, the head first, without the marks of code."""
    lines = text[text.index(f"| {first_cell} |") :].split("\n\n")[0].splitlines()
    rows = [[cell.strip().strip("`") for cell in line.strip().strip("|").split("|")] for line in lines]
    return [rows[0], *rows[2:]]


def test_the_guide_tells_every_decision() -> None:
    (_phase, *classes, other), *rows = guides.table(RESUME, "phase")
    assert other == "any other class"
    assert set(classes) <= set(_policy.CLASSES)
    told = {
        (phase, failure_class): dict(zip(classes, cells, strict=False)).get(failure_class, cells[-1])
        for phase, *cells in rows
        for failure_class in _policy.CLASSES
    }
    assert told == {(phase, name): _policy.decision(phase, name) for phase in _policy.PHASES for name in _policy.CLASSES}
    assert [row[0] for row in rows] == list(_policy.PHASES)


@pytest.mark.parametrize(("decision", "end_state"), [item for item in _policy.DECISIONS.items() if item[1]])
def test_the_guide_tells_how_a_decision_ends(decision: str, end_state: str) -> None:
    assert re.search(rf"\*{decision}\* (ends )?as ``{end_state}``", GUIDE)


def test_the_guides_show_the_last_lines_of_green_runs() -> None:
    shown = {
        line for guide in guides.GUIDES for command in guides.commands(guide) for line in command.shown if line.startswith(_result.GREEN)
    }
    server = {"version_after": "10-10"}
    nothing: dict[str, Any] = dict.fromkeys(("failure", "rollback_failure", "next_command"))
    said = {
        _result.last_line(
            {"end_state": state, "system": "JP1MGR01", "servers": {"": server}, "check_mode": check, "records": {}, **nothing}
        )
        for state in _result.GREEN
        for check in (False, True)
    }
    assert shown <= said
    assert {line.partition(":")[0] for line in shown} == set(_result.GREEN)


def test_every_end_state_is_told_with_what_follows() -> None:
    tables = {name: table(READMES[name], head) for name, head in (("README.md", "end state"), ("README.ja.md", "終了状態"))}
    tables["guide"] = guides.table(RESUME, "end state")
    for head, told in tables.items():
        rows = {state: row[-1] for row in told[1:] for state in re.findall(r"[A-Z_]{6,}", row[0])}
        assert set(rows) == set(_result.END_STATES), head
        # what a person has to do is told by the run itself
        named = {state: playbook for state, playbook in _result.NEXT_PLAYBOOK.items() if state not in ("NEEDS_OPERATOR", "PAUSED")}
        assert all(playbook in rows[state] for state, playbook in named.items()), head


@pytest.mark.parametrize("readme", READMES)
def test_every_playbook_is_in_the_readme(readme: str) -> None:
    (told,) = [table(READMES[readme], head) for head in ("playbook", "プレイブック") if f"| {head} |" in READMES[readme]]
    assert {row[0] for row in told[1:]} == {path.name for path in (ROOT / "playbooks").glob("*.yml")} - {"guard.yml"}


def test_every_module_is_in_the_readme() -> None:
    told = {name for row in table(READMES["README.md"], "module")[1:] for name in re.findall(r"\w+", row[0])}
    assert told == {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}


@pytest.mark.parametrize("schema", [{}, {"schema": form.SCHEMA}])
def test_a_mirror_is_made_into_a_journal_again(schema: dict[str, Any], tmp_path: Path) -> None:
    """The controller's mirrors have no schema of their own, the management server's have one."""
    entries = [form.new_entry(RUN_ID, position, "2026-03-01T12:00:00+00:00", TOKEN) for position in (1, 2)]
    mirror = tmp_path / "mirror.json"
    mirror.write_text(json.dumps({"run": RUN, "entries": entries, **schema}), encoding="utf-8")
    subprocess.run([sys.executable, str(ROOT / "docs" / "examples" / "journal_from_mirror.py"), str(mirror)], cwd=tmp_path, check=True)

    folder = tmp_path / RUN_ID
    assert form.parse_run("run.json", (folder / "run.json").read_text(encoding="utf-8"), RUN_ID) == RUN
    texts = {path.name: path.read_text(encoding="utf-8") for path in (folder / "entries").iterdir()}
    assert form.parse_entries("entries", texts, RUN_ID) == entries
    # a server's texts are read by lines
    assert all(path.read_bytes().endswith(b"\r\n") for path in folder.rglob("*.json"))
