# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils._errors import TimeLimitError, UnknownOutcomeError
from ansible_collections.jp1.itdm.plugins.plugin_utils._host import CommandResult
from ansible_collections.jp1.itdm.plugins.plugin_utils._left_jobs import left_jobs, left_tasks
from ansible_collections.jp1.itdm.tests.unit.plugins.fake_manager import FakeManager
from ansible_collections.jp1.itdm.tests.unit.plugins.fake_windows import JOBS


@pytest.fixture
def world(database_server: FakeManager) -> FakeManager:
    """A server with jobs of this run and of another one."""
    database_server.leave_job("run-install-10-10", CommandResult(3010, "", "", 1.0))
    database_server.leave_job("run-backup", CommandResult(0, "", "", 1.0))
    database_server.leave_job("run-restore", None)
    database_server.leave_job("run-whatever", CommandResult(0, "", "", 1.0))
    database_server.leave_job("other-install-10-10", CommandResult(0, "", "", 1.0))
    return database_server


def test_the_jobs_of_the_run_are_waited_for_and_their_results_stay(world: FakeManager) -> None:
    before = dict(world.jobs)
    assert left_jobs(world.product()) == [
        {"action": "backup", "version": "", "exit_code": 0, "lost": False, "elapsed": 0.0},
        {"action": "install", "version": "10-10", "exit_code": 3010, "lost": False, "elapsed": 0.0},
    ]
    assert world.jobs == before


def test_a_lost_job_is_told(world: FakeManager) -> None:
    world.leave_job("run-install-10-10", UnknownOutcomeError("Gone.", code="job_lost"))
    assert left_jobs(world.product())[1] == {"action": "install", "version": "10-10", "exit_code": None, "lost": True, "elapsed": 0.0}


def test_a_job_that_runs_for_too_long_is_a_failure(world: FakeManager) -> None:
    world.leave_job("run-install-10-10", TimeLimitError("Still.", code="time_limit"))
    with pytest.raises(TimeLimitError):
        left_jobs(world.product())


def test_nobody_has_to_wait(world: FakeManager) -> None:
    world.leave_job("run-install-10-10", TimeLimitError("Still.", code="time_limit"))
    assert left_jobs(world.product(), wait=False)[1]["exit_code"] is None


def test_a_server_without_jobs(database_server: FakeManager) -> None:
    assert left_jobs(database_server.product()) == []


def test_what_nobody_will_ask_for_is_removed(world: FakeManager) -> None:
    assert [job["action"] for job in left_jobs(world.product(), remove=True)] == ["backup", "install"]
    assert left_jobs(world.product()) == []
    assert set(world.jobs) == {"run-whatever", "other-install-10-10"}
    assert not any("run-restore" in folder for folder in world.folders)  # as where the disk was full before it could be started


@pytest.mark.parametrize("remove", [True, False])
def test_tasks_that_are_there_again_are_removed_when_their_jobs_are_gone(world: FakeManager, remove: bool) -> None:
    world.tasks = {
        "rehearsal-1": ["JP1DB01", r"\jp1_itdm\rehearsal-1", rf"{JOBS.upper()}\rehearsal-1\run.cmd "],  # as Windows shows it, with a blank
        "other-backup": [rf'"{JOBS}\other-backup\run.cmd"'],
        "other-install-10-10": [rf"{JOBS}\other-install-10-10\run.cmd"],  # its folder is there
        "elsewhere": [r"E:\journal\jobs\elsewhere\run.cmd"],
        "by a person": [r"C:\Windows\notepad.exe"],
    }
    before = set(world.tasks)
    assert left_tasks(world.product(), remove=remove) == ["other-backup", "rehearsal-1"]
    assert before - set(world.tasks) == ({"other-backup", "rehearsal-1"} if remove else set())
    assert left_tasks(world.product()) == ([] if remove else ["other-backup", "rehearsal-1"])
