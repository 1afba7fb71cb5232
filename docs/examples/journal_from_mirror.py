# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the folder of a run, as the journal has it below C(runs), from one of its mirrors: python3 journal_from_mirror.py MIRROR"""

from __future__ import annotations

import json
import sys
from pathlib import Path

SCHEMA = 1


def write_run(mirror: Path, runs: Path) -> Path:
    """Write a run's document and its entries.

    :param mirror: C(RUN_ID.journal.json) from the controller, or C(mirror\\RUN_ID.json) from the management server.
    :param runs: the folder that gets the run's folder.
    :returns: the run's folder.
    :raises FileExistsError: the run's folder is there already.
    """
    copy = json.loads(mirror.read_text(encoding="utf-8"))
    folder = runs / copy["run"]["run_id"]
    (folder / "entries").mkdir(parents=True)
    documents = {"run.json": copy["run"], **{f"entries/{entry['position']:06d}.json": entry for entry in copy["entries"]}}
    for name, document in documents.items():
        (folder / name).write_bytes(json.dumps({**document, "schema": SCHEMA}, sort_keys=True).encode("ascii") + b"\r\n")
    return folder


if __name__ == "__main__":
    print(write_run(Path(sys.argv[1]), Path()))
