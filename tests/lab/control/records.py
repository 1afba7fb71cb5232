# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's own count of records: what was accepted when, and what of it the database still has."""

from __future__ import annotations

from typing import Any


def parse_accepted(lines: list[str]) -> list[tuple[str, str]]:
    """Time (UTC, ISO 8601) and id of each record in the lines of an C(accepted.log)."""
    return [(parts[0], parts[1]) for line in lines if len(parts := line.split()) == 2]


def compare(accepted: list[tuple[str, str]], database: list[dict[str, str]]) -> dict[str, Any]:
    """The accepted records, the ids in the database, the accepted ones that are lost, and ids that are there twice."""
    ids = [record["id"] for record in database]
    present = set(ids)
    return {
        "accepted": accepted,
        "in_database": ids,
        "lost": [identity for _, identity in accepted if identity not in present],
        "twice": sorted({identity for identity in ids if ids.count(identity) > 1}) if len(present) < len(ids) else [],
    }
