# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the image is made: where the packages come from, what the engine is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lab.control.base_image import mmdebstrap_command
from tests.lab.control.engine import podman_settings
from tests.lab.image.apt_source import debian_archive, from_deb822_format, from_one_line_format

RECIPE = Path(__file__).resolve().parents[2] / "lab" / "image"

DEB822 = """Types: deb
# a comment: with a colon
URIs: http://archive.example/debian-security
Suites: bookworm-security
Components: main

Types: deb
URIs: http://archive.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
"""


def test_the_archive_is_found_among_others() -> None:
    assert from_deb822_format(DEB822) == "http://archive.example/debian"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("deb http://archive.example/debian trixie main", "http://archive.example/debian"),
        ("deb [arch=amd64] https://archive.example/debian/ bookworm main contrib", "https://archive.example/debian/"),
        ("# deb http://archive.example/debian trixie main", None),
        ("deb http://archive.example/debian-security trixie-security main", None),
        ("deb http://other.example/tool stable main", None),
    ],
)
def test_one_line_sources(line: str, expected: str | None) -> None:
    assert from_one_line_format(line + "\n") == expected


def test_a_machine_without_debians_archive(tmp_path: Path) -> None:
    assert debian_archive(tmp_path) is None


def test_mmdebstrap_gets_the_recipe_and_the_machines_archive() -> None:
    command = mmdebstrap_command(RECIPE, "http://archive.example/debian")
    assert command[-1] == "deb http://archive.example/debian trixie main"
    assert any(part.startswith("--include=") and "wine" in part and "python3-pyspnego" in part for part in command)


def test_an_ordinary_machine_keeps_podmans_own_settings() -> None:
    assert podman_settings(unified_cgroups=True, runc="/usr/sbin/runc", hard_file_limit=1048576) == ""
    assert podman_settings(unified_cgroups=True, runc=None, hard_file_limit=-1) == ""


def test_mixed_cgroups_and_low_limits_are_provided_for() -> None:
    text = podman_settings(unified_cgroups=False, runc="/usr/sbin/runc", hard_file_limit=20000)
    assert 'runtime = "runc"' in text
    assert "nofile=4096:4096" in text
