# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A container with the lab's Windows programs, driven by batch files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.lab.control.engine import Engine
from tests.lab.control.lab import Lab
from tests.lab.control.names import LABEL, LOCALES

CODE_PAGES = {"en": "cp437", "ja": "cp932"}


@dataclass(frozen=True)
class Step:
    """One command of a batch file."""

    exit_code: int
    text: str


class WindowsHost:
    """A container with the doubles, but without endpoint and product."""

    def __init__(self, engine: Engine, name: str, locale: str, folder: Path) -> None:
        self._engine = engine
        self._name = name
        self.folder = folder
        self._encoding = CODE_PAGES[locale]
        self.locale = locale

    def run(self, *commands: str) -> list[Step]:
        """Run commands in one batch file and return what each printed, errors included."""
        lines = ["@echo off"]
        for command in commands:
            lines += ["echo [[", command, "call echo ]]%%ERRORLEVEL%%"]
        self.write("batch.cmd", "\r\n".join([*lines, ""]).encode(self._encoding))
        self._engine.run("exec", self._name, "sh", "-c", r"wine cmd /c 'Z:\lab\batch.cmd' > /lab/output 2>&1")
        output = (self.folder / "output").read_bytes().decode(self._encoding, "replace").replace("\r", "")
        found = re.findall(r"\[\[ *\n(.*?)\]\](-?\d+) *\n", output, re.DOTALL)
        assert len(found) == len(commands), output
        return [Step(int(code), text) for text, code in found]

    def write(self, name: str, data: bytes) -> None:
        """Make a file in the folder that Windows programs see as Z:\\lab."""
        (self.folder / name).write_bytes(data)

    def settings(self, text: str) -> None:
        """Set what switches the doubles' behaviour."""
        self.write("faults.ini", text.replace("\n", "\r\n").encode())

    def setting_lines(self) -> list[str]:
        """The lines of the settings as they are now."""
        return (self.folder / "faults.ini").read_text(encoding="ascii").splitlines()


@contextmanager
def windows_host(checkout: Path, locale: str, folder: Path) -> Iterator[WindowsHost]:
    """A running host; the folder is what its programs see as Z:\\lab."""
    lab = Lab(checkout)
    engine = Engine(lab.folder / "containers.conf")
    name = f"jp1lab-{lab.identity}-tools-{locale}-{os.getpid()}"
    image = lab.make_images()
    # It does not belong to the checkout's lab, which others may start anew meanwhile. Should this be killed, it ends by itself.
    command = ["tini", "-g", "--", "sh", "-c", "sleep 600 | wine /opt/lab/bin/keepalive.exe"]
    options = [f"--label={LABEL}={lab.identity}-tools", f"--volume={folder}:/lab", "--hostname=JP1TEST"]
    options += [f"--env=LC_ALL={LOCALES[locale]}", "--env=WINEDEBUG=-all"]
    engine.run("run", "--detach", "--rm", "--name", name, *options, image, *command)
    try:
        yield WindowsHost(engine, name, locale, folder)
    finally:
        engine.remove([name])
