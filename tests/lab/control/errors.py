# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's own failure."""

from __future__ import annotations


class LabError(Exception):
    """Something the lab can not do, in one sentence that also says what to do about it."""
