# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of the lab's inventory with something changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


class Inventory:
    """A copy of an inventory.

    :ivar variables: those of all hosts.
    :ivar managers: the management servers' own, by host.
    :ivar databases: the database servers' own, by host.
    """

    def __init__(self, origin: Path, folder: Path) -> None:
        self._file = folder / "inventory.yml"
        self._data: dict[str, Any] = yaml.safe_load(origin.read_text(encoding="utf-8"))
        children = self._data["all"]["children"]
        self.variables: dict[str, Any] = self._data["all"]["vars"]
        self.managers: dict[str, dict[str, Any]] = children["jp1_itdm_management_servers"]["hosts"]
        self.databases: dict[str, dict[str, Any]] = children["jp1_itdm_database_servers"]["hosts"]

    def write(self) -> Path:
        """Write the file and return it."""
        self._file.write_text(yaml.safe_dump(self._data), encoding="utf-8")
        return self._file
