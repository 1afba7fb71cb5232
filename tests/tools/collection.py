# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the collection and installs it, as its users get it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def ansible(program: str, *arguments: str, folder: Path, environment: Mapping[str, str] | None = None) -> str:
    """Run one of Ansible's programs in a folder; return its output.

    :raises AssertionError: it failed, or it warned; with what it said.
    """
    done = subprocess.run(
        [str(Path(sys.prefix) / "bin" / program), *arguments],
        cwd=folder,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1", **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode or "[WARNING]" in done.stderr:
        raise AssertionError(f"{program} {' '.join(arguments)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def build(folder: Path) -> Path:
    """Build the collection into a folder; return the tarball."""
    ansible("ansible-galaxy", "collection", "build", "--force", "--output-path", str(folder), folder=CHECKOUT)
    (tarball,) = folder.glob("jp1-itdm-*.tar.gz")
    return tarball


def install(tarball: Path, folder: Path) -> dict[str, str]:
    """Install a tarball into an empty folder, asking no server.

    :returns: the environment in which Ansible finds collections only there.
    """
    ansible(
        "ansible-galaxy", "collection", "install", "--offline", str(tarball), "-p", str(folder), folder=folder, environment=only(folder)
    )
    return only(folder)


def only(folder: Path) -> dict[str, str]:
    """The environment in which Ansible finds collections only in a folder."""
    return {"ANSIBLE_COLLECTIONS_PATH": str(folder)}
