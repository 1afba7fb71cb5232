# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A drive in memory, and a cmd.exe for lines that make, move and remove on it, one operation at a time.

It knows what these lines need: parentheses, C(&), C(&&), C(||), C(if [not] exist), C(exit), C(mkdir), C(move), C(del), C(rmdir).
"""

from __future__ import annotations

import ntpath
import re
from collections.abc import Callable

_WORD = re.compile(r'\s*(\d?[<>]+nul|&&|\|\||[&()]|(?:"[^"]*"|[^\s&|()<>"])+)')


class _Exit(Exception):
    def __init__(self, code: int) -> None:
        super().__init__()
        self.code = code


class Drive:
    """Files and folders by their full names."""

    def __init__(self, *folders: str) -> None:
        self.files: set[str] = set()
        self.folders = set(folders)

    def inside(self, folder: str) -> list[str]:
        """Return the names of what is directly in a folder."""
        return sorted(ntpath.basename(name) for name in self.files | self.folders if ntpath.dirname(name) == folder)


class FakeCmd:
    """Runs lines on a drive.

    :param step: called before each operation on the drive.
    """

    def __init__(self, drive: Drive, step: Callable[[], None] = lambda: None) -> None:
        self.drive = drive
        self.step = step

    def run(self, line: str) -> int:
        """Run a line and return its exit code."""
        self._words = [word for word in _WORD.findall(line) if not re.match(r"\d?[<>]", word)]
        try:
            return self._sequence(True)
        except _Exit as end:
            return end.code

    # A line is read while it is run; what is left out is read, too.

    def _sequence(self, runs: bool) -> int:
        code = self._one(runs, 0)
        while self._words and self._words[0] in ("&", "&&", "||"):
            operator = self._words.pop(0)
            code = self._one(runs and (operator == "&" or (operator == "&&") == (code == 0)), code)
        return code

    def _one(self, runs: bool, code: int) -> int:
        if self._words[0] == "(":
            self._words.pop(0)
            inner = self._sequence(runs)
            assert self._words.pop(0) == ")"
            return inner if runs else code
        if self._words[0] == "if":
            return self._if(runs, code)
        words = []
        while self._words and self._words[0] not in ("&", "&&", "||", ")"):
            words.append(self._words.pop(0).strip('"'))
        return self._command(words) if runs else code

    def _if(self, runs: bool, code: int) -> int:
        self._words.pop(0)
        wanted = self._words[0] != "not"
        if not wanted:
            self._words.pop(0)
        assert self._words.pop(0) == "exist"
        path = self._words.pop(0).strip('"')
        holds = runs and self._exists(path) == wanted
        inner = self._sequence(holds)  # everything up to the end of the line or of the parentheses belongs to it
        return inner if holds else code

    def _exists(self, path: str) -> bool:
        self.step()
        return path[:-1] in self.drive.folders if path.endswith("\\") else path in self.drive.files | self.drive.folders

    def _command(self, words: list[str]) -> int:
        name, *arguments = words
        arguments = [word for word in arguments if not word.startswith("/")]
        if name == "exit":
            raise _Exit(int(arguments[0]))
        self.step()
        return int(not getattr(self, f"_{name}")(*arguments))

    def _mkdir(self, folder: str) -> bool:
        new = folder not in self.drive.folders
        self.drive.folders.add(folder)
        return new

    def _rmdir(self, folder: str) -> bool:
        if folder not in self.drive.folders or self.drive.inside(folder):
            return False
        self.drive.folders.remove(folder)
        return True

    def _move(self, source: str, target: str) -> bool:
        assert target not in self.drive.folders
        if source not in self.drive.files or ntpath.dirname(target) not in self.drive.folders:
            return False
        self.drive.files.remove(source)
        self.drive.files.add(target)
        return True

    def _del(self, *files: str) -> bool:
        self.drive.files -= set(files)
        return True
