# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The product on one server, as its profile describes it: what is installed, and what it tells about itself.

Note that this module is private to the collection.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils._errors import PreconditionError, VerificationError
from ansible_collections.jp1.itdm.plugins.module_utils._parse_registry import UninstallEntry
from ansible_collections.jp1.itdm.plugins.module_utils._profile import Profile
from ansible_collections.jp1.itdm.plugins.plugin_utils import _windows as windows
from ansible_collections.jp1.itdm.plugins.plugin_utils._probe import Probe
from ansible_collections.jp1.itdm.plugins.plugin_utils._product_programs import DEFAULT_JOURNAL_FOLDER, ProductPrograms, output_of

UNKNOWN_DATABASE: dict[str, Any] = {"records": None, "schema": None, "damaged": None}

__all__ = ["DEFAULT_JOURNAL_FOLDER", "UNKNOWN_DATABASE", "Installation", "Product", "find_installation", "output_of", "require_undamaged"]


@dataclass(frozen=True)
class Installation:
    """The installed product.

    :param installed: whether the product is among the installed programs.
    :param version: C(VV-RR) or C(VV-RR-SS), or an empty text when it can not be told.
    :param version_text: the version as the registry states it.
    :param install_folder: without a backslash at its end.
    """

    installed: bool
    version: str
    version_text: str
    install_folder: str

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)


def find_installation(entries: list[UninstallEntry], profile: Profile) -> Installation:
    """Find the product among the installed programs."""
    for entry in entries:
        if re.fullmatch(profile["product.display_name"], entry.name):
            match = re.fullmatch(profile["product.version_pattern"], entry.version)
            version = "-".join(group for group in match.groups() if group) if match else ""
            folder = entry.install_location or profile["product.install_folder"]
            return Installation(True, version, entry.version, folder.rstrip("\\"))
    return Installation(False, "", "", profile["product.install_folder"].rstrip("\\"))


class Product(ProductPrograms):
    """The product on one server."""

    _installation: Installation | None = None

    @property
    def install_folder(self) -> str:
        return self.installation.install_folder

    def installation_probe(self) -> Probe[Installation]:
        """Return the question for the installed product."""
        inner = windows.uninstall_entries(self.profile["product.registry_view"])
        return Probe(inner.command, lambda answer: find_installation(inner.parse(answer), self.profile))

    @property
    def installation(self) -> Installation:
        """The installed product, asked for once."""
        if self._installation is None:
            self._installation = self.host.ask(found=self.installation_probe()).found
        return self._installation

    @installation.setter
    def installation(self, found: Installation | None) -> None:
        self._installation = found

    def require_installed(self) -> Installation:
        """Return the installed product.

        :raises PreconditionError: C(not_installed).
        """
        found = self.installation
        if not found.installed:
            raise PreconditionError(
                f"{self.profile['product.display_name']} is not installed here.",
                code="not_installed",
                remedy="Check that the inventory names the right server.",
            )
        return found

    def pattern(self, field: str, text: str) -> str | None:
        """Return what a pattern of the profile finds in a text: its first group, or the whole match; None for nothing."""
        pattern = self.profile[field]
        match = re.search(pattern, text) if pattern else None
        return (match[1] if match.re.groups else match[0]) if match else None

    def database_status(self, action: str = "database_status", **variables: str) -> dict[str, Any]:
        """Return C(records) and C(schema) of the database or of a backup, and whether it is C(damaged).

        Each of them is None where the profile can not tell; it never tells of a backup whether it is damaged.
        """
        if not self.can(action):
            return dict(UNKNOWN_DATABASE)
        result = self.run(action, **variables)
        records = self.pattern("database_status.records", result.stdout)
        damaged = self.profile["database_status.damaged_exit_codes"] if action == "database_status" else []
        return {
            "records": int(records) if records and records.isdigit() else None,
            "schema": self.pattern("database_status.schema", result.stdout),
            "damaged": result.exit_code in damaged if damaged else None,
        }

    def license_registered(self) -> bool | None:
        """Return whether a licence is registered; None where the profile can not tell."""
        if not self.can("license_status"):
            return None
        return self.pattern("license_status.registered", self.run("license_status").stdout) is not None


def require_undamaged(status: Mapping[str, Any], remedy: str) -> None:
    """Require that the database is not damaged, as far as the profile can tell.

    :param status: what L(Product.database_status) returned.
    :raises VerificationError: C(database_damaged).
    """
    if status["damaged"]:
        raise VerificationError("The database says that it is damaged.", code="database_damaged", remedy=remedy, evidence=dict(status))
