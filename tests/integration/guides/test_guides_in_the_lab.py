# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guides' commands for the lab are typed in their order, and show what the guides show."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.guides import GUIDES, commands, files
from tests.docs.terminal import Terminal
from tests.integration.lab_system import System
from tests.integration.upgrade.inventories import Inventory

QUICK = "guide_profile"
IN_THE_LAB = [guide for guide in GUIDES if any(command.kind == "lab" for command in commands(guide))]


@pytest.mark.parametrize(
    "guide", [pytest.param(guide, id=guide.stem, marks=() if guide.stem == QUICK else pytest.mark.slow) for guide in IN_THE_LAB]
)
def test_guide(system: System, guide: Path, tmp_path: Path) -> None:
    """C(make lab-up) stands for what the fixture did; C(make lab-down) is done at the end of all tests."""
    (tmp_path / ".lab").mkdir()
    names = {"JP1MGR01": system.manager, "JP1DB01": system.database, "--system 1": f"--system {system.number}"}
    terminal = Terminal(tmp_path, names)
    terminal.write({**files(guide), "inventory.yml": only(system, tmp_path / ".lab").read_text(encoding="utf-8")})
    for command in commands(guide):
        if command.kind == "lab":
            assert terminal.problems(command) == []


def only(system: System, folder: Path) -> Path:
    """The lab's inventory with one system only, in a folder."""
    inventory = Inventory(system.lab.inventory_file, folder)
    for servers, name in ((inventory.managers, system.manager), (inventory.databases, system.database)):
        for other in set(servers) - {name}:
            del servers[other]
    return inventory.write()
