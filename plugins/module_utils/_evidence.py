# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What belongs to the evidence of a failure, and where each piece is kept: pure rules.

Note that this module is private to the collection.
"""

from __future__ import annotations

import ntpath
import re
from collections.abc import Iterable
from dataclasses import dataclass

from ansible_collections.jp1.itdm.plugins.module_utils._errors import OptionError

SCHEMA = 1
_TEXTS = (".cmd", ".json", ".log", ".txt", ".xml")
_NAME = re.compile(r"(?=.*[^.])[A-Za-z0-9_.-]{1,100}")


@dataclass(frozen=True)
class Piece:
    """One text of the evidence.

    :ivar source: where it comes from, for people: a path on the server or a command.
    :ivar path: where it is kept, relative to the folder of the evidence, with slashes.
    :ivar text: its content.
    :ivar size: bytes of the original; None for what is no file.
    :ivar truncated: whether only a part of the original was taken.
    """

    source: str
    path: str
    text: str
    size: int | None = None
    truncated: bool = False


@dataclass(frozen=True)
class Missing:
    """What could not be collected, and why."""

    source: str
    reason: str


def check_run_id(run_id: str) -> str:
    """Return the run's name if it can be the name of a folder.

    :raises OptionError: it can not.
    """
    if not _NAME.fullmatch(run_id):
        raise OptionError(
            f"run_id: {run_id!r} can not be the name of a folder.",
            remedy="Use letters, digits, hyphens, underscores and dots, as the journal does.",
        )
    return run_id


def folder_name(host: str) -> str:
    """Return a server's inventory name as the name of a folder."""
    name = re.sub(r"[^\w.-]", "_", host)
    return name if name.strip(".") else "_"


def kept_path(path: str) -> str:
    """Return where a file of the server is kept: C(files), the drive or C(UNC), and its folders.

    :param path: absolute, with backslashes.
    """
    drive, rest = ntpath.splitdrive(path)
    parts = [drive[:1].upper()] if drive.endswith(":") else ["UNC", *drive.split("\\")]
    return "/".join(["files", *_safe([*parts, *rest.split("\\")])])


def kept_journal_path(path: str) -> str:
    """Return where a file of the journal's folder is kept.

    :param path: relative to that folder, with backslashes.
    """
    return "/".join(["journal", *_safe(path.split("\\"))])


def _safe(parts: Iterable[str]) -> list[str]:
    # the server named them; none may lead out of the folder
    return [part.replace("/", "_") for part in parts if part not in ("", ".", "..")]


def belongs_to_run(path: str, run_id: str) -> bool:
    """Say whether a file of the journal's folder is a text of this run, or of no run.

    Locks are tokens and standard input is secret, so neither is ever taken.

    :param path: relative to the journal's folder, with backslashes.
    """
    *folders, name = path.split("\\")
    if name.lower() == "stdin.txt" or not name.lower().endswith(_TEXTS) or [part.lower() for part in folders[:1]] == ["lock"]:
        return False
    return not folders or any(part == run_id or part.startswith((f"{run_id}-", f"{run_id}.")) for part in [*folders, name])


def name_matches(name: str, pattern: str) -> bool:
    """Say whether a file's name matches a pattern with C(*) and C(?), as Windows compares names."""
    if pattern == "*.*":
        return True
    expression = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)
    return re.fullmatch(expression, name, re.IGNORECASE | re.DOTALL) is not None


def offset_patterns(first: int) -> list[str]:
    """Return expressions of findstr for lines that begin with a number of at least I(first) and a colon."""
    digits = str(first)
    patterns = ["^[1-9]" + "[0-9]" * len(digits)]
    for index in reversed(range(len(digits))):
        low = int(digits[index]) + (index < len(digits) - 1)
        if low <= 9:
            patterns.append(f"^{digits[:index]}[{low}-9]{'[0-9]' * (len(digits) - index - 1)}:")
    return patterns
