# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils import _errors, _policy
from ansible_collections.jp1.itdm.plugins.module_utils._journal_format import STEPS
from ansible_collections.jp1.itdm.plugins.module_utils._policy import CLASSES, DECISIONS, PHASES, POLICY, WISHES, decision, policy_problems
from ansible_collections.jp1.itdm.plugins.module_utils._result import END_STATES
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(_policy.__file__).parents[2]
ANY_TABLE = st.dictionaries(
    st.sampled_from([*PHASES, "x"]),
    st.dictionaries(st.sampled_from([*CLASSES, "x"]), st.sampled_from([*DECISIONS, "x"])) | st.none() | st.text(),
)


def test_the_table_knows_every_phase_and_every_class() -> None:
    assert set(POLICY) == set(PHASES)
    raised = {
        error.failure_class for error in vars(_errors).values() if isinstance(error, type) and issubclass(error, _errors.UpgradeError)
    }
    assert set(CLASSES) == raised


def test_the_role_has_no_other_phase() -> None:
    tasks = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "roles" / "upgrade" / "tasks").rglob("*.yml"))
    named = set(re.findall(r"^\s+upgrade_(?:phase|step): (\w+)$", tasks, re.MULTILINE))
    # a rollback that was asked for fails in the phase of its own
    assert named - {"requested"} <= set(PHASES)
    assert set(STEPS) <= named


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("failure_class", CLASSES)
def test_every_failure_is_decided(phase: str, failure_class: str) -> None:
    what = decision(phase, failure_class)
    assert DECISIONS[what] in ("", *END_STATES)
    allowed = {
        "preflight": {"stop"},
        "take_up": {"stop", "pause"},
        "open": {"stop"},
        "rollback": {"fail", "pause", "ask"},
        "commit": {"ask"},
        "report": {"ask"},
    }
    assert what in allowed.get(phase, set(WISHES))


@pytest.mark.parametrize(
    ("phase", "failure_class", "expected"),
    [
        ("backup", "timeout", "pause"),
        ("install_on_database_server", "timeout", "pause"),
        ("stop", "timeout", "roll_back"),
        ("verify", "timeout", "roll_back"),
        ("start", "connection_lost", "pause"),
        ("setup_database", "operator_needed", "ask"),
        ("install_on_management_server", "command", "roll_back"),
        ("install_on_management_server", "unknown_outcome", "roll_back"),
        ("backup", "backup_rejected", "roll_back"),
        ("rollback", "command", "fail"),
        ("rollback", "connection_lost", "pause"),
    ],
)
def test_the_table(phase: str, failure_class: str, expected: str) -> None:
    assert decision(phase, failure_class) == expected


@given(ANY_TABLE, st.sampled_from(STEPS), st.sampled_from(CLASSES))
def test_what_is_wished_counts_and_nothing_else_changes(wished: dict[str, Any], phase: str, failure_class: str) -> None:
    if policy_problems(wished):
        return
    own = wished.get(phase, {})
    assert decision(phase, failure_class, wished) == own.get(failure_class, decision(phase, failure_class))


@given(ANY_TABLE)
def test_a_table_without_problems_has_only_what_is_known(wished: dict[str, Any]) -> None:
    good = all(
        phase in STEPS and isinstance(row, dict) and all(key in CLASSES and value in WISHES for key, value in row.items())
        for phase, row in wished.items()
    )
    assert (policy_problems(wished) == []) is good


@pytest.mark.parametrize(
    ("wished", "told"),
    [
        (None, ["It has to be a mapping of phases."]),
        ("pause", ["It has to be a mapping of phases."]),
        ({"install": {}}, ["'install' is no phase; known are backup, stop,"]),
        ({"preflight": {}}, ["'preflight' is no phase"]),
        ({"stop": "pause"}, ["stop has to be a mapping of failure classes to decisions."]),
        ({"stop": None}, ["stop has to be a mapping"]),
        ({"stop": {"time": "pause"}}, ["stop: 'time' is no failure class; known are precondition,"]),
        ({"stop": {"timeout": "stop"}}, ["stop.timeout: 'stop' is no decision; known are roll_back, pause, ask."]),
        ({"stop": {"timeout": ["pause"]}}, ["stop.timeout: ['pause'] is no decision"]),
        ({"x": {}, "stop": {"y": "z"}}, ["'x' is no phase", "stop: 'y'", "stop.y: 'z'"]),
        ({}, []),
        ({"stop": {}, "backup": {"timeout": "ask", "command": "pause"}}, []),
    ],
)
def test_every_problem_is_told(wished: Any, told: list[str]) -> None:
    problems = policy_problems(wished)
    assert len(problems) == len(told)
    for problem, part in zip(problems, told, strict=True):
        assert problem.startswith(f"upgrade_failure_policy: {part}")
