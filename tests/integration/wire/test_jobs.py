# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Detached programs on real hosts of the lab: they are started once and their end is seen, whatever happens to the connection."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils._errors import TimeLimitError, UnknownOutcomeError
from ansible_collections.jp1.itdm.plugins.plugin_utils import _job, _windows
from ansible_collections.jp1.itdm.plugins.plugin_utils._job import Job, run_job
from ansible_collections.jp1.itdm.plugins.plugin_utils._job_view import TASK_FOLDER
from ansible_collections.jp1.itdm.plugins.plugin_utils._left_jobs import left_tasks
from ansible_collections.jp1.itdm.plugins.plugin_utils._product import Product
from ansible_collections.jp1.itdm.plugins.plugin_utils._profiles import load_profile

from tests.integration.lab_system import CHECKOUT, DATABASE, NUMBER, System
from tests.integration.wire.lab_host import LabHost, lab_variables
from tests.integration.wire.transports import cases
from tests.lab.control.lab import Lab

NAME = DATABASE
FOLDER = "D:\\JP1\\jobs"
WORK = FOLDER + "\\work & 100%.cmd"
COUNTER = FOLDER + "\\counter.txt"
SCRIPT = f"@echo off\r\necho ran>>{COUNTER}\r\necho working\r\nping -n %1 127.0.0.1>nul\r\necho ended>>{COUNTER}\r\nexit /b 5\r\n"
TOO_MANY_OPERATIONS = 0x803381A6


@pytest.fixture(scope="module", autouse=True)
def first_state(lab: Lab) -> None:
    """The system as after C(up)."""
    lab.reset(NUMBER)


@pytest.fixture
def connect(lab: Lab, transport: str) -> Iterator[Callable[..., LabHost]]:
    """Makes hosts with their own connections, as the tasks of a run have them."""
    lab.clear_faults(NAME)
    hosts: list[LabHost] = []

    def make(**variables: Any) -> LabHost:
        hosts.append(LabHost({**lab_variables(lab, NAME, transport), **variables}))
        return hosts[-1]

    yield make
    lab.clear_faults(NAME)
    for host in hosts:
        host.disconnect()


@pytest.fixture
def host(connect: Callable[..., LabHost]) -> LabHost:
    """A host with a program that takes its time and counts its starts."""
    return prepared(connect())


def prepared(host: LabHost, program: str = WORK) -> LabHost:
    host.remove_folder(FOLDER)
    host.make_folder(FOLDER)
    host.write_file(program, SCRIPT.encode())
    return host


@pytest.fixture
def short_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let there be many looks at a short program."""
    monkeypatch.setattr(_job, "_LOOK_SECONDS", 1)


def work(host: LabHost, name: str = "run1-install") -> Job:
    made = Job(host, FOLDER + "\\jobs", name)
    made.reconnect_pause = 0.5
    return made


def counted(host: LabHost) -> str:
    text: str = host.ask(text=_windows.file_text(COUNTER)).text or ""
    return text


def lines_sent(lab: Lab, since: int) -> list[str]:
    return [entry["command"] for entry in lab.wire_log(NAME)[since:] if entry.get("action") == "Command"]


def test_a_job_gets_all_it_needs_and_leaves_nothing(host: LabHost, lab: Lab) -> None:
    since = len(lab.wire_log(NAME))
    stdin = b"correct horse\r\n100% ok\r\n"
    job = Job(host, FOLDER + "\\jobs", "run1-restore", secrets=["correct horse"])
    result = run_job(job, ["find", "/v", ""], time_limit=60, stdin=stdin, working_folder=FOLDER, files={"response.txt": b"x"})
    assert (result.exit_code, result.stdout) == (0, "********\n100% ok\n")
    sent = lines_sent(lab, since)
    assert len(sent) == 3
    assert not any("correct horse" in line for line in sent)
    assert host.list_folder(FOLDER + "\\jobs") == []
    assert host.run(["schtasks", "/query", "/tn", job.task], time_limit=30).exit_code != 0


def test_the_folder_is_for_administrators_and_secrets_go_with_the_program(host: LabHost) -> None:
    job = work(host)
    job.start([WORK, "3"], wait_seconds=0, stdin=b"secret", files={"response.txt": b"secret"})
    names = {item.name for item in host.list_folder(job.folder)}
    assert {"run.cmd", "task.xml", "started"} <= names
    rights = host.run(["icacls", job.folder], time_limit=30).stdout
    assert "(OI)(CI)(F)" in rights
    assert "Users" not in rights
    job.wait(60)
    assert not {"stdin.txt", "response.txt"} & {item.name for item in host.list_folder(job.folder)}
    job.remove()


def test_the_end_is_seen_within_two_seconds(host: LabHost, lab: Lab) -> None:
    job = work(host)
    job.start([WORK, "18"])  # longer than the first look
    assert job.wait(60).exit_code == 5
    seen = time.time()
    assert seen - float(System(lab).inside(NAME, "stat", "-c", "%.3Y", "/opt/lab/drive_d/JP1/jobs/jobs/run1-install/result.txt")) < 2
    job.remove()


def test_a_job_outlives_the_connection_and_is_taken_up(host: LabHost, connect: Callable[..., LabHost]) -> None:
    with pytest.raises(TimeLimitError) as caught:
        run_job(work(host), [WORK, "6"], time_limit=1)
    assert caught.value.evidence["stdout"] == "working\n"
    host.disconnect()
    again = connect()
    assert run_job(work(again), [WORK, "6"], time_limit=60).exit_code == 5
    assert counted(again) == "ran\nended\n"


AT_THE_START: dict[str, dict[str, Any]] = {
    "files not received": {"kind": "drop_before", "action": "Command", "command": "all.b64"},
    "content not received": {"kind": "drop_before", "action": "Send"},
    "answer about the files lost": {"kind": "drop_after", "action": "Receive", "command": "all.b64"},
    "start not received": {"kind": "drop_before", "action": "Command", "command": "schtasks /run"},
    "answer to the start lost": {"kind": "drop_after", "action": "Command", "command": "schtasks /run"},
    "server busy at the start": {"kind": "http", "status": 503, "action": "Command", "command": "schtasks /run"},
    "shell full at the start": {"kind": "wsman", "code": 2150859174, "wmi_code": TOO_MANY_OPERATIONS, "command": "schtasks /run"},
    "first look lost": {"kind": "drop_after", "action": "Receive", "command": "schtasks /run"},
    "shell gone at the first look": {"kind": "shell_gone", "action": "Receive", "command": "schtasks /run"},
}
WHILE_IT_RUNS: dict[str, list[dict[str, Any]]] = {
    "answer to a look lost": [{"kind": "drop_after", "action": "Command"}, {"kind": "drop_before", "action": "Command", "skip": 1}],
    "connection dropped": [{"kind": "drop_before", "action": "Receive"}],
    "answer lost": [{"kind": "drop_after", "action": "Receive", "skip": 1}],
    "server busy for seconds": [{"kind": "http", "status": 503, "for_seconds": 4}],
    "service restarted": [{"kind": "shell_gone"}, {"kind": "drop_before", "for_seconds": 3}],
    "no more operations in the shell": [{"kind": "wsman", "code": 2150859174, "wmi_code": TOO_MANY_OPERATIONS, "action": "Command"}],
    "no more shells": [{"kind": "shell_gone"}, {"kind": "wsman", "code": 2150859173, "action": "Create"}],
}


def some(faults: dict[str, Any], *quick: str) -> list[Any]:
    """The connections with the faults; those that are not quick are slow, because they tell less that is new."""
    return [pytest.param(transport, name, marks=[] if name in quick else pytest.mark.slow) for transport, name in cases(faults)]


@pytest.mark.parametrize(
    ("transport", "fault"),
    some(AT_THE_START, "content not received", "answer to the start lost", "first look lost"),
    indirect=["transport"],
)
def test_a_job_is_started_once_over_a_bad_line(host: LabHost, lab: Lab, fault: str) -> None:
    lab.wire_fault(NAME, **AT_THE_START[fault])
    assert run_job(work(host), [WORK, "2"], time_limit=60).exit_code == 5
    assert counted(host) == "ran\nended\n"


@pytest.mark.parametrize(("transport", "fault"), some(WHILE_IT_RUNS, "service restarted", "no more shells"), indirect=["transport"])
def test_a_job_is_waited_for_over_a_bad_line(host: LabHost, lab: Lab, fault: str, short_looks: None) -> None:
    job = work(host)
    job.start([WORK, "6"], wait_seconds=1)
    for entry in WHILE_IT_RUNS[fault]:
        lab.wire_fault(NAME, **entry)
    assert job.wait(60).exit_code == 5
    assert counted(host) == "ran\nended\n"
    job.remove()


@pytest.mark.parametrize("how", ["restart", pytest.param("power_loss", marks=pytest.mark.slow)])
def test_a_restart_of_the_server_ends_a_job_without_a_result(host: LabHost, lab: Lab, how: str) -> None:
    restart = threading.Timer(2, getattr(lab, how), [NAME])
    restart.start()
    with pytest.raises(UnknownOutcomeError) as caught:
        run_job(work(host), [WORK, "40"], time_limit=60)
    restart.join()
    assert (caught.value.code, caught.value.evidence["restarted"]) == ("job_lost", True)
    assert counted(host) == "ran\n"
    # and the step can begin anew
    assert run_job(work(host), [WORK, "1"], time_limit=60).exit_code == 5


def test_a_job_that_is_gone_without_a_restart(host: LabHost, short_looks: None) -> None:
    job = work(host)
    job.start([WORK, "17"], wait_seconds=1)
    host.run(["schtasks", "/end", "/tn", job.task], time_limit=30)
    with pytest.raises(UnknownOutcomeError) as caught:
        job.wait(60)
    assert caught.value.evidence["restarted"] is False
    job.remove()


def test_a_task_that_is_there_again_is_removed(host: LabHost) -> None:
    product = Product(host, load_profile(str(CHECKOUT / "tests/lab/profile.yml")), "database_server", journal_folder="D:\\JP1")
    for name in ("again", "there", "elsewhere"):
        job = Job(host, FOLDER if name != "elsewhere" else "D:\\JP1\\other", name)
        job.start([WORK, "1"])
        assert job.wait(60).exit_code == 5
    # as a power loss leaves it: the folder is gone, and the deletion of the task is undone
    host.remove_folder(FOLDER + "\\again")
    host.remove_folder("D:\\JP1\\other")
    assert left_tasks(product) == ["again"]
    assert left_tasks(product, remove=True) == ["again"]
    assert left_tasks(product) == []
    assert set(host.ask(tasks=_windows.tasks(TASK_FOLDER)).tasks) == {"there", "elsewhere"}


def test_a_result_outlives_a_restart(host: LabHost, lab: Lab) -> None:
    job = work(host)
    job.start([WORK, "1"])
    lab.restart(NAME)
    assert job.wait(60).exit_code == 5
    job.remove()


@pytest.mark.slow
def test_a_japanese_server(connect: Callable[..., LabHost], lab: Lab) -> None:
    """The command file is read in the server's own code page; the second byte of 表 is a backslash there."""
    lab.reset(NUMBER, locale="ja")
    program = FOLDER + "\\表 work.cmd"
    host = prepared(connect(), program)
    assert run_job(work(host), [program, "1"], time_limit=60, working_folder=FOLDER).exit_code == 5
