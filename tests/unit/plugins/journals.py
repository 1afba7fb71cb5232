# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Journals on a server in memory."""

from __future__ import annotations

from typing import Any

from ansible_collections.jp1.itdm.plugins.plugin_utils._journal import Journal
from ansible_collections.jp1.itdm.plugins.plugin_utils._journal_steps import STEPS, JournalStep, Wish
from ansible_collections.jp1.itdm.plugins.plugin_utils._step import run_step
from ansible_collections.jp1.itdm.tests.unit.plugins.fake_windows import FakeWindows

FOLDER = r"C:\ProgramData\jp1_itdm_upgrade"
LOCK = FOLDER + r"\lock"
RUN_ID = "20260301T120000Z"
RUN: dict[str, Any] = {
    "run_id": RUN_ID,
    "management_server": "JP1MGR01",
    "database_server": "JP1DB01",
    "target_version": "10-10",
    "backup_folder": rf"D:\JP1\backup\{RUN_ID}",
    "state_before": {"management_server": {}, "database_server": {"database": {"records": 200}}},
}
TOKEN = "0123456789abcdef"
HOLDER: dict[str, Any] = {
    "token": TOKEN,
    "doing": "upgrade",
    "controller": "awx01",
    "process": {},
    "since": "2026-03-01T12:00:00.000+00:00",
}


def journal(world: FakeWindows) -> Journal:
    """Return the journal on a server."""
    return Journal(world, FOLDER)  # type: ignore[arg-type]


def lock(world: FakeWindows, token: str = TOKEN, **holder: Any) -> None:
    """Let somebody have the lock."""
    journal(world).take({**HOLDER, "token": token, **holder})


def step(world: FakeWindows, state: str, **wish: Any) -> JournalStep:
    """Return a step on the journal, of the holder of L(TOKEN) and of the run L(RUN_ID) where nothing else is said."""
    return STEPS[state](journal(world), Wish(**{"run_id": RUN_ID, "token": TOKEN, **wish}))


def record(world: FakeWindows, state: str, check_mode: bool = False, **wish: Any) -> dict[str, Any]:
    """Take a step on the journal and return its result."""
    return run_step(step(world, state, **wish), check_mode=check_mode, log=lambda level, text: None)


def open_run(world: FakeWindows, run_id: str = RUN_ID, **notes: Any) -> None:
    """Take the lock, where nobody has it, and open a run."""
    if not journal(world).lock()["held"]:
        lock(world)
    record(world, "opened", run_id=run_id, content={**RUN, "run_id": run_id})
    if notes:
        record(world, "noted", run_id=run_id, content=notes)


def entry_file(position: int, run_id: str = RUN_ID) -> str:
    """Return the path of an entry."""
    return rf"{FOLDER}\runs\{run_id}\entries\{position:06d}.json"


def run_file(run_id: str = RUN_ID) -> str:
    """Return the path of a run's document."""
    return rf"{FOLDER}\runs\{run_id}\run.json"
