# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check a server against the conditions of the upgrade."""

from __future__ import annotations

from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils import _argspec
from ansible_collections.jp1.itdm.plugins.module_utils._checks import Subject, Wanted, check_server
from ansible_collections.jp1.itdm.plugins.module_utils._profile import SECRET_VARIABLES
from ansible_collections.jp1.itdm.plugins.module_utils._version import ProductVersion, check_target
from ansible_collections.jp1.itdm.plugins.plugin_utils import _windows as windows
from ansible_collections.jp1.itdm.plugins.plugin_utils._action import HostAction
from ansible_collections.jp1.itdm.plugins.plugin_utils._host import Host
from ansible_collections.jp1.itdm.plugins.plugin_utils._inspect import (
    inspect_disks,
    inspect_media,
    inspect_place,
    inspect_server,
    missing_programs,
)


class ActionModule(HostAction):
    """Check a server against the conditions of the upgrade; changes nothing."""

    spec = _argspec.PREFLIGHT
    facts = ("state", "profile")

    def act(self, host: Host, options: dict[str, Any]) -> dict[str, Any]:
        """Return the server's state and the findings."""
        check_target(ProductVersion.parse(options["target_version"], "upgrade_target_version"))
        product = self.product(host, options)
        takes_backup = product.server == "database_server"
        wanted = Wanted(
            target_version=options["target_version"],
            media_folder=options["media_folder"],
            old_media_folder=options["old_media_folder"],
            backup_folder=options["backup_folder"] if takes_backup else "",
            backup_copy_folder=options["backup_copy_folder"] if takes_backup else "",
            accept_no_way_back=options["accept_no_way_back"],
            secrets_given=tuple(name for name in SECRET_VARIABLES if name in product.secrets),
            license_file=options["license_file"],
        )
        state = inspect_server(product)
        folders = [state["product"]["install_folder"], state["system_drive"], wanted.backup_folder]
        seen = {
            **state,
            "disks": inspect_disks(host, folders),
            "backup_copy": inspect_place(host, wanted.backup_copy_folder) if wanted.backup_copy_folder else {},
            "programs_missing": missing_programs(product),
            "license_file": host.ask(there=windows.file_exists(wanted.license_file)).there if wanted.license_file else False,
            "media": inspect_media(product, wanted.media_folder),
            "old_media": inspect_media(product, wanted.old_media_folder),
        }
        findings = check_server(Subject(host.name, product.server, seen, wanted, product.profile))
        return {
            "changed": False,
            "state": state,
            "disks": seen["disks"],
            "findings": [finding.as_dict() for finding in findings],
            "profile": dict(product.profile.values),
        }
