# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs of hosts that are read while they are written."""

from __future__ import annotations


def whole_lines(log: bytes) -> list[str]:
    """The lines of a log in UTF-8, without one at the end that is still being written."""
    return [line.decode("utf-8", "replace") for line in log[: log.rfind(b"\n") + 1].splitlines()]
