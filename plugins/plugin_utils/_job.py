# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A long step, detached: started by the Task Scheduler, so that neither a lost connection nor the end of an Ansible task ends it.

A job has a folder of its own, for administrators only. Its command file starts the program, keeps its output and at the end moves the
result into place, so that a result is there completely or not at all. That the folder C(started) can be made only once is what keeps a
job from being started twice; in it stand the times of the server at that moment, by which a later restart is recognised.

Whether a job lives is what the Task Scheduler says. A heartbeat of our own would know no more: it would beat beside the program, not in it.

Note that this module is private to the collection.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from ansible_collections.jp1.itdm.plugins.module_utils._errors import (
    CommandError,
    ConnectionLostError,
    PreconditionError,
    TimeLimitError,
    UnknownOutcomeError,
    UpgradeError,
)
from ansible_collections.jp1.itdm.plugins.plugin_utils import _windows as windows
from ansible_collections.jp1.itdm.plugins.plugin_utils._host import CommandResult, Host
from ansible_collections.jp1.itdm.plugins.plugin_utils._job_texts import command_script, task_xml
from ansible_collections.jp1.itdm.plugins.plugin_utils._job_view import COMMAND_FILE, HAS_NOT_RUN, JobState, JobView
from ansible_collections.jp1.itdm.plugins.plugin_utils._paths import folder_test
from ansible_collections.jp1.itdm.plugins.plugin_utils._probe import Probe
from ansible_collections.jp1.itdm.plugins.plugin_utils._quoting import Line
from ansible_collections.jp1.itdm.plugins.plugin_utils._quoting import path as quote

_LOOK_SECONDS = 14  # below the connection's operation timeout, so that one look is one answer
_NOT_TAKEN = 71  # exit code of our own line
# Exit codes of a program that Windows ended because it shuts down: DBG_TERMINATE_PROCESS, STATUS_CONTROL_C_EXIT and
# STATUS_DLL_INIT_FAILED_LOGOFF.
_ENDED_BY_WINDOWS = {0x40010004, -1073741510, -1073741205}


class Job(JobView):
    """One detached program."""

    #: Seconds between two tries to reach a server that does not answer.
    reconnect_pause: float = 5.0

    def __init__(self, host: Host, folder: str, name: str, *, log_file: str = "", secrets: Iterable[str] = ()) -> None:
        super().__init__(host, folder, name, log_file=log_file, secrets=secrets)
        self._parent = os.getppid()
        self._first: JobState | None = None
        self._began: float | None = None

    # Starting

    def start(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes | None = None,
        working_folder: str | None = None,
        files: Mapping[str, bytes] | None = None,
        wait_seconds: int = _LOOK_SECONDS,
    ) -> bool:
        """Start the program, unless it was started before; what an earlier job of this name left unstarted is removed.

        :param files: what else the program finds in the job's folder; like I(stdin), the job itself removes it at its end.
        :param wait_seconds: how long the server may wait for the result at once.
        :returns: whether it was started now.
        :raises CommandError: C(task_not_started).
        """
        private = {**(files or {}), **({} if stdin is None else {"stdin.txt": stdin})}
        script = command_script(
            argv,
            name=self.name,
            folder=self.folder,
            private=private,
            has_stdin=stdin is not None,
            working_folder=working_folder,
            code_page=self.host.runner.code_page_fallback,
        )
        content = {**private, COMMAND_FILE: script, "task.xml": task_xml(self.name, self.file(COMMAND_FILE))}
        create = f"(schtasks /create /f /tn {quote(self.task)} /xml {quote(self.file('task.xml'))} 2>&1||exit {_NOT_TAKEN})"
        try:
            self.host.write_folder(self.folder, content, unless="started", then=create)
        except PreconditionError as error:
            if error.code == "file_exists":
                return False
            raise
        except CommandError as error:
            if error.evidence.get("exit_code") == _NOT_TAKEN:
                raise self._not_taken(error.evidence["stdout"]) from error
            raise
        self._require_controller()
        self._began = time.monotonic()
        seen = self.host.ask(started=self._start_once(), **self.questions(wait_seconds))
        if seen.started is not None:
            raise self._not_taken(seen.started)
        self._first = self.state(seen)
        return True

    def _start_once(self) -> Probe[str | None]:
        """Start the task. Where the line is repeated, because its answer was lost, only a task that has not run yet is started.

        The answer is None, or what the Task Scheduler said when it refused.
        """
        started, task = quote(self.file("started")), quote(self.task)
        times = f'{windows.os_times().command} 2>nul|find "=">{quote(self.file("started") + chr(92) + "times.txt")}'
        run = f"schtasks /run /tn {task}"
        again = f'{self.query()}|find "{HAS_NOT_RUN}">nul&&{run}>nul 2>nul'
        command = f"md {started} 2>nul&&({times}&({run} 2>&1&&echo #)||rmdir /s /q {started})||({again})"
        return Probe(command, lambda answer: answer.text if answer.text.strip() and "#" not in answer.text.split("\n") else None)

    def _not_taken(self, output: str) -> CommandError:
        return CommandError(
            f"The Task Scheduler did not take the job {self.name}.",
            code="task_not_started",
            remedy="Check that the Task Scheduler service runs and that the account is an administrator.",
            evidence={"output": output},
        )

    # Waiting

    def wait(self, time_limit: float, on_output: Callable[[str], None] | None = None) -> CommandResult:
        """Wait for the program's end over lost connections and restarts of the server.

        :param time_limit: seconds; when they are over the program is left running.
        :param on_output: receives what is new in the program's output and log.
        :raises TimeLimitError: C(time_limit).
        :raises UnknownOutcomeError: C(job_lost): the job ended without a result, for example by a restart of the server, which
            C(restarted) in the evidence tells (None where it is not known).
        :raises ConnectionLostError: the server did not answer until long after the time limit.
        """
        begin = time.monotonic() if self._began is None else self._began
        shown = JobState(None, False, False, None, "")
        while True:
            state, self._first = self._first or self._look_again(begin + time_limit, _LOOK_SECONDS), None
            self._require_controller()
            if state is None:
                raise self._lost("its folder is gone", None)
            if on_output:
                for before, now in ((shown.output, state.output), (shown.log, state.log)):
                    if now != before:
                        on_output(_news(before, now))
            shown = state
            waited = time.monotonic() - begin
            if state.exit_code in _ENDED_BY_WINDOWS:
                raise self._lost(f"Windows ended it with code {state.exit_code}", state.restarted)
            if state.exit_code is not None:
                return CommandResult(state.exit_code, state.output, "", waited)
            if not state.lives(waited):
                # the result may have come between two questions of one look
                self._first = self._look_again(begin + time_limit, 0)
                if self._first is None or self._first.exit_code is None:
                    why = "the server was restarted" if state.restarted else "it does not run any more and left no result"
                    raise self._lost(why, state.restarted)
            elif waited > time_limit:
                raise TimeLimitError(
                    f"The job {self.name} on {self.host.name} still runs after {time_limit:g} seconds; it is left running.",
                    code="time_limit",
                    remedy="Wait for its end, then run the same playbook again: it takes the job up.",
                    evidence={"stdout": state.output[-2000:], "log": state.log[-2000:]},
                )

    def _look_again(self, end: float, wait_seconds: int) -> JobState | None:
        while True:
            try:
                return self.look(max(0, min(wait_seconds, int(end - time.monotonic()))))
            except ConnectionLostError as error:
                # the way to the server has been given its time already; the job itself may take until its limit
                if error.code in ("controller_gone", "wrong_credentials") or time.monotonic() > end:
                    raise
                self.host.log(1, f"{self.host.name} does not answer; the job {self.name} is waited for")
                time.sleep(self.reconnect_pause)

    def _require_controller(self) -> None:
        # a killed ansible-playbook leaves its workers alive; this one must leave the job to the next run
        if os.getppid() != self._parent:
            raise ConnectionLostError("The ansible-playbook process that started this task has ended.", code="controller_gone")

    def _lost(self, why: str, restarted: bool | None) -> UnknownOutcomeError:
        return UnknownOutcomeError(
            f"The outcome of the job {self.name} on {self.host.name} is unknown: {why}.",
            code="job_lost",
            remedy="The server is looked at again before anything else is done.",
            evidence={"restarted": restarted},
        )

    def remove(self) -> None:
        """Remove the task and the job's folder, if they are there; a failure of that is told and is none of the step."""
        folder, test = quote(self.folder), folder_test(self.folder)
        line = (
            f"(schtasks /delete /f /tn {quote(self.task)}>nul 2>nul"
            f"&(for /l %i in (1,1,5) do @if exist {test} (rmdir /s /q {folder} 2>nul&if exist {test} ping -n 2 127.0.0.1>nul))"
            f"&(if exist {test} exit 1)&exit 0)<nul"
        )
        try:
            if self.host.run(Line(line), time_limit=self.host.short_time_limit, idempotent=True).exit_code == 0:
                return
            why = "a program holds something in it open"
        except UpgradeError as error:
            if error.code == "controller_gone":
                raise
            why = error.message
        self.host.log(0, f"{self.folder} could not be removed, remove it by hand: {why}")


def run_job(
    job: Job,
    argv: Sequence[str],
    *,
    time_limit: float,
    stdin: bytes | None = None,
    working_folder: str | None = None,
    files: Mapping[str, bytes] | None = None,
    on_output: Callable[[str], None] | None = None,
    keep: bool = False,
) -> CommandResult:
    """Run a program as a job and return its end; a job of that name that was started before is taken up and not started again.

    :param keep: whether the caller removes the job when it has come through.
    :raises UpgradeError: as L(Job.start) and L(Job.wait); a lost job is removed.
    """
    job.start(argv, stdin=stdin, working_folder=working_folder, files=files, wait_seconds=min(int(time_limit), _LOOK_SECONDS))
    try:
        result = job.wait(time_limit, on_output)
    except UnknownOutcomeError:
        job.remove()
        raise
    if not keep:
        job.remove()
    return result


def _news(before: str, now: str) -> str:
    overlap = before[-200:]
    at = now.rfind(overlap) if overlap else -1
    return now[at + len(overlap) :] if at >= 0 else now
