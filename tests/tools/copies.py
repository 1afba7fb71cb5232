# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A copy of the collection and its unit tests, for tools that follow no symbolic link or write beside what they read."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
#: What users get, all files at the top, and the tests that need no lab.
WITH_TESTS = (
    "changelogs",
    "docs",
    "meta",
    "playbooks/*.yml",
    "plugins",
    "roles",
    ":(glob)*",
    "tests/config.yml",
    "tests/unit/plugins",
    "tests/unit/*.txt",
)


def copy_collection(folder: Path) -> Path:
    """Copy the files that git knows or would add to where Ansible looks for the collection; return that place.

    :param folder: above C(ansible_collections); what an earlier copy has left in the place is removed.
    """
    place = folder / "ansible_collections/jp1/itdm"
    shutil.rmtree(place, ignore_errors=True)
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *WITH_TESTS]
    listed = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    for name in listed.stdout.split("\0"):
        source = CHECKOUT / name
        if source.is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, place / name)
    return place
