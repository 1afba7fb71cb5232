# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rehearsal of long steps on a real host of the lab."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.jp1.itdm.plugins.module_utils._errors import PreconditionError
from ansible_collections.jp1.itdm.plugins.plugin_utils._product import Product
from ansible_collections.jp1.itdm.plugins.plugin_utils._profiles import load_profile
from ansible_collections.jp1.itdm.plugins.plugin_utils._rehearsal import Rehearsal

from tests.integration.lab_system import CHECKOUT, DATABASE, NUMBER
from tests.integration.wire.lab_host import LabHost, lab_variables
from tests.lab.control.lab import Lab

MEDIA = ["D:\\JP1\\media\\10-10", "D:\\JP1\\media\\10-00"]
WRITABLE = ["D:\\JP1\\backup 100% & (x)\\run 1", "D:\\", "C:\\Windows\\Temp"]
LONG_ACTIONS = ("backup", "restore", "install", "uninstall", "setup_database")
FOLDERS = ("C:\\", "C:\\ProgramData", "C:\\Windows\\Temp", "D:\\", "D:\\JP1")


@pytest.fixture(scope="module", autouse=True)
def first_state(lab: Lab) -> None:
    """The system as after C(up)."""
    lab.reset(NUMBER)


@pytest.fixture
def host(lab: Lab, transport: str) -> Iterator[LabHost]:
    """The database server."""
    host = LabHost(lab_variables(lab, DATABASE, transport))
    yield host
    host.disconnect()


def rehearse(host: LabHost, way: str, media: list[str], writable: list[str]) -> list[str]:
    overrides: dict[str, Any] = {f"{action}.run_in": way for action in LONG_ACTIONS}
    profile = load_profile(str(CHECKOUT / "tests/lab/profile.yml"), overrides)
    return Rehearsal(Product(host, profile, "database_server"), media, writable).run()


@pytest.mark.parametrize("way", ["task", "shell"])
def test_a_rehearsal_leaves_nothing(host: LabHost, way: str) -> None:
    before = {folder: host.list_folder(folder) for folder in FOLDERS}
    assert rehearse(host, way, MEDIA, WRITABLE) == [way]
    assert {folder: host.list_folder(folder) for folder in FOLDERS} == before


@pytest.mark.parametrize("way", ["task", "shell"])
def test_what_would_not_work_is_told_at_once(host: LabHost, way: str) -> None:
    with pytest.raises(PreconditionError) as caught:
        rehearse(host, way, [*MEDIA, "D:\\nothing"], ["E:\\backup", *WRITABLE])
    problems = caught.value.evidence["problems"]
    assert len(problems) == 2
    assert "read D:\\nothing" in problems[0]
    assert "write into E:\\backup" in problems[1]
