# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A detached program: its files, its task, and what is made of what the server shows."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils._errors import (
    CommandError,
    ConnectionLostError,
    OptionError,
    TimeLimitError,
    UnknownOutcomeError,
)
from ansible_collections.jp1.itdm.plugins.plugin_utils._host import CommandResult
from ansible_collections.jp1.itdm.plugins.plugin_utils._job import Job, run_job

FOLDER = r"C:\ProgramData\jp1_itdm_upgrade\jobs"


class Server:
    """Answers each look with the next of a list: a look's answers, or the failure of asking."""

    short_time_limit = 5.0
    name = "JP1DB01"

    def __init__(self, *looks: Any) -> None:
        self.looks = list(looks)
        self.runner = SimpleNamespace(code_page_fallback="cp932")
        self.files: dict[str, bytes] = {}
        self.private: set[str] = set()
        self.ran: list[list[str]] = []
        self.removed: list[str] = []
        self.exit_codes: dict[str, int] = {}
        self.lines: list[str] = []

    def ask(self, **probes: Any) -> SimpleNamespace:
        look = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        if isinstance(look, Exception):
            raise look
        return SimpleNamespace(**look)

    def run(self, command: list[str], **options: Any) -> CommandResult:
        self.ran.append(command)
        return CommandResult(self.exit_codes.get(command[1], 0), "", "", 0.1)

    def make_folder(self, path: str, *, owner_only: bool = False) -> None:
        assert owner_only

    def write_file(self, path: str, data: bytes, *, owner_only: bool = False, replace: bool = False) -> None:
        self.files[path] = data
        if owner_only:
            self.private.add(path)

    def remove_folder(self, path: str) -> None:
        self.removed.append(path)

    def log(self, level: int, text: str) -> None:
        self.lines.append(text)


def look(result: str | None = None, running: bool = True, output: str = "", there: bool = True) -> dict[str, Any]:
    return {"there": there, "result": result, "running": running, "output": output}


def job(server: Server, name: str = "run1-install") -> Job:
    made = Job(server, FOLDER, name)  # type: ignore[arg-type]
    made.reconnect_pause = 0
    return made


NOTHING = look(there=False)
LOST = ConnectionLostError("JP1DB01 can not be reached.", code="unreachable")


def test_a_job_is_started_and_its_end_is_waited_for() -> None:
    server = Server(NOTHING, look(), look(output="one\n"), look("run1-install 3010\n", False, "one\ntwo\n"))
    shown: list[str] = []
    result = run_job(job(server), ["setup.exe", "/s"], time_limit=60, on_output=shown.append)
    assert result.exit_code == 3010
    assert result.stdout == "one\ntwo\n"
    assert "".join(shown) == "one\ntwo\n"
    assert [command[1] for command in server.ran] == ["/delete", "/create", "/run", "/delete"]
    assert server.removed[-1] == FOLDER + r"\run1-install"


def test_a_job_that_is_there_is_taken_up_and_not_started() -> None:
    server = Server(look(), look("run1-install 0\n", False))
    assert run_job(job(server), ["setup.exe"], time_limit=60).exit_code == 0
    assert [command[1] for command in server.ran] == ["/delete"]
    assert server.files == {}


@pytest.mark.parametrize("text", ["run0-install 0\n", "run1-install\n", "0\n", "", "run1-install 0 1\n"])
def test_a_result_of_something_else_is_none(text: str) -> None:
    server = Server(look(text, False))
    with pytest.raises(UnknownOutcomeError) as caught:
        job(server).wait(60)
    assert caught.value.code == "job_lost"


def test_a_job_that_is_gone_is_lost() -> None:
    with pytest.raises(UnknownOutcomeError):
        job(Server(look(), NOTHING)).wait(60)


def test_a_result_that_comes_between_two_questions_counts() -> None:
    server = Server(look(running=False), look("run1-install 5\n", False))
    assert job(server).wait(60).exit_code == 5


def test_a_lost_connection_says_nothing_about_the_job() -> None:
    server = Server(LOST, LOST, look(), LOST, look("run1-install 0\n", False))
    assert job(server).wait(60).exit_code == 0
    assert any("does not answer" in line for line in server.lines)


def test_a_server_that_stays_away_is_not_waited_for_without_end() -> None:
    waiting = job(Server(LOST))
    waiting.reconnect_limit = -1
    with pytest.raises(ConnectionLostError):
        waiting.wait(60)


def test_time_that_is_over_leaves_the_program_running() -> None:
    server = Server(look(output="still busy\n"))
    with pytest.raises(TimeLimitError) as caught:
        job(server).wait(-1)
    assert caught.value.code == "time_limit"
    assert server.ran == []
    assert server.removed == []


def test_a_worker_without_its_controller_leaves_the_job_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(look("run1-install 0\n", False))
    waiting = job(server)
    monkeypatch.setattr(os, "getppid", lambda: -1)
    with pytest.raises(ConnectionLostError) as caught:
        run_job(waiting, ["setup.exe"], time_limit=60)
    assert caught.value.code == "controller_gone"
    assert server.removed == []


def test_the_command_file() -> None:
    server = Server(NOTHING)
    job(server).start([r"C:\Program Files (x86)\x\a.exe", "/f", "100% 日本"], stdin=b"secret", working_folder=r"D:\w")
    text = server.files[FOLDER + r"\run1-install\run.cmd"].decode("cp932")
    assert 'cd /d "D:\\w"' in text
    assert "日本" in text
    assert "%%" in text
    assert "secret" not in text
    assert r'<"C:\ProgramData\jp1_itdm_upgrade\jobs\run1-install\stdin.txt"' in text
    assert "run1-install %jp1_itdm_code%" in text
    assert text.index("del /f /q") < text.index("move /y")
    assert FOLDER + r"\run1-install\stdin.txt" in server.private


def test_the_task_never_fires_by_itself_and_never_ends_by_itself() -> None:
    server = Server(NOTHING)
    job(server).start(["a.exe"])
    xml = server.files[FOLDER + r"\run1-install\task.xml"].decode("utf-16")
    assert "Trigger" not in xml
    assert "<ExecutionTimeLimit>PT0S</ExecutionTimeLimit>" in xml
    assert "<UserId>S-1-5-18</UserId>" in xml
    assert "<DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>" in xml


@pytest.mark.parametrize("verb", ["/create", "/run"])
def test_a_task_that_is_not_taken_is_a_failure(verb: str) -> None:
    server = Server(NOTHING)
    server.exit_codes[verb] = 1
    with pytest.raises(CommandError) as caught:
        job(server).start(["a.exe"])
    assert caught.value.code == "task_not_started"


@pytest.mark.parametrize("name", ["", "a b", "..\\x", "a/b", "日本"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(OptionError):
        job(Server(NOTHING), name)
