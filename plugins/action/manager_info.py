# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at a server of the product."""

from __future__ import annotations

from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils import _argspec
from ansible_collections.jp1.itdm.plugins.plugin_utils._action import HostAction
from ansible_collections.jp1.itdm.plugins.plugin_utils._host import Host
from ansible_collections.jp1.itdm.plugins.plugin_utils._inspect import inspect_server, wait_for_operation_window


class ActionModule(HostAction):
    """Look at a server of the product; changes nothing."""

    spec = _argspec.MANAGER_INFO
    facts = ("state", "profile")

    def act(self, host: Host, options: dict[str, Any]) -> dict[str, Any]:
        """Return the server's state and the profile that it was read by."""
        product = self.product(host, options)
        if options["wait_for_operation_window"] and product.server == "management_server":
            wait_for_operation_window(product)
        state = inspect_server(product, with_program_files=options["program_files"])
        return {"changed": False, "state": state, "profile": dict(product.profile.values)}
