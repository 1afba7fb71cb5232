# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal, read without the collection's code."""

from __future__ import annotations

import json
from typing import Any

from tests.faults.journal import parse

RUN = "20261123T160000Z"


def text(**keys: Any) -> str:
    return json.dumps({"schema": 1, "run_id": RUN, **keys})


def files(*entries: dict[str, Any]) -> dict[str, str | None]:
    folder = f"runs/{RUN}/"
    result: dict[str, str | None] = {"runs/": None, folder: None, f"{folder}run.json": text(backup_folder="D:\\x")}
    for number, entry in enumerate(entries, start=1):
        result[f"{folder}entries/{number:06d}.json"] = text(**entry)
    return result


def test_an_empty_folder() -> None:
    record = parse({})
    assert (record.last, record.holders, record.jobs, record.problems) == (None, None, [], [])


def test_later_entries_count() -> None:
    record = parse(
        files({"steps": {"backup": "running"}}, {"steps": {"backup": "done", "stop": "running"}, "notes": {"installation_begun": True}})
    )
    assert record.last
    assert record.last.steps == {"backup": "done", "stop": "running"}
    assert record.last.notes["installation_begun"] and record.last.notes["backup_folder"] == "D:\\x"
    assert record.last.open and not record.problems


def test_a_run_is_closed_by_its_end() -> None:
    assert not parse(files({"notes": {"end_state": "ROLLED_BACK"}})).runs[0].open
    assert parse(files({"notes": {"end_state": "PAUSED"}})).runs[0].open
    assert parse(files({"notes": {"end_state": "SUCCEEDED", "rolling_back": True}})).runs[0].open


def test_lock_and_jobs() -> None:
    there = {**files(), "lock/": None, "lock/a.json": text(token="a"), "jobs/": None, f"jobs/{RUN}-install/": None}
    record = parse(there)
    assert record.holders and record.holders[0]["token"] == "a"
    assert record.jobs == [f"{RUN}-install"]


def test_what_does_not_fit_is_told() -> None:
    there = files({"notes": {}}, {"notes": {}})
    del there[f"runs/{RUN}/entries/000001.json"]
    assert "is missing" in parse(there).problems[0]
    assert parse({**files(), f"runs/{RUN}/entries/000001.json": "{"}).problems
