# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A JSON file that another program writes while this one runs."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class WatchedFile(Generic[T]):
    """The parsed content of a JSON file, read again whenever the file changed.

    The writer must replace the file in one step (write another name, then rename): a half-written file is an error.

    Args:
        path: the file; it may be missing.
        parse: makes the value from the decoded JSON; raises ValueError for wrong content.
        missing: the decoded JSON to parse while there is no file.
    """

    def __init__(self, path: Path, parse: Callable[[Any], T], missing: Any) -> None:
        self._path = path
        self._parse = parse
        self._missing = missing
        self._lock = threading.Lock()
        self._stamp: tuple[int, int, int] | None = (-1, -1, -1)
        self._value: T

    def read(self) -> T:
        """Return the current value; the same object as long as the file does not change.

        Raises:
            ValueError: the file is not JSON, or its content is wrong; the message names the file.
        """
        with self._lock:
            stamp = self._current_stamp()
            if stamp != self._stamp:
                try:
                    decoded = self._missing if stamp is None else json.loads(self._path.read_text(encoding="utf-8"))
                    self._value = self._parse(decoded)
                except ValueError as error:
                    raise ValueError(f"{self._path.name}: {error}") from error
                self._stamp = stamp
            return self._value

    def _current_stamp(self) -> tuple[int, int, int] | None:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino
