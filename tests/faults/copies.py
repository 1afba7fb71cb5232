# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of what is tested, so that neither a mutation nor an edit meanwhile meets the checkout."""

from __future__ import annotations

import shutil
from pathlib import Path

_COPIED = ("ansible.cfg", "galaxy.yml", "meta", "playbooks", "plugins", "roles")


def copy_of(checkout: Path, folder: Path) -> None:
    """Copy what Ansible needs; the symbolic link that makes the copy a collection is kept as one."""
    for name in _COPIED:
        source = checkout / name
        if source.is_dir():
            shutil.copytree(source, folder / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
