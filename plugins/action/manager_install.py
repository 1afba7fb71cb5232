# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Overwrite-install the product, or install its old version again."""

from __future__ import annotations

from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils import _argspec
from ansible_collections.jp1.itdm.plugins.plugin_utils._action import HostAction
from ansible_collections.jp1.itdm.plugins.plugin_utils._host import Host
from ansible_collections.jp1.itdm.plugins.plugin_utils._install_manager import InstallManager
from ansible_collections.jp1.itdm.plugins.plugin_utils._step import Step


class ActionModule(HostAction):
    """Overwrite-install the product, or install its old version again."""

    spec = _argspec.MANAGER_INSTALL

    def step(self, host: Host, options: dict[str, Any]) -> Step:
        return InstallManager(
            self.product(host, options),
            options["version"],
            options["media_folder"],
            expected_files=options["program_files"],
            removal_media_folder=options["removal_media_folder"],
            auto_update=options["auto_update"],
            start_services=options["start_services"],
        )
