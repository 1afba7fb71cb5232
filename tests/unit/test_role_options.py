# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""C(-e name=value) gives text, for which V(false) is as true as V(true): the role has to convert where it uses an option itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROLE = Path(__file__).resolve().parents[2] / "roles/upgrade"
CONVERSIONS = {"bool": "bool", "float": "float", "int": "int"}
ENTRIES = yaml.safe_load((ROLE / "meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
TYPES = {name: option["type"] for entry in ENTRIES.values() for name, option in entry["options"].items()}
OPTIONS = {name: CONVERSIONS[kind] for name, kind in TYPES.items() if kind in CONVERSIONS}


def uses(option: str) -> list[tuple[str, str]]:
    """File and line of each use; those that only hand the value to a module, which converts it, or to another variable are left out."""
    found = []
    for file in sorted((ROLE / "tasks").rglob("*.yml")):
        for line in file.read_text(encoding="utf-8").splitlines():
            handed_on = re.search(rf':\s*"\{{\{{ {option} \}}\}}"$', line)
            if re.search(rf"\b{option}\b", line) and not handed_on and "#" not in line and "-e " not in line:
                found.append((file.name, line.strip()))
    return found


def test_there_is_something_to_look_at() -> None:
    assert {option for option in OPTIONS if uses(option)} >= {"upgrade_take_over", "upgrade_skip_database_upgrade", "upgrade_quiet_time"}


@pytest.mark.parametrize("option", sorted(OPTIONS))
def test_an_option_that_comes_as_text_is_converted(option: str) -> None:
    wrong = [use for use in uses(option) if not re.search(rf"\b{option} \| {OPTIONS[option]}\b", use[1])]
    assert wrong == []
