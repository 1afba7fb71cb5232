# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Doubles for the tests of the lab's WinRM endpoint: processes that are Python functions, and request envelopes."""

from __future__ import annotations

import os
import threading
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence

from tests.lab.winrm.envelope import CMD_URI, SHELL_URI, TRANSFER_URI, Message, element, parse_message, qualified
from tests.lab.winrm.processes import ProcessSpec, StartError


class FakeProcess:
    """A process whose program is a Python function of the process; it returns the exit code."""

    def __init__(self, program: Callable[[FakeProcess], int]) -> None:
        self.own_stdin, self.stdin = os.pipe()
        self.stdout, self.own_stdout = os.pipe()
        self.stderr, self.own_stderr = os.pipe()
        self.signals: list[str] = []
        self.killed = threading.Event()
        self._exit_code = 1
        self._ended = threading.Event()
        threading.Thread(target=self._run, args=(program,), daemon=True).start()

    def _run(self, program: Callable[[FakeProcess], int]) -> None:
        self._exit_code = program(self)
        for descriptor in (self.own_stdin, self.own_stdout, self.own_stderr):
            os.close(descriptor)
        self._ended.set()

    def read_all(self) -> bytes:
        data = b""
        while part := os.read(self.own_stdin, 65536):
            data += part
        return data

    def write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self.own_stdout, data) :]

    def wait(self) -> int:
        while not self._ended.wait(0.02):
            if self.killed.is_set():
                return 1
        return self._exit_code

    def signal(self, name: str) -> None:
        self.signals.append(name)
        if name == "terminate":
            self.killed.set()


def hang(process: FakeProcess) -> int:
    """A program that ends only when it is killed."""
    process.killed.wait()
    return 1


def echo(process: FakeProcess) -> int:
    """A program that writes "x"."""
    process.write(b"x\r\n")
    return 0


class FakeLauncher:
    """Starts the program whose name occurs in the command line; an unknown one is not found (Win32 error 2)."""

    def __init__(self, **programs: Callable[[FakeProcess], int]) -> None:
        self.programs = programs
        self.specs: list[ProcessSpec] = []
        self.processes: list[FakeProcess] = []
        self.jobs: set[str] = set()

    def open_job(self, name: str) -> None:
        self.jobs.add(name)

    def close_job(self, name: str) -> None:
        self.jobs.remove(name)

    def start(self, spec: ProcessSpec) -> FakeProcess:
        assert spec.job in self.jobs
        self.specs.append(spec)
        for name, program in self.programs.items():
            if name in spec.line:
                self.processes.append(FakeProcess(program))
                return self.processes[-1]
        raise StartError(2)


def request(action: str, content: Sequence[ET.Element] = (), *, timeout: str = "PT2S", **names: str) -> Message:
    """A request; names are ShellId (a selector) and WINRS_... (options)."""
    selectors = [element("w:Selector", value, Name=name) for name, value in names.items() if name == "ShellId"]
    options = [element("w:Option", value, Name=name) for name, value in names.items() if name != "ShellId"]
    header = [
        element("a:Action", f"{TRANSFER_URI if action in ('Create', 'Delete') else SHELL_URI}/{action}"),
        element("a:MessageID", f"uuid:{uuid.uuid4()}"),
        element("w:ResourceURI", CMD_URI),
        element("w:OperationTimeout", timeout),
        element("w:MaxEnvelopeSize", "153600"),
        element("w:SelectorSet", selectors),
        element("w:OptionSet", options),
    ]
    envelope = element("s:Envelope", [element("s:Header", header), element("s:Body", content)])
    return parse_message(ET.tostring(envelope))


def text_of(content: Sequence[ET.Element], name: str) -> str:
    """Text of the first element of that name in an answer's content."""
    found = element("s:Body", content).find(f".//{qualified(name)}")
    assert found is not None
    return found.text or ""
