# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are asked for many times a second."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

_T = TypeVar("_T")


class Memory:
    """What was made of files."""

    def __init__(self) -> None:
        self._made: dict[Path, tuple[tuple[int, int, int], Any]] = {}

    def of(self, path: Path, make: Callable[[Path], _T]) -> _T:
        """What is made of a file, made anew only when the file has changed; callers leave it as it is.

        :param make: the same for each question about a file; it says what is to follow when there is none.
        """
        try:
            found = path.stat()
        except OSError:
            return make(path)
        # taken before the file is read: what comes in between is read again
        stamp = (found.st_ino, found.st_size, found.st_mtime_ns)
        known = self._made.get(path)
        if known is None or known[0] != stamp:
            known = self._made[path] = (stamp, make(path))
        made: _T = known[1]
        return made
