# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server shows of a detached job: its result, its task, what its program writes.

Note that this module is private to the collection.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils._errors import OptionError
from ansible_collections.jp1.itdm.plugins.module_utils._parse_system import parse_os_times
from ansible_collections.jp1.itdm.plugins.plugin_utils import _windows as windows
from ansible_collections.jp1.itdm.plugins.plugin_utils._host import Host
from ansible_collections.jp1.itdm.plugins.plugin_utils._paths import folder_test, windows_path
from ansible_collections.jp1.itdm.plugins.plugin_utils._probe import Answer, Probe
from ansible_collections.jp1.itdm.plugins.plugin_utils._quoting import mask
from ansible_collections.jp1.itdm.plugins.plugin_utils._quoting import path as quote

TASK_FOLDER = "jp1_itdm"
COMMAND_FILE = "run.cmd"

# What the Task Scheduler gives as a task's last result; the words for it differ by language.
_RUNNING = "267009"  # SCHED_S_TASK_RUNNING
HAS_NOT_RUN = "267011"  # SCHED_S_TASKHAS_NOT_RUN
_QUEUED = "267045"  # SCHED_S_TASK_QUEUED
_STARTS_WITHIN = 30  # seconds
_OUTPUT_CHARACTERS = 20_000
_LOG_CHARACTERS = 4_000
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")


@dataclass(frozen=True)
class JobState:
    """What is known of a job.

    :ivar exit_code: the program's, or None while there is no result.
    :ivar running: whether the Task Scheduler says that it runs.
    :ivar not_yet: whether the Task Scheduler says that it has still to start it.
    :ivar restarted: whether the server was started after the job; None where that can not be told.
    :ivar output: the last of the program's output.
    :ivar log: the last of the program's log.
    """

    exit_code: int | None
    running: bool
    not_yet: bool
    restarted: bool | None
    output: str
    log: str = ""

    def lives(self, waited: float) -> bool:
        """Say whether an end can still come.

        :param waited: seconds since it was started.
        """
        if self.restarted:  # the Task Scheduler may still show what was before
            return False
        return self.running or (self.not_yet and waited < _STARTS_WITHIN)


class JobView:
    """One detached program, as the server shows it.

    :param host: the server.
    :param folder: the folder that holds the jobs' folders.
    :param name: the job's name; the same step of the same run has the same name.
    :param log_file: what the program writes while it runs; empty for nothing.
    :param secrets: texts that are masked in what it writes.
    :raises OptionError: the name has characters that do not suit a task and a folder.
    """

    def __init__(self, host: Host, folder: str, name: str, *, log_file: str = "", secrets: Iterable[str] = ()) -> None:
        if not _NAME.fullmatch(name):
            raise OptionError(f"{name!r} is no name for a job.", code="bad_job_name")
        self.host = host
        self.name = name
        self.folder = f"{windows_path(folder)}\\{name}"
        self.task = f"{TASK_FOLDER}\\{name}"
        self.log_file = log_file
        self.secrets = tuple(secrets)

    def file(self, name: str) -> str:
        """Return the path of a file in the job's folder."""
        return f"{self.folder}\\{name}"

    # What is there

    def look(self, wait_seconds: int = 0) -> JobState | None:
        """Look at the job, None when none of that name was started.

        :param wait_seconds: how long the server may wait for the result before it answers.
        """
        return self.state(self.host.ask(**self.questions(wait_seconds)))

    def questions(self, wait_seconds: int) -> dict[str, Probe[Any]]:
        """Return what is to be asked, for L(state)."""
        started, result = folder_test(self.file("started")), quote(self.file("result.txt"))
        open_end = f"if exist {started} if not exist {result}"
        times = windows.os_times()
        # ping -n 2 takes a second; before the first second is over, a short program's end is seen sooner
        pauses = " ".join([*(["1"] * 8), *(["2"] * (wait_seconds - 1))]) if wait_seconds > 0 else ""
        wait = f"&&(for %n in ({pauses}) do @{open_end} ping -n %n 127.0.0.1>nul)" if pauses else ""
        questions: dict[str, Probe[Any]] = {
            "times": Probe(f"{open_end} {times.command}", times.parse),
            "task": Probe(f'{open_end} ({self.query()}|findstr "{_RUNNING} {HAS_NOT_RUN} {_QUEUED}"{wait})', _fields),
            # nothing slow behind the waiting, so that the end is seen at once
            "there": windows.folder_exists(self.file("started")),
            "result": windows.file_text(self.file("result.txt"), 1000),
            "begin": windows.file_text(self.file("started\\times.txt"), 1000),
            "output": windows.file_text(self.file("output.txt"), _OUTPUT_CHARACTERS),
        }
        if self.log_file:
            questions["log"] = windows.file_text(self.log_file, _LOG_CHARACTERS)
        return questions

    def state(self, seen: SimpleNamespace) -> JobState | None:
        """Return what the answers say, None when no job of that name was started."""
        if not seen.there:
            return None
        begin = parse_os_times(seen.begin or "")
        match = re.fullmatch(rf"{re.escape(self.name)} (-?\d+)\s*", seen.result or "")
        return JobState(
            exit_code=int(match[1]) if match else None,
            running=_RUNNING in seen.task,
            not_yet=bool({HAS_NOT_RUN, _QUEUED} & seen.task),
            restarted=seen.times.boot_time > begin.clock if begin and seen.times else None,
            output=mask(seen.output or "", self.secrets),
            log=mask(getattr(seen, "log", None) or "", self.secrets),
        )

    def query(self) -> str:
        """Return the command that shows the task."""
        return f"schtasks /query /tn {quote(self.task)} /fo csv /nh /v 2>nul"


def _fields(answer: Answer) -> set[str]:
    """Return the fields of C(schtasks /query /fo csv)."""
    return set(re.findall(r'"([^"]*)"', answer.text))
