# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Windows processes under Wine, through keepalive.exe and launch.exe (their sources describe the two protocols)."""

from __future__ import annotations

import contextlib
import os
import shutil
import struct
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path

from .processes import ProcessSpec, StartError

PROGRAMS = Path("/opt/lab/bin")
IDLE_WORKERS = 3


def wine_program() -> str:
    """Path of Wine's loader; the distribution's wrapper script would cost a shell for each start."""
    return shutil.which("wine64", path="/usr/lib/wine") or shutil.which("wine") or "wine"


def wine_environment(locale: str) -> dict[str, str]:
    """Unix environment of the Windows processes; the locale gives Windows its language and ANSI code page."""
    return {
        "PATH": "/usr/lib/wine:/usr/bin:/bin",
        "HOME": os.environ.get("HOME", "/"),
        "WINEPREFIX": os.environ["WINEPREFIX"],
        "WINEDEBUG": "-all",
        "WINEDLLOVERRIDES": "mscoree=;mshtml=;winemenubuilder.exe=",
        "LANG": locale,
        "LC_ALL": locale,
    }


def stop_wine(environment: Mapping[str, str]) -> None:
    """End all Windows processes; the registry is written to disk."""
    subprocess.run(["wineserver", "-k"], env=dict(environment), check=False)


class _WindowsProgram:
    """A program of the lab that is controlled over its standard input and output."""

    def __init__(self, name: str, environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [wine_program(), str(PROGRAMS / name)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=dict(environment),
            start_new_session=True,
        )
        self.read_reply("ready")

    def send(self, request: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(request)
        self._process.stdin.flush()

    def read_reply(self, *expected: str) -> list[str]:
        """One reply's words.

        Raises:
            RuntimeError: the program ended or said something else.
        """
        assert self._process.stdout is not None
        words = self._process.stdout.readline().decode().split()
        if not words or words[0] not in expected:
            raise RuntimeError(f"{self._process.args!r} answered {words!r} instead of {' or '.join(expected)}")
        return words

    def end(self) -> None:
        """Let the program end by closing its standard input."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()


class Keepalive(_WindowsProgram):
    """keepalive.exe: keeps the prefix alive and holds the shells' job objects. Ready means that the services are up."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._lock = threading.Lock()
        super().__init__("keepalive.exe", environment)

    def request(self, verb: str, name: str) -> None:
        """Open or close a job object.

        Raises:
            RuntimeError: Windows refused, or the program is gone.
        """
        with self._lock:
            self.send(f"{verb} {name}\n".encode())
            self.read_reply("ok")


class _Worker(_WindowsProgram):
    """launch.exe: a hidden console that runs one process at a time."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        super().__init__("launch.exe", environment)
        self._process.wait()  # the process that was started has handed over to the one on the hidden console

    def request(self, *words: str) -> None:
        data = b"".join(word.encode("utf-8", "replace").replace(b"\0", b"") + b"\0" for word in words)
        self.send(struct.pack("<I", len(data)) + data)


class WineProcess:
    """A process in a worker's console; see processes.Process."""

    def __init__(self, launcher: WineLauncher, worker: _Worker, spec: ProcessSpec) -> None:
        self._launcher = launcher
        self._worker = worker
        self._lock = threading.Lock()
        self._running = True
        far_ends, (self.stdin, self.stdout, self.stderr) = _make_pipes()
        try:
            self._run(spec, [_windows_path(descriptor) for descriptor in far_ends])
        except BaseException:
            for descriptor in (self.stdin, self.stdout, self.stderr):
                os.close(descriptor)
            raise
        finally:
            for descriptor in far_ends:
                os.close(descriptor)

    def _run(self, spec: ProcessSpec, streams: list[str]) -> None:
        variables = [f"{name}={value}" for name, value in spec.variables.items()]
        self._worker.request("run", spec.job, str(spec.code_page), *streams, spec.folder, spec.line, *variables)
        outcome, number = self._worker.read_reply("started", "failed")
        if outcome == "failed":
            raise StartError(int(number))

    def wait(self) -> int:
        """Wait for the end and return the signed 32-bit exit code; 1 when the worker itself was killed."""
        try:
            _, code, left_on_console = self._worker.read_reply("exited")
        except RuntimeError:
            code, left_on_console = "1", "unknown"
        with self._lock:
            self._running = False
        self._launcher.take_back(self._worker, reusable=left_on_console == "0")
        return int(code)

    def signal(self, name: str) -> None:
        with self._lock:
            if self._running:
                self._worker.request(name)


class WineLauncher:
    """Starts processes in workers and keeps a few idle workers for the next ones; see processes.Launcher.

    Args:
        environment: of the Windows processes, from wine_environment.
        keepalive: holder of the job objects.
    """

    def __init__(self, environment: Mapping[str, str], keepalive: Keepalive) -> None:
        self._environment = environment
        self._keepalive = keepalive
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []

    def prepare(self) -> None:
        """Have a worker ready for the first command."""
        self.take_back(_Worker(self._environment), reusable=True)

    def open_job(self, name: str) -> None:
        self._keepalive.request("open", name)

    def close_job(self, name: str) -> None:
        self._keepalive.request("close", name)

    def start(self, spec: ProcessSpec) -> WineProcess:
        while (worker := self._take_idle()) is not None:
            with contextlib.suppress(RuntimeError, OSError):  # it was killed while it was idle
                return self._start_in(worker, spec)
        return self._start_in(_Worker(self._environment), spec)

    def _start_in(self, worker: _Worker, spec: ProcessSpec) -> WineProcess:
        try:
            return WineProcess(self, worker, spec)
        except StartError:
            self.take_back(worker, reusable=True)
            raise

    def _take_idle(self) -> _Worker | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def take_back(self, worker: _Worker, *, reusable: bool) -> None:
        """Keep a worker for later, unless processes are left on its console: a ctrl_c would reach them too."""
        with self._lock:
            if reusable and len(self._idle) < IDLE_WORKERS:
                self._idle.append(worker)
                return
        worker.end()


def _make_pipes() -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Three pipes: the process's ends and the endpoint's ends of stdin, stdout, stderr."""
    (stdin, to_stdin), (from_stdout, stdout), (from_stderr, stderr) = os.pipe(), os.pipe(), os.pipe()
    return (stdin, stdout, stderr), (to_stdin, from_stdout, from_stderr)


def _windows_path(descriptor: int) -> str:
    """A name under which a Wine process can open one of this process's file descriptors."""
    return f"Z:\\proc\\{os.getpid()}\\fd\\{descriptor}"
