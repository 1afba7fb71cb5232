# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small Windows server in memory, which answers as a Host does: files, services, installed programs, commands."""

from __future__ import annotations

import hashlib
import ntpath
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from fnmatch import fnmatchcase
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils._errors import PreconditionError
from ansible_collections.jp1.itdm.plugins.module_utils._parse_files import Disk, FileEntry, FolderItem
from ansible_collections.jp1.itdm.plugins.module_utils._parse_registry import UninstallEntry
from ansible_collections.jp1.itdm.plugins.module_utils._parse_services import Service
from ansible_collections.jp1.itdm.plugins.module_utils._parse_system import OsTimes, OsVersion, Process
from ansible_collections.jp1.itdm.plugins.plugin_utils import _product_programs, _rehearsal, _windows, _windows_texts
from ansible_collections.jp1.itdm.plugins.plugin_utils._host import CommandResult, Line
from ansible_collections.jp1.itdm.plugins.plugin_utils._probe import Probe

Program = Callable[[list[str], str], tuple[int, str]]
JOBS = r"C:\ProgramData\jp1_itdm_upgrade\jobs"
CLOCK = datetime(2026, 3, 1, 12, 0, tzinfo=timezone.utc)
QUESTIONS = (
    "services",
    "uninstall_entries",
    "disk",
    "free_bytes",
    "file_exists",
    "file_digest",
    "folder_exists",
    "folder",
    "file_text",
    "text_files",
    "succeeds",
    "listening_ports",
    "os_times",
    "os_version",
    "pending_restart",
    "running_processes",
    "tasks",
    "elevated",
    "cluster",
    "tools",
    "environment_variables",
)
QUESTIONS_ABOUT_TEXTS = ("tree", "texts", "text_from", "event_log")


def replace_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the questions be asked as names and arguments, so that a server in memory can answer them."""

    def question(name: str, *arguments: Any) -> Probe[Any]:
        command: Any = (name, arguments)
        return Probe(command, lambda answer: answer)

    for module, names in ((_windows, QUESTIONS), (_windows_texts, QUESTIONS_ABOUT_TEXTS)):
        for name in names:
            monkeypatch.setattr(module, name, partial(question, name))
    monkeypatch.setattr(_product_programs, "Job", FakeJob)
    for name in QUESTIONS:
        monkeypatch.setattr(_windows, name, partial(question, name))
    for module in (_product_programs, _rehearsal):
        monkeypatch.setattr(module, "Job", FakeJob)
    monkeypatch.setattr(_product_programs, "run_job", play_job)


class FakeJob:
    """A detached program: it is played at once, or it is one that an earlier run has left in L(FakeWindows.jobs)."""

    def __init__(self, host: FakeWindows, folder: str, name: str, *, log_file: str = "", secrets: Iterable[str] = ()) -> None:
        self.host = host
        self.name = name
        self.folder = f"{folder}\\{name}"
        self.log_file = log_file

    def file(self, name: str) -> str:
        return f"{self.folder}\\{name}"

    def start(self, argv: list[str], *, files: Mapping[str, bytes] | None = None, **options: Any) -> None:
        self.host.make_folder(self.folder)
        for name, data in (files or {}).items():
            self.host.write_file(self.file(name), data, owner_only=True)
        self.host.jobs[self.name] = self.host.run(argv, time_limit=60, **options)

    def look(self) -> SimpleNamespace | None:
        # nobody has waited for it, so that its end is not known yet
        return SimpleNamespace(exit_code=None) if self.name in self.host.jobs else None

    def wait(self, time_limit: float, on_output: Callable[[str], None] | None = None) -> CommandResult:
        end = self.host.jobs[self.name]
        if isinstance(end, Exception):
            raise end
        return end

    def remove(self) -> None:
        self.host.jobs.pop(self.name, None)
        self.host.tasks.pop(self.name, None)
        self.host.remove_folder(self.folder)


def play_job(job: FakeJob, argv: list[str], *, time_limit: float, keep: bool = False, **options: Any) -> CommandResult:
    """Run a detached program."""
    try:
        job.start(argv, **options)
        result = job.wait(time_limit)
    except BaseException:
        job.remove()
        raise
    if not keep:
        job.remove()
    return result


@dataclass
class Fault:
    """How a program behaves next.

    :ivar exit_code: what it ends with.
    :ivar effect: whether it does its work.
    :ivar error: what the caller gets instead of an end.
    :ivar times: how often it behaves so.
    """

    exit_code: int = 0
    effect: bool = False
    error: Exception | None = None
    times: int = 1_000_000


class FakeWindows:
    """The server.

    :ivar ran: the commands that were run, in order.
    :ivar given: what each of them found in its standard input.
    :ivar lines: the lines of cmd.exe that were run, which do nothing here.
    :ivar jobs: detached programs that an earlier run has left, by their names, with their ends.
    :ivar tasks: what the Task Scheduler has besides, by names, each with its fields.
    :ivar events: how the event logs answer: exit code and text.
    :ivar silent: what every question ends with.
    :ivar before_change: called with a file's path before it is written.
    """

    short_time_limit = 300.0

    def __init__(self, name: str) -> None:
        self.name = name
        self.log: Callable[[int, str], None] = lambda level, text: None
        self.requests = 0
        self.closed = False
        self.runner = SimpleNamespace(code_page_fallback="cp932")
        self.files: dict[str, bytes] = {}
        self.folders: set[str] = set()
        self.private: set[str] = set()
        self.service_list: dict[str, Service] = {}
        self.entries: list[UninstallEntry] = []
        self.disks = {"C:": Disk(60 * 10**9, 100 * 10**9), "D:": Disk(60 * 10**9, 100 * 10**9)}
        self.variables = {
            "COMPUTERNAME": name,
            "SystemDrive": "C:",
            "TEMP": r"C:\Windows\Temp",
            "USERNAME": "Administrator",
        }
        self.facts: dict[str, Any] = {
            "listening_ports": set(),
            "os_times": OsTimes(CLOCK - timedelta(days=1), CLOCK),
            "os_version": OsVersion("Windows Server 2008 R2 Standard", "6.1.7601"),
            "pending_restart": [],
            "elevated": True,
            "cluster": False,
            "tools": [],
        }
        self.processes: list[str] = []
        self.programs: dict[str, Program] = {"xcopy": self._xcopy}
        self.faults: dict[str, Fault] = {}
        self.ran: list[list[str]] = []
        self.given: list[str] = []
        self.lines: list[str] = []
        self.jobs: dict[str, CommandResult | Exception] = {}
        self.tasks: dict[str, list[str]] = {}
        self.runner = SimpleNamespace(code_page_fallback="cp932")
        self.events = {"System": (0, "Event[0]:\n"), "Application": (98, "")}
        self.silent: Exception | None = None
        self.before_change: Callable[[str], None] = lambda path: None

    def picture(self) -> dict[str, Any]:
        """Return everything that a step could change."""
        return {
            "files": dict(self.files),
            "folders": set(self.folders),
            "services": {name: service.state for name, service in self.service_list.items()},
            "entries": list(self.entries),
        }

    # What a Host offers

    def ask(self, **probes: Probe[Any]) -> SimpleNamespace:
        self.requests += 1
        if self.silent is not None:
            raise self.silent
        return SimpleNamespace(**{name: probe.parse(self._answer(*probe.command)) for name, probe in probes.items()})

    def run(self, command: list[str] | Line, *, time_limit: float, stdin: bytes | None = None, **options: Any) -> CommandResult:
        self.requests += 1
        if isinstance(command, str):
            self.lines.append(command)
            return CommandResult(0, "", "", 0.1)
        self.ran.append(list(command))
        self.given.append((stdin or b"").decode())
        if command[0] not in self.files and command[0] not in self.programs:
            return CommandResult(9009, "", f"{command[0]} is not recognized", 0.1)
        name = ntpath.basename(command[0]).lower().removesuffix(".exe")
        fault = self.faults.get(name)
        if fault:
            fault.times -= 1
            if fault.times < 0:
                fault = None
        code, text = self.programs[name](list(command[1:]), self.given[-1]) if fault is None or fault.effect else (0, "")
        if fault and fault.error:
            raise fault.error
        if options.get("on_output") and text:
            options["on_output"](text)
        return CommandResult(fault.exit_code if fault else code, text, "", 0.1)

    def close(self) -> None:
        self.closed = True

    def read_file(self, path: str) -> bytes:
        if path not in self.files:
            raise PreconditionError(f"{path} does not exist.", code="file_missing")
        return self.files[path]

    def write_file(self, path: str, data: bytes, *, owner_only: bool = False, replace: bool = False, guard: str = "") -> None:
        self.before_change(path)
        if path in self.files and not replace:
            if self.files[path] == data:
                return
            raise PreconditionError(f"{path} exists already.", code="file_exists")
        self._require_guard(path, guard)
        self.make_folder(ntpath.dirname(path))
        self.files[path] = data
        if owner_only:
            self.private.add(path)

    def hash_folder(self, path: str) -> list[FileEntry]:
        start = path.rstrip("\\") + "\\"
        return [
            FileEntry(name.removeprefix(start), len(data), hashlib.sha256(data).hexdigest())
            for name, data in sorted(self.files.items())
            if name.startswith(start)
        ]

    def make_folder(self, path: str, *, owner_only: bool = False) -> None:
        while len(path) > 3 and path != ntpath.dirname(path):
            self.folders.add(path)
            path = ntpath.dirname(path)

    def remove_file(self, path: str) -> None:
        self.files.pop(path, None)

    def claim_folder(self, path: str, signature: str, *, taken_from: str | None = None) -> bool:
        mine = f"{path}\\{ntpath.basename(signature)}"
        if mine not in self.files:
            if path in self.folders if taken_from is None else taken_from and f"{path}\\{taken_from}" not in self.files:
                return False
            self.files.pop(f"{path}\\{taken_from}", None)
            self.make_folder(path)
            self.files[mine] = self.files.pop(signature)
        if [name for name in self.files if ntpath.dirname(name) == path] == [mine]:
            return True
        del self.files[mine]
        return False

    def release_folder(self, path: str, signature: str) -> None:
        if self.files.pop(f"{path}\\{signature}", None) is not None and not self._folder(path):
            self.folders.discard(path)

    def remove_folder(self, path: str, *, guard: str = "") -> None:
        self._require_guard(path, guard)
        start = path + "\\"
        self.files = {name: data for name, data in self.files.items() if not name.startswith(start)}
        self.folders = {name for name in self.folders if name != path and not name.startswith(start)}

    def move(self, source: str, destination: str, *, replace: bool = False) -> None:
        self.write_file(destination, self.files.pop(source), replace=replace)

    def _require_guard(self, path: str, guard: str) -> None:
        if guard and guard not in self.files:
            raise PreconditionError(f"{path} was left as it is.", code="guard_missing")

    def start_service(self, name: str, time_limit: float) -> None:
        self.set_state("running", name)

    def stop_service(self, name: str, time_limit: float) -> None:
        self.set_state("stopped", name)

    # What a test sets up

    def add_service(self, name: str, state: str = "running", start_type: str = "auto") -> None:
        self.service_list[name] = Service(name, name, state, start_type, 0, 0, 0)

    def set_state(self, state: str, *names: str) -> None:
        for name in names:
            self.service_list[name] = replace(self.service_list[name], state=state)

    def add_file(self, path: str, data: bytes = b"x") -> None:
        self.write_file(path, data, replace=True)

    def leave_job(self, name: str, end: CommandResult | Exception | None) -> None:
        """Leave a detached program, as an earlier run may have done; None for one that was never started."""
        self.make_folder(f"{JOBS}\\{name}")
        if end is not None:
            self.jobs[name] = end

    def _xcopy(self, arguments: list[str], stdin: str) -> tuple[int, str]:
        source, target = (path + "\\" for path in arguments[:2])
        for name, data in list(self.files.items()):
            if name.startswith(source):
                self.add_file(target + name.removeprefix(source), data)
        return 0, "copied\n"

    # The answers

    def _answer(self, name: str, arguments: tuple[Any, ...]) -> Any:
        if name in self.facts:
            return self.facts[name]
        return getattr(self, f"_{name}")(*arguments)

    def _services(self, patterns: list[str]) -> list[Service]:
        return [service for pattern in patterns for service in self.service_list.values() if fnmatchcase(service.name, pattern)]

    def _uninstall_entries(self, view: int) -> list[UninstallEntry]:
        return list(self.entries)

    def _disk(self, drive: str) -> Disk | None:
        return self.disks.get(drive)

    def _free_bytes(self, folder: str) -> int | None:
        disk = self.disks.get(ntpath.splitdrive(folder)[0])
        return disk.free if disk else None

    def _file_exists(self, path: str) -> bool:
        return path in self.files

    def _file_digest(self, path: str) -> str | None:
        return hashlib.sha256(self.files[path]).hexdigest() if self.files.get(path) else None

    def _folder_exists(self, path: str) -> bool:
        return path in self.folders or (ntpath.splitdrive(path)[0] in self.disks and not ntpath.splitdrive(path)[1].strip("\\"))

    def _tasks(self, folder: str) -> dict[str, list[str]]:
        return dict(self.tasks)

    def _folder(self, path: str) -> list[FolderItem] | None:
        if path not in self.folders:
            return None
        files = [FolderItem(ntpath.basename(name), False, len(data)) for name, data in self.files.items() if ntpath.dirname(name) == path]
        return files + [FolderItem(ntpath.basename(name), True, 0) for name in self.folders if ntpath.dirname(name) == path]

    def _file_text(self, path: str, limit: int) -> str | None:
        return self.files[path].decode()[-limit:] if path in self.files else None

    def _tree(self, folder: str) -> list[FolderItem] | None:
        start = folder + "\\"
        found = [FolderItem(name[len(start) :], False, len(data)) for name, data in self.files.items() if name.startswith(start)]
        return found if folder in self.folders else None

    def _texts(self, folder: str, names: list[str]) -> dict[str, str]:
        paths = {name: f"{folder}\\{name}" for name in names}
        return {name: self.files[path].decode("utf-8", "replace") for name, path in paths.items() if self.files.get(path)}

    def _text_from(self, path: str, first: int) -> str:
        return self.files[path][first:].decode().partition("\n")[2]

    def _event_log(self, name: str, events: int) -> tuple[int, str]:
        return self.events[name]

    def _text_files(self, path: str, pattern: str) -> dict[str, str] | None:
        if path not in self.folders:
            return None
        inside = {ntpath.basename(name): data for name, data in self.files.items() if ntpath.dirname(name) == path}
        return {name: data.decode(errors="replace") for name, data in inside.items() if fnmatchcase(name, pattern)}

    def _succeeds(self, command: str) -> bool:
        return any(path in self.files or path in self.folders for path in re.findall(r'"([^"]*)"', command))

    def _running_processes(self, names: list[str]) -> list[Process]:
        return [Process(name, 1) for name in self.processes if name in names]

    def _environment_variables(self, names: list[str]) -> dict[str, str]:
        return {name: self.variables[name] for name in names if name in self.variables}
