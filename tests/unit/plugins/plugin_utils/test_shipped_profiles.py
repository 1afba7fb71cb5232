# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shipped profiles claim no more than the manuals state."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.jp1.itdm.plugins.module_utils._profile import ACTIONS, FIELDS, Profile
from ansible_collections.jp1.itdm.plugins.plugin_utils import _profiles
from ansible_collections.jp1.itdm.plugins.plugin_utils._profiles import load_profile

FOLDER = Path(_profiles.__file__).parent / "profiles"
SHIPPED = sorted(path.stem for path in FOLDER.glob("*.yml"))

# What a manual of the real product states. Whoever adds to this list has the manual's page at hand.
FROM_THE_MANUALS = {
    "jp1_itdm_v10": {
        "backup.instruction",
        "backup.method",
        "install.instruction",
        "install.method",
        "operation_window.port",
        "register_license.method",
        "restore.instruction",
        "restore.method",
        "setup_database.instruction",
        "setup_database.method",
        "stop_services.method",
    },
}


def document(name: str) -> dict[str, dict[str, Any]]:
    """Return a shipped profile's fields as they are written."""
    fields: dict[str, dict[str, Any]] = yaml.safe_load((FOLDER / f"{name}.yml").read_text(encoding="utf-8"))["fields"]
    return fields


def commands(profile: Profile) -> list[str]:
    """Return the actions that start a program on a server."""
    return [action for action in ACTIONS if profile[f"{action}.method"] == "command"]


def test_every_shipped_profile_is_judged_here() -> None:
    assert sorted(FROM_THE_MANUALS) == SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_profile_is_whole(name: str) -> None:
    assert load_profile(name).name == name


@pytest.mark.parametrize("name", SHIPPED)
def test_only_what_the_manuals_state_has_the_source_guide(name: str) -> None:
    assert {field for field, entry in document(name).items() if entry["source"] == "guide"} == FROM_THE_MANUALS[name]


@pytest.mark.parametrize("name", SHIPPED)
def test_nobody_has_discovered_anything_on_a_real_server_yet(name: str) -> None:
    assert {entry["source"] for entry in document(name).values()} <= {"guide", "assumed"}


@pytest.mark.parametrize("name", SHIPPED)
def test_every_value_says_where_it_comes_from(name: str) -> None:
    assert [field for field, entry in document(name).items() if not entry.get("note", "").strip()] == []


@pytest.mark.parametrize("name", SHIPPED)
def test_the_manuals_section_is_named(name: str) -> None:
    manuals = ("Configuration Guide ", "Overview")
    fields = document(name)
    assert [field for field in FROM_THE_MANUALS[name] if not fields[field]["note"].startswith(manuals)] == []


@pytest.mark.parametrize("name", SHIPPED)
def test_no_command_line_is_claimed_to_be_documented(name: str) -> None:
    profile = load_profile(name)
    parts = ("argv", "stdin", "accepted_exit_codes", "time_limit")
    silent = [
        f"{action}.{part}"
        for action in commands(profile)
        for part in parts
        if profile[f"{action}.{part}"] and profile.sources[f"{action}.{part}"] != "assumed"
    ]
    assert silent == []


def test_the_only_command_of_the_real_product_is_the_guides() -> None:
    assert commands(load_profile("jp1_itdm_v10")) == ["stop_services"]


def test_a_run_with_the_real_products_profile_names_its_assumptions() -> None:
    profile = load_profile("jp1_itdm_v10")
    assert set(profile.assumed()) == set(document("jp1_itdm_v10")) - FROM_THE_MANUALS["jp1_itdm_v10"]


def test_a_default_that_steers_the_real_product_is_written_down_as_an_assumption() -> None:
    used = {field for field in FIELDS if field.startswith(("product.", "services.", "operation_window.", "rollback."))}
    assert used - set(document("jp1_itdm_v10")) == set()
