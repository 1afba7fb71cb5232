# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scenarios in extensions/molecule do all that they have playbooks for: Molecule silently leaves out what it was not told of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

FOLDER = Path(__file__).resolve().parents[2] / "extensions/molecule"
SCENARIOS = sorted(file.parent.name for file in FOLDER.glob("*/molecule.yml") if file.parent.name != "default")
# Actions that have no playbook of their own.
_PLAYBOOK_OF = {"check": "converge", "idempotence": "converge"}


def read(scenario: str) -> dict[str, Any]:
    """A scenario's configuration over the one that all share, as far as it is looked at here."""
    shared, own = (yaml.safe_load((FOLDER / file).read_text(encoding="utf-8")) or {} for file in ("config.yml", f"{scenario}/molecule.yml"))
    return {
        "playbooks": {**shared["ansible"]["playbooks"], **own.get("ansible", {}).get("playbooks", {})},
        "sequence": own.get("scenario", shared["scenario"])["test_sequence"],
    }


def named(scenario: str) -> set[Path]:
    """The playbooks that a scenario runs."""
    config = read(scenario)
    steps = [step.split() for step in config["sequence"]]
    names = [name for action, *names in steps for name in (names or [config["playbooks"].get(_PLAYBOOK_OF.get(action, action))]) if name]
    return {(FOLDER / scenario / name).resolve() for name in names}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_playbook_of_a_scenario_is_run(scenario: str) -> None:
    own = {file.resolve() for file in (FOLDER / scenario).glob("*.yml") if file.name != "molecule.yml"}
    assert own <= named(scenario)
    assert all(playbook.exists() for playbook in named(scenario))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_scenario_begins_anew_and_is_verified(scenario: str) -> None:
    config = read(scenario)
    assert config["sequence"][0] == "prepare"
    assert config["sequence"][-1].startswith("verify")


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_action_has_a_playbook(scenario: str) -> None:
    """Molecule leaves an action out for which no playbook is set, even where the sequence names one."""
    config = read(scenario)
    for step in config["sequence"]:
        action = step.split()[0]
        assert config["playbooks"].get(_PLAYBOOK_OF.get(action, action)), step
