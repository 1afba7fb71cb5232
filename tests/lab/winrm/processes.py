# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the shells need from whatever starts Windows processes; wine.py provides it, unit tests provide a double."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class ProcessSpec:
    """A process to start.

    Attributes:
        job: the shell's job object, opened before.
        line: exact Windows command line.
        code_page: of the console; 0 is the system's OEM code page.
        folder: working folder; "" is the user's profile folder.
        variables: environment variables added to the system's and the user's.
    """

    job: str
    line: str
    code_page: int
    folder: str
    variables: Mapping[str, str]


class StartError(Exception):
    """Windows refused to start the process.

    Args:
        win32_error: GetLastError of CreateProcess.
    """

    def __init__(self, win32_error: int) -> None:
        super().__init__(f"Win32 error {win32_error}")
        self.win32_error = win32_error


class Process(Protocol):
    """A started process; stdin, stdout and stderr are file descriptors that the holder closes."""

    stdin: int
    stdout: int
    stderr: int

    def wait(self) -> int:
        """Wait for the end and return the signed 32-bit exit code; to be called once."""

    def signal(self, name: str) -> None:
        """Send "terminate" (kills the process and its children), "ctrl_c" or "ctrl_break"; nothing after the end."""


class Launcher(Protocol):
    """Starts processes in the job objects of shells."""

    def open_job(self, name: str) -> None:
        """Make a job object."""

    def close_job(self, name: str) -> None:
        """Kill all processes of the job, except those that broke away from it."""

    def start(self, spec: ProcessSpec) -> Process:
        """Start a process.

        Raises:
            StartError: Windows refused.
        """
