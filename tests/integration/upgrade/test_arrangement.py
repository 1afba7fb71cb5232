# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks work from wherever a user starts them, in a checkout and installed."""

from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.integration.lab_system import CHECKOUT, OLD, System
from tests.integration.upgrade.ansible_runs import CORES, Playbooks, Run


@pytest.fixture(scope="module")
def tarball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built collection."""
    folder = tmp_path_factory.mktemp("built")
    galaxy("build", "--output-path", str(folder))
    (built,) = folder.iterdir()
    return built


def galaxy(*arguments: str, folder: Path = CHECKOUT) -> None:
    """Run ansible-galaxy collection."""
    command = [str(CORES["default"] / "bin/ansible-galaxy"), "collection", *arguments]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


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


def test_installed(run: Playbooks, tarball: Path, tmp_path: Path) -> None:
    galaxy("install", "--offline", str(tarball), "-p", str(tmp_path), folder=tmp_path)
    assert_preflight(run("jp1.itdm.preflight", folder=tmp_path, environment={"ANSIBLE_COLLECTIONS_PATH": str(tmp_path)}))


def test_the_tarball_holds_the_collection_alone(tarball: Path) -> None:
    with tarfile.open(tarball) as archive:
        members = archive.getmembers()
    names = {member.name for member in members}
    assert not [member.name for member in members if member.issym() or member.islnk()]
    unwanted = ("tests/lab", "playbooks/collections", ".lab", ".venv", ".ci", "ansible.cfg", ".mypy_cache", ".pytest_cache", ".git/")
    assert not [name for name in names if name.startswith(unwanted) or "__pycache__" in name]
    assert {"playbooks/upgrade.yml", "roles/upgrade/tasks/main.yml", "plugins/action/manager_install.py", "meta/runtime.yml"} <= names
