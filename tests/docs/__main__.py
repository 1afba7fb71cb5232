# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the pages that are made of the code anew ('make docs-pages')."""

from __future__ import annotations

from . import failure_codes, profile_fields

failure_codes.PAGE.write_text(failure_codes.page(failure_codes.told()), encoding="utf-8")
profile_fields.PAGE.write_text(profile_fields.page(), encoding="utf-8")
