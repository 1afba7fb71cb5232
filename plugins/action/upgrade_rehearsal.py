# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rehearse what a long step needs on a server."""

from __future__ import annotations

from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils import _argspec
from ansible_collections.jp1.itdm.plugins.plugin_utils._action import HostAction
from ansible_collections.jp1.itdm.plugins.plugin_utils._host import Host
from ansible_collections.jp1.itdm.plugins.plugin_utils._rehearsal import Rehearsal


class ActionModule(HostAction):
    """Rehearse what a long step needs on a server; leaves nothing behind."""

    spec = _argspec.UPGRADE_REHEARSAL

    def act(self, host: Host, options: dict[str, Any]) -> dict[str, Any]:
        """Return what was rehearsed; check mode touches nothing and rehearses nothing."""
        rehearsal = Rehearsal(self.product(host, options), options["media_folders"], options["writable_folders"])
        return {"changed": False, "rehearsed": [] if self._task.check_mode else rehearsal.run()}
