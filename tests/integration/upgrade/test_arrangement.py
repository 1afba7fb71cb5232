# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks work from wherever a user starts them, in a checkout and installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.lab_system import CHECKOUT, OLD, System
from tests.integration.upgrade.ansible_runs import Playbooks, Run
from tests.tools.collection import build, install


@pytest.fixture
def run(clean: System) -> Playbooks:
    """Runs playbooks that change nothing."""
    return Playbooks(clean)


def assert_preflight(run: Run) -> None:
    """It did its work."""
    assert run.exit_code == 0, run.output
    assert f"nothing is in the way of the upgrade from {OLD} to 10-10" in run.text


@pytest.mark.parametrize(
    ("folder", "playbook"),
    [
        (CHECKOUT / "playbooks", "./preflight.yml"),
        (Path("/"), str(CHECKOUT / "playbooks/preflight.yml")),
        (CHECKOUT, "jp1.itdm.preflight"),
    ],
    ids=["playbooks", "absolute path", "by name"],
)
def test_in_a_checkout(run: Playbooks, folder: Path, playbook: str) -> None:
    assert_preflight(run(playbook, folder=folder))


def test_installed(run: Playbooks, tmp_path: Path) -> None:
    environment = install(build(tmp_path / "built"), tmp_path)
    assert_preflight(run("jp1.itdm.preflight", folder=tmp_path, environment=environment))
