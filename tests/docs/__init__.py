# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes pages of the documentation site, and what its guides tell a person to type."""
