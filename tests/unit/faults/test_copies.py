# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of the checkout: the settings that differ there."""

from __future__ import annotations

from configparser import ConfigParser
from pathlib import Path

from tests.faults.copies import copy_of

ROOT = Path(__file__).resolve().parents[3]
POLLING = "internal_poll_interval"


def settings(folder: Path) -> dict[str, str]:
    parser = ConfigParser()
    parser.read(folder / "ansible.cfg", encoding="utf-8")
    return dict(parser["defaults"])


def test_only_the_poll_interval_differs_and_is_longer(tmp_path: Path) -> None:
    copy_of(ROOT, tmp_path)
    original, copied = settings(ROOT), settings(tmp_path)
    assert float(copied.pop(POLLING)) > float(original.pop(POLLING))
    assert copied == original
