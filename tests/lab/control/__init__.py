# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Control of the lab: starts, resets, breaks and inspects Windows-like hosts."""
