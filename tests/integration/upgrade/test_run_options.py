# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What would leave steps out, or do nothing at all, is refused and red."""

from __future__ import annotations

import pytest

from tests.integration.lab_system import System
from tests.integration.upgrade.ansible_runs import Playbooks


@pytest.fixture
def untouched(lab: object) -> Playbooks:
    """Runs that must end before they reach a host; the system needs no reset for them."""
    return Playbooks(System(lab))  # type: ignore[arg-type]


@pytest.mark.parametrize("playbook", ["upgrade", "rollback"])
@pytest.mark.parametrize(
    "arguments",
    [("--tags", "backup"), ("--skip-tags", "x"), ("--start-at-task", "Verify both servers"), ("--step",)],
    ids=lambda arguments: arguments[0],
)
def test_parts_of_a_playbook_are_refused(untouched: Playbooks, playbook: str, arguments: tuple[str, ...]) -> None:
    run = untouched(playbook, *arguments)
    assert run.exit_code != 0
    assert f"BLOCKED: {arguments[0]} " in run.text
    assert run.recap == {}


@pytest.mark.parametrize("playbook", ["upgrade", "preflight", "backup", "rollback", "verify"])
def test_an_empty_selection_is_refused(untouched: Playbooks, playbook: str) -> None:
    untouched(playbook, limit=untouched.system.database).assert_blocked("jp1_itdm_management_servers")


def test_a_selection_that_matches_nothing_is_refused(untouched: Playbooks) -> None:
    assert untouched("upgrade", limit="nobody").exit_code != 0
