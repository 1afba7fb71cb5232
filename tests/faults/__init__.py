# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fault matrix: every step of upgrade and rollback meets every fault, on lab systems, and the lab judges how it ended."""
