# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Types what a guide says, in a folder that is like a checkout, and compares what comes with what the guide shows."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from tests.docs.guides import Command, unlike
from tests.faults.copies import copy_of

CHECKOUT = Path(__file__).resolve().parents[2]
_LINKED = (".venv", "Makefile", "docs", "requirements.txt", "tests")
_GREEN = ("SUCCEEDED", "NOTHING_TO_DO")
_LIMIT_SECONDS = 600


class Terminal:
    """A terminal in a copy of the checkout, so that what is written there is nowhere else.

    :param folder: an empty folder.
    :param names: texts of the guides, and what they are called here.
    """

    def __init__(self, folder: Path, names: dict[str, str] | None = None) -> None:
        self.folder = folder
        self._names = names or {}
        copy_of(CHECKOUT, folder)
        for name in _LINKED:
            (folder / name).symlink_to(CHECKOUT / name)

    def write(self, files: dict[str, str]) -> None:
        """Write the files that a guide shows."""
        for name, text in files.items():
            (self.folder / name).write_text(text, encoding="utf-8")

    def here(self, text: str) -> str:
        """A text of a guide as it is here."""
        for name, own in self._names.items():
            text = text.replace(name, own)
        return text

    def problems(self, command: Command) -> list[str]:
        """Type a command, and return what is not as the guide says; empty when all is."""
        exit_code, output = self.type(command.line)
        state = [found[1] for line in command.shown if (found := re.match(r"([A-Z_]{6,}): ", line))]
        if command.line.startswith("timeout --signal KILL"):
            right = exit_code in (137, -9)
        elif state:
            right = (exit_code == 0) == (state[-1] in _GREEN or (state[-1], "rollback.yml" in command.line) == ("ROLLED_BACK", True))
        else:
            right = exit_code == 0
        found_problems = [] if right else [f"{command.place}: exit code {exit_code} of: {command.line}\n{output[-5000:]}"]
        missing = unlike(output.replace(f"{self.folder}/", ""), tuple(self.here(line) for line in command.shown))
        return found_problems + [f"{command.place}: not in the output of {command.line}: {line}\n{output[-5000:]}" for line in missing]

    def type(self, line: str) -> tuple[int, str]:
        """Type a line, and return the exit code and the output; a line of C(make) is only tried."""
        line = re.sub(r"^make ", "make --dry-run ", self.here(line))
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "PYTHONPATH", "MAKE"))}
        settings = {
            **inherited,
            "ANSIBLE_DEPRECATION_WARNINGS": "0",
            "ANSIBLE_NOCOLOR": "1",
            "LC_ALL": "C.UTF-8",
            "PAGER": "cat",
            "PATH": f"{CHECKOUT / '.venv/bin'}:{os.environ['PATH']}",
        }
        if "tests/lab" not in line:  # the lab's container engine has its own things at home
            settings["HOME"] = str(self.folder)
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=self.folder,
            env=settings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=_LIMIT_SECONDS,
            check=False,
        )
        return done.returncode, done.stdout
