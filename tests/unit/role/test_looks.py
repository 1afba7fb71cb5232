# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role's looks at a server read. A real installation has many program files, and to hash one starts a program on the server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

TASKS = Path(__file__).resolve().parents[3] / "roles/upgrade/tasks"
LOOK = "jp1.itdm.manager_info"


def looks(tasks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for task in tasks:
        if LOOK in task:
            yield task[LOOK]
        for part in ("block", "rescue", "always"):
            yield from looks(task.get(part) or [])


def test_program_files_are_read_only_where_a_rollback_compares_them() -> None:
    """Neither between the stop and the start of the services, nor for a status. What preflight reads is the state before."""
    found = {
        str(file.relative_to(TASKS)): [look.get("program_files", True) for look in looks(yaml.safe_load(file.read_text(encoding="utf-8")))]
        for file in sorted(TASKS.rglob("*.yml"))
    }
    assert sum(map(len, found.values())) > 10
    assert {file for file, reads in found.items() if any(reads)} == {"rollback.yml"}
