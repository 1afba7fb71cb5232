# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The accounts that may log on: a file of DOMAIN:user:password lines."""

from __future__ import annotations

import os
import tempfile
import threading
from pathlib import Path


class Accounts:
    """Gives the NTLM library its user file.

    A Windows host knows its own accounts with its name as the domain, with "." and without a domain. The library compares the
    domain literally, so it gets a private copy with a line for each of the three, made anew when the file changes.

    Args:
        path: the file; passwords hold no colon.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._text: str | None = None
        self._folder = tempfile.TemporaryDirectory()
        self._copy = Path(self._folder.name) / "users"

    def refresh(self) -> None:
        """Bring the library's copy up to date; a missing file means that nobody may log on."""
        with self._lock:
            text = self._path.read_text(encoding="utf-8") if self._path.exists() else ""
            if text != self._text:
                entries = [line.split(":", 1) for line in text.splitlines() if ":" in line]
                lines = [f"{name}:{rest}\n" for domain, rest in entries for name in dict.fromkeys([domain, ".", ""])]
                new = self._copy.with_suffix(".new")
                new.touch(mode=0o600)
                new.write_text("".join(lines), encoding="utf-8")
                new.replace(self._copy)
                self._text = text
            os.environ["NTLM_USER_FILE"] = str(self._copy)
