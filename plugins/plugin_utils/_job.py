# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A long step, detached: started by the Task Scheduler, so that neither a lost connection nor the end of an Ansible task ends it.

A job has a folder of its own, for administrators only. Its command file starts the program, keeps its output and at the end moves the
result into place, so that a result is there completely or not at all. A job that is found again is taken up and never started twice.

Note that this module is private to the collection.
"""

from __future__ import annotations

import ntpath
import os
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from ansible_collections.jp1.itdm.plugins.module_utils._errors import (
    CommandError,
    ConnectionLostError,
    OptionError,
    TimeLimitError,
    UnknownOutcomeError,
)
from ansible_collections.jp1.itdm.plugins.plugin_utils import _windows as windows
from ansible_collections.jp1.itdm.plugins.plugin_utils._host import CommandResult, Host
from ansible_collections.jp1.itdm.plugins.plugin_utils._paths import windows_path
from ansible_collections.jp1.itdm.plugins.plugin_utils._probe import Answer, Probe
from ansible_collections.jp1.itdm.plugins.plugin_utils._quoting import command_line
from ansible_collections.jp1.itdm.plugins.plugin_utils._quoting import path as quote

_RUNNING = "267009"  # SCHED_S_TASK_RUNNING as the task's last result; the word for it differs by language
_LOOK_SECONDS = 14  # below the connection's operation timeout, so that one look is one answer
_OUTPUT_CHARACTERS = 20_000
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")

_TASK = """<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Description>jp1.itdm {name}</Description></RegistrationInfo>
  <Principals><Principal id="Author"><UserId>S-1-5-18</UserId><RunLevel>HighestAvailable</RunLevel></Principal></Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <AllowStartOnDemand>true</AllowStartOnDemand>
    <StartWhenAvailable>false</StartWhenAvailable>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <Priority>5</Priority>
  </Settings>
  <Actions Context="Author"><Exec><Command>{command}</Command></Exec></Actions>
</Task>
"""


@dataclass(frozen=True)
class JobState:
    """What is known of a job.

    :ivar exit_code: the program's, or None while there is no result.
    :ivar running: whether the Task Scheduler says that it runs.
    :ivar output: the last of the program's output.
    """

    exit_code: int | None
    running: bool
    output: str


class Job:
    """One detached program.

    :param host: the server.
    :param folder: the folder that holds the jobs' folders.
    :param name: the job's name; the same step of the same run has the same name.
    :raises OptionError: the name has characters that do not suit a task and a folder.
    """

    #: Seconds for which a server that does not answer is waited for, for example while it restarts.
    reconnect_limit: float = 900.0
    reconnect_pause: float = 5.0

    def __init__(self, host: Host, folder: str, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise OptionError(f"{name!r} is no name for a job.", code="bad_job_name")
        self.host = host
        self.name = name
        self.folder = f"{windows_path(folder)}\\{name}"
        self.task = f"jp1_itdm\\{name}"
        self._parent = os.getppid()

    def _file(self, name: str) -> str:
        return f"{self.folder}\\{name}"

    def look(self, wait_seconds: int = 0) -> JobState | None:
        """Look at the job, None when there is none of that name.

        :param wait_seconds: how long the server may wait for the result before it answers.
        """
        result_file = quote(self._file("result.txt"))
        waiting = f"for /l %i in (1,1,{wait_seconds}) do @if not exist {result_file} ping -n 2 127.0.0.1>nul"
        seen = self.host.ask(
            waited=Probe(waiting if wait_seconds else "rem", lambda answer: None),
            there=windows.file_exists(self._file("run.cmd")),
            result=windows.file_text(self._file("result.txt"), 1000),
            running=_task_runs(self.task),
            output=windows.file_text(self._file("output.txt"), _OUTPUT_CHARACTERS),
        )
        if not seen.there:
            return None
        return JobState(self._exit_code(seen.result), seen.running, seen.output or "")

    def _exit_code(self, text: str | None) -> int | None:
        match = re.fullmatch(rf"{re.escape(self.name)} (-?\d+)\s*", text or "")
        return int(match[1]) if match else None

    def start(self, argv: Sequence[str], *, stdin: bytes | None = None, working_folder: str | None = None) -> None:
        """Start the program; whatever an earlier job of this name left is removed first.

        :raises CommandError: C(task_not_started).
        """
        self.remove()
        host = self.host
        host.make_folder(self.folder, owner_only=True)
        if stdin is not None:
            host.write_file(self._file("stdin.txt"), stdin, owner_only=True)
        host.write_file(self._file("run.cmd"), self._script(argv, stdin is not None, working_folder))
        xml = _TASK.format(name=escape(self.name), command=escape(self._file("run.cmd")))
        host.write_file(self._file("task.xml"), xml.encode("utf-16"))
        for arguments in (
            ["schtasks", "/create", "/f", "/tn", self.task, "/xml", self._file("task.xml")],
            ["schtasks", "/run", "/tn", self.task],
        ):
            result = host.run(arguments, time_limit=host.short_time_limit)
            if result.exit_code:
                raise CommandError(
                    f"The Task Scheduler did not take the job {self.name}.",
                    code="task_not_started",
                    remedy="Check that the Task Scheduler service runs and that the account is an administrator.",
                    evidence={"exit_code": result.exit_code, "stdout": result.stdout, "stderr": result.stderr},
                )

    def _script(self, argv: Sequence[str], has_stdin: bool, working_folder: str | None) -> bytes:
        source = quote(self._file("stdin.txt")) if has_stdin else "nul"
        batch = ntpath.splitext(argv[0])[1].lower() in (".bat", ".cmd")
        lines = [
            f"cd /d {quote(windows_path(working_folder))}" if working_folder else "rem",
            f"{'call ' if batch else ''}{command_line(argv)} <{source} >{quote(self._file('output.txt'))} 2>&1",
            "set jp1_itdm_code=%errorlevel%",
            *([f"del /f /q {source}"] if has_stdin else []),
        ]
        # A batch file halves every percent sign, except in the one variable that is meant.
        text = [line.replace("%", "%%") if "%errorlevel%" not in line else line for line in lines]
        temporary, result = quote(self._file("result.tmp")), quote(self._file("result.txt"))
        text = ["@echo off", *text, f">{temporary} echo {self.name} %jp1_itdm_code%", f"move /y {temporary} {result} >nul", ""]
        return "\r\n".join(text).encode(self.host.runner.code_page_fallback)

    def wait(self, time_limit: float, on_output: Callable[[str], None] | None = None) -> CommandResult:
        """Wait for the program's end over lost connections and restarts of the server.

        :param time_limit: seconds; when they are over the program is left running.
        :param on_output: receives new output.
        :raises TimeLimitError: C(time_limit).
        :raises UnknownOutcomeError: C(job_lost): the job ended without a result, for example by a restart of the server.
        :raises ConnectionLostError: the server did not answer for L(reconnect_limit) seconds.
        """
        begin = time.monotonic()
        shown = ""
        while True:
            state = self._look_again(begin + time_limit)
            self._require_controller()
            if state is None:
                raise self._lost("its folder is gone")
            if on_output and state.output != shown:
                on_output(_news(shown, state.output))
                shown = state.output
            if state.exit_code is not None:
                return CommandResult(state.exit_code, state.output, "", time.monotonic() - begin)
            if not state.running:
                # the result may have come between the two questions of one look
                state = self.look()
                if state is not None and state.exit_code is not None:
                    continue
                raise self._lost("it does not run any more and left no result")
            if time.monotonic() - begin > time_limit:
                raise TimeLimitError(
                    f"The job {self.name} on {self.host.name} still runs after {time_limit:g} seconds; it is left running.",
                    code="time_limit",
                    remedy="Wait for its end, then run the same playbook again: it takes the job up.",
                    evidence={"stdout": state.output[-2000:]},
                )

    def _look_again(self, end: float) -> JobState | None:
        give_up: float | None = None
        while True:
            try:
                return self.look(_LOOK_SECONDS if time.monotonic() < end else 0)
            except ConnectionLostError as error:
                give_up = give_up or time.monotonic() + self.reconnect_limit
                if error.code == "controller_gone" or time.monotonic() > give_up:
                    raise
                self.host.log(1, f"{self.host.name} does not answer; the job {self.name} is waited for")
                time.sleep(self.reconnect_pause)

    def _require_controller(self) -> None:
        # a killed ansible-playbook leaves its workers alive; this one must leave the job to the next run
        if os.getppid() != self._parent:
            raise ConnectionLostError("The ansible-playbook process that started this task has ended.", code="controller_gone")

    def _lost(self, why: str) -> UnknownOutcomeError:
        return UnknownOutcomeError(
            f"The outcome of the job {self.name} on {self.host.name} is unknown: {why}.",
            code="job_lost",
            remedy="The server is looked at again before anything else is done.",
        )

    def remove(self) -> None:
        """Remove the task and the job's folder, if they are there."""
        self.host.run(["schtasks", "/delete", "/f", "/tn", self.task], time_limit=self.host.short_time_limit, idempotent=True)
        self.host.remove_folder(self.folder)


def run_job(
    job: Job,
    argv: Sequence[str],
    *,
    time_limit: float,
    stdin: bytes | None = None,
    working_folder: str | None = None,
    on_output: Callable[[str], None] | None = None,
    secrets: Iterable[str] = (),
) -> CommandResult:
    """Run a program as a job and return its end; a job of that name that is there already is taken up and not started again.

    :raises UpgradeError: as L(Job.start) and L(Job.wait).
    """
    if job.look() is None:
        job.start(argv, stdin=stdin, working_folder=working_folder)
    result = job.wait(time_limit, on_output)
    job.remove()
    return result


def _task_runs(task: str) -> Probe[bool]:
    def parse(answer: Answer) -> bool:
        return any(_RUNNING in re.findall(r'"([^"]*)"', line) for line in answer.text.split("\n"))

    return Probe(f"schtasks /query /tn {quote(task)} /fo csv /nh /v 2>nul", parse)


def _news(before: str, now: str) -> str:
    overlap = before[-200:]
    at = now.rfind(overlap) if overlap else -1
    return now[at + len(overlap) :] if at >= 0 else now
