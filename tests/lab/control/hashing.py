# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names for images that change when, and only when, what goes into them changes."""

from __future__ import annotations

import hashlib
from pathlib import Path

_NO_INPUT = {".exe", ".o", ".res", ".d", ".md", ".pyc"}


def digest(*inputs: Path | str) -> str:
    """Twelve hexadecimal digits of texts, files and whole folders (without what was built or only people read)."""
    total = hashlib.sha256()
    for entry in inputs:
        if isinstance(entry, str):
            _add(total, "text", entry.encode())
        elif entry.is_dir():
            for file in sorted(path for path in entry.rglob("*") if path.is_file() and path.suffix not in _NO_INPUT):
                _add(total, file.relative_to(entry).as_posix(), file.read_bytes())
        else:
            _add(total, entry.name, entry.read_bytes())
    return total.hexdigest()[:12]


def _add(total: hashlib._Hash, name: str, data: bytes) -> None:
    total.update(f"{name}\0{len(data)}\0".encode() + data)
