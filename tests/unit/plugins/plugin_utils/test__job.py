# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A detached program: its files, its task, and what is made of what the server shows."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Set
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils._errors import (
    CommandError,
    ConnectionLostError,
    OptionError,
    PreconditionError,
    TimeLimitError,
    UnknownOutcomeError,
)
from ansible_collections.jp1.itdm.plugins.module_utils._parse_system import OsTimes
from ansible_collections.jp1.itdm.plugins.plugin_utils._host import CommandResult
from ansible_collections.jp1.itdm.plugins.plugin_utils._job import Job, run_job
from ansible_collections.jp1.itdm.plugins.plugin_utils._job_view import _fields
from ansible_collections.jp1.itdm.plugins.plugin_utils._probe import Answer
from ansible_collections.jp1.itdm.tests.unit.plugins.fake_windows import CLOCK

FOLDER = r"C:\ProgramData\jp1_itdm_upgrade\jobs"
OWN = FOLDER + r"\run1-install"
RUNNING, NOT_YET, ENDED = frozenset({"267009"}), frozenset({"267011"}), frozenset({"0"})
BEGIN = "LastBootUpTime=20260228120000.000000+000\nLocalDateTime=20260301120000.000000+000\n"


class Server:
    """Answers each look with the next of a list: a look's answers, or the failure of asking."""

    short_time_limit = 5.0
    name = "JP1DB01"

    def __init__(self, *looks: Any) -> None:
        self.looks = list(looks)
        self.runner = SimpleNamespace(code_page_fallback="cp932")
        self.files: dict[str, bytes] = {}
        self.problem: str | None = None
        self.refused = 0
        self.asked: list[dict[str, str]] = []
        self.ran: list[str] = []
        self.exit_code = 0
        self.lines: list[str] = []

    def ask(self, **probes: Any) -> SimpleNamespace:
        self.asked.append({name: probe.command for name, probe in probes.items()})
        look = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        if isinstance(look, Exception):
            raise look
        return SimpleNamespace(**look)

    def write_folder(self, path: str, files: Mapping[str, bytes], *, unless: str, then: str) -> None:
        assert (path, unless) == (OWN, "started")
        assert then.startswith('(schtasks /create /f /tn "jp1_itdm\\run1-install" /xml ')
        if self.refused:
            raise CommandError("It did not work.", evidence={"exit_code": self.refused, "stdout": "ERROR: Access is denied."})
        if self.problem:
            raise PreconditionError("It exists already.", code=self.problem)
        self.files.update(files)

    def run(self, line: str, **options: Any) -> CommandResult:
        assert options["idempotent"]
        self.ran.append(line)
        return CommandResult(self.exit_code, "", "", 0.1)

    def log(self, level: int, text: str) -> None:
        self.lines.append(text)

    @property
    def started(self) -> int:
        """How many looks were to start the job, too."""
        return sum("started" in asked for asked in self.asked)


def look(
    result: str | None = None,
    task: Set[str] = RUNNING,
    output: str = "",
    *,
    there: bool = True,
    started: str | None = None,
    boot: timedelta | None = timedelta(days=-1),
    log: str = "",
) -> dict[str, Any]:
    times = None if boot is None else OsTimes(CLOCK + boot, CLOCK)
    return {
        "there": there,
        "result": result,
        "task": task,
        "output": output,
        "begin": BEGIN,
        "times": times,
        "started": started,
        "log": log,
    }


def job(server: Server, name: str = "run1-install", **options: Any) -> Job:
    made = Job(server, FOLDER, name, **options)  # type: ignore[arg-type]
    made.reconnect_pause = 0
    return made


def lost(server: Server) -> UnknownOutcomeError:
    with pytest.raises(UnknownOutcomeError) as caught:
        job(server).wait(60)
    assert caught.value.code == "job_lost"
    return caught.value


NOTHING = look(there=False)
LOST = ConnectionLostError("JP1DB01 can not be reached.", code="unreachable")
DONE = look("run1-install 0\n", ENDED)


def test_a_job_is_started_and_its_end_is_waited_for() -> None:
    server = Server(look(), look(output="one\n"), look("run1-install 3010\n", ENDED, "one\ntwo\n"))
    shown: list[str] = []
    result = run_job(job(server), ["setup.exe", "/s"], time_limit=60, on_output=shown.append)
    assert result.exit_code == 3010
    assert result.stdout == "one\ntwo\n"
    assert "".join(shown) == "one\ntwo\n"
    assert server.started == 1
    assert len(server.ran) == 1
    assert "schtasks /delete" in server.ran[0]


def test_a_job_that_is_kept_is_not_removed() -> None:
    server = Server(DONE)
    assert run_job(job(server), ["setup.exe"], time_limit=60, keep=True).exit_code == 0
    assert server.ran == []


def test_a_short_job_costs_three_round_trips() -> None:
    server = Server(DONE)
    assert run_job(job(server), ["setup.exe"], time_limit=60).exit_code == 0
    assert (len(server.asked), len(server.ran)) == (1, 1)


def test_a_job_that_is_there_is_taken_up_and_not_started() -> None:
    server = Server(look(), DONE)
    server.problem = "file_exists"
    assert run_job(job(server), ["setup.exe"], time_limit=60).exit_code == 0
    assert server.started == 0
    assert server.files == {}


def test_another_problem_with_its_folder_is_told() -> None:
    server = Server(NOTHING)
    server.problem = "folder_missing"
    with pytest.raises(PreconditionError):
        job(server).start(["setup.exe"])
    assert server.started == 0


def test_the_line_that_starts_it_can_be_repeated() -> None:
    """Only who makes the folder starts the task, or who finds that it has not run."""
    server = Server(look())
    job(server).start(["setup.exe"])
    command = server.asked[0]["started"]
    assert command.startswith(f'md "{OWN}\\started" 2>nul&&(')
    assert '|find "267011">nul&&schtasks /run' in command


def test_a_job_that_was_started_by_a_lost_answer_is_waited_for() -> None:
    server = Server(DONE)
    waiting = job(server)
    waiting.start(["setup.exe"])
    answer = waiting._start_once().parse
    assert answer(Answer(1, "")) is None  # it was started before
    assert answer(Answer(0, "SUCCESS: created\nSUCCESS: run\n#\n")) is None
    assert answer(Answer(0, "ERROR: no\n")) == "ERROR: no\n"


@pytest.mark.parametrize("text", ["run0-install 0\n", "run1-install\n", "0\n", "", "run1-install 0 1\n"])
def test_a_result_of_something_else_is_none(text: str) -> None:
    lost(Server(look(text, ENDED)))


@pytest.mark.parametrize(
    ("looks", "restarted"),
    [
        ([look(task=ENDED)], False),
        ([look(task=set())], False),
        ([look(task=set(), boot=None)], None),
        ([look(task=ENDED, boot=timedelta(minutes=1))], True),
        # what the Task Scheduler shows may be from before the restart
        ([look(), look(boot=timedelta(minutes=1))], True),
        ([look("run1-install 1073807364\n", ENDED)], False),
        ([look("run1-install -1073741510\n", ENDED, boot=timedelta(minutes=1))], True),
        ([look(), NOTHING], None),
    ],
)
def test_a_job_that_left_no_result_is_lost(looks: list[Any], restarted: bool | None) -> None:
    assert lost(Server(*looks)).evidence["restarted"] is restarted


def test_a_lost_job_is_removed_so_that_its_step_can_begin_anew() -> None:
    server = Server(look(task=ENDED))
    with pytest.raises(UnknownOutcomeError):
        run_job(job(server), ["setup.exe"], time_limit=60)
    assert "rmdir" in server.ran[0]


def test_the_result_of_before_a_restart_counts() -> None:
    assert job(Server(look("run1-install 3010\n", ENDED, boot=timedelta(minutes=1)))).wait(60).exit_code == 3010


def test_a_result_that_comes_between_two_questions_counts() -> None:
    server = Server(look(task=ENDED), look("run1-install 5\n", ENDED))
    assert job(server).wait(60).exit_code == 5


def test_a_task_that_is_started_late_is_waited_for_but_not_for_ever(no_waiting: list[float]) -> None:
    assert job(Server(look(task=NOT_YET), DONE)).wait(60).exit_code == 0
    waiting = job(Server(look(task=NOT_YET)))
    state = waiting.look()
    assert state is not None
    assert state.lives(29)
    assert not state.lives(31)


def test_a_lost_connection_says_nothing_about_the_job() -> None:
    server = Server(LOST, LOST, look(), LOST, DONE)
    assert job(server).wait(60).exit_code == 0
    assert any("does not answer" in line for line in server.lines)


@pytest.mark.parametrize("code", ["unreachable", "wrong_credentials", "controller_gone"])
def test_a_server_that_stays_away_is_not_waited_for_without_end(no_waiting: list[float], code: str) -> None:
    waiting = job(Server(ConnectionLostError("It is gone.", code=code)))
    waiting.reconnect_pause = 5
    with pytest.raises(ConnectionLostError):
        waiting.wait(60)
    assert sum(no_waiting) == (65 if code == "unreachable" else 0)


def test_time_that_is_over_leaves_the_program_running() -> None:
    server = Server(look(output="still busy\n", log="at 40 %\n"))
    with pytest.raises(TimeLimitError) as caught:
        job(server, log_file="C:\\setup.log").wait(-1)
    assert caught.value.code == "time_limit"
    assert caught.value.evidence == {"stdout": "still busy\n", "log": "at 40 %\n"}
    assert server.ran == []


def test_its_log_is_shown_while_it_grows() -> None:
    server = Server(look(log="one\n"), look(log="one\ntwo\n"), {**DONE, "log": "one\ntwo\n"})
    shown: list[str] = []
    job(server, log_file="C:\\setup.log").wait(60, shown.append)
    assert shown == ["one\n", "two\n"]


def test_secrets_are_masked_in_what_it_writes() -> None:
    result = job(Server({**DONE, "output": "password correct horse\n"}), secrets=["correct horse"]).wait(60)
    assert result.stdout == "password ********\n"


def ends(start: Callable[[Job], Any], monkeypatch: pytest.MonkeyPatch) -> Server:
    server = Server(DONE)
    waiting = job(server)
    monkeypatch.setattr(os, "getppid", lambda: -1)
    with pytest.raises(ConnectionLostError) as caught:
        start(waiting)
    assert caught.value.code == "controller_gone"
    return server


def test_a_worker_without_its_controller_starts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    server = ends(lambda waiting: run_job(waiting, ["setup.exe"], time_limit=60), monkeypatch)
    assert server.started == 0


def test_a_worker_without_its_controller_leaves_the_job_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ends(lambda waiting: waiting.wait(60), monkeypatch).ran == []


@pytest.mark.parametrize("failure", ["exit code", "connection"])
def test_what_can_not_be_removed_is_no_failure_of_the_step(monkeypatch: pytest.MonkeyPatch, failure: str) -> None:
    server = Server(DONE)
    if failure == "exit code":
        server.exit_code = 1
    else:

        def lose(line: Any, **options: Any) -> None:
            raise LOST

        monkeypatch.setattr(server, "run", lose)
    assert run_job(job(server), ["setup.exe"], time_limit=60).exit_code == 0
    assert "remove it by hand" in server.lines[-1]


def test_the_command_file() -> None:
    server = Server(look())
    argv = [r"C:\Program Files (x86)\x\a.exe", "/f", "100% 日本"]
    job(server).start(argv, stdin=b"secret", working_folder=r"D:\w", files={"response.txt": b"key"})
    text = server.files["run.cmd"].decode("cp932")
    assert 'cd /d "D:\\w"||goto ended' in text
    assert "日本" in text
    assert "%%" in text
    assert "secret" not in text
    assert rf'<"{OWN}\stdin.txt"' in text
    assert "run1-install %jp1_itdm_code%" in text
    for private in ("stdin.txt", "response.txt"):
        assert text.index(rf'del /f /q "{OWN}\{private}"') < text.index("move /y")
    assert text.rstrip().endswith("&exit")
    assert server.files["stdin.txt"] == b"secret"


@pytest.mark.parametrize(
    ("program", "start"),
    [("a.exe", "a.exe <nul"), ("a.cmd", "call a.cmd <nul"), ("A.BAT", "call A.BAT <nul"), ("D:\\a %.cmd", 'call "D:\\a %%%%.cmd" <nul')],
)
def test_a_batch_file_comes_back(program: str, start: str) -> None:
    server = Server(look())
    job(server).start([program])
    assert server.files["run.cmd"].decode().split("\r\n")[1].startswith(start)


def test_a_character_that_the_server_can_not_read_is_told() -> None:
    server = Server(look())
    with pytest.raises(OptionError, match="'é'") as caught:
        job(server).start(["D:\\café.exe"])
    assert caught.value.code == "bad_command"


def test_the_task_never_fires_by_itself_and_never_ends_by_itself() -> None:
    server = Server(look())
    job(server).start(["a.exe"])
    xml = server.files["task.xml"].decode("utf-16")
    assert "Trigger" not in xml
    assert "<ExecutionTimeLimit>PT0S</ExecutionTimeLimit>" in xml
    assert "<UserId>S-1-5-18</UserId>" in xml
    assert "<DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>" in xml


@pytest.mark.parametrize("refused", [True, False], ids=["at its making", "at its start"])
def test_a_task_that_is_not_taken_is_a_failure(refused: bool) -> None:
    server = Server(look(there=False, started="ERROR: Access is denied.\n"))
    server.refused = 71 if refused else 0
    with pytest.raises(CommandError) as caught:
        job(server).start(["a.exe"])
    assert caught.value.code == "task_not_started"
    assert "denied" in caught.value.evidence["output"]
    assert server.started == (0 if refused else 1)


def test_another_failure_of_its_files_is_told() -> None:
    server = Server(look())
    server.refused = 5
    with pytest.raises(CommandError, match="It did not work"):
        job(server).start(["a.exe"])


@pytest.mark.parametrize("name", ["", "a b", "..\\x", "a/b", "日本"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(OptionError):
        job(Server(NOTHING), name)


def test_the_fields_of_a_task_are_read_whatever_they_say() -> None:
    assert {"実行中", "267009"} <= _fields(Answer(0, '"JP1DB01","\\jp1_itdm\\x","N/A","実行中","267009"\n'))
