# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Register the licence."""

from __future__ import annotations

from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils import _argspec
from ansible_collections.jp1.itdm.plugins.plugin_utils._action import HostAction
from ansible_collections.jp1.itdm.plugins.plugin_utils._host import Host
from ansible_collections.jp1.itdm.plugins.plugin_utils._register_license import RegisterLicense
from ansible_collections.jp1.itdm.plugins.plugin_utils._step import Step


class ActionModule(HostAction):
    """Register the licence."""

    spec = _argspec.MANAGER_LICENSE
    server = "management_server"

    def step(self, host: Host, options: dict[str, Any]) -> Step:
        return RegisterLicense(self.product(host, options), options["license_file"])
