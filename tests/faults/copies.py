# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of what is tested, so that neither a mutation nor an edit meanwhile meets the checkout."""

from __future__ import annotations

import shutil
from configparser import ConfigParser
from pathlib import Path

# Seconds. Several runs share the processors, and none is in a hurry to see the end of a task.
_POLL_INTERVAL = 0.03
_COPIED = ("ansible.cfg", "galaxy.yml", "meta", "playbooks", "plugins", "roles")


def copy_of(checkout: Path, folder: Path) -> None:
    """Copy what Ansible needs; the symbolic link that makes the copy a collection is kept as one, and Ansible polls less often there."""
    for name in _COPIED:
        source = checkout / name
        if source.is_dir():
            shutil.copytree(source, folder / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    settings = ConfigParser()
    settings.read(folder / "ansible.cfg", encoding="utf-8")
    settings["defaults"]["internal_poll_interval"] = str(_POLL_INTERVAL)
    with open(folder / "ansible.cfg", "w", encoding="utf-8") as file:
        settings.write(file)
