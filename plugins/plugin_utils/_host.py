# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Windows server as the steps of an upgrade see it.

Note that this module is private to the collection.
"""

from __future__ import annotations

from ansible_collections.jp1.itdm.plugins.plugin_utils._host_claims import HostClaims
from ansible_collections.jp1.itdm.plugins.plugin_utils._host_core import NO_WORKING_FOLDER, CommandResult
from ansible_collections.jp1.itdm.plugins.plugin_utils._host_services import HostServices
from ansible_collections.jp1.itdm.plugins.plugin_utils._quoting import Line

__all__ = ["NO_WORKING_FOLDER", "CommandResult", "Host", "Line"]


class Host(HostClaims, HostServices):
    """Commands, questions, files and services of one server."""
