# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Upgrade the database by Setup.

Note that this module is private to the collection.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils._errors import PreconditionError, VerificationError
from ansible_collections.jp1.itdm.plugins.module_utils._version import ProductVersion
from ansible_collections.jp1.itdm.plugins.plugin_utils._product import Product, output_of, require_undamaged
from ansible_collections.jp1.itdm.plugins.plugin_utils._step import Seen, Step, Unmet


class SetUpDatabase(Step):
    """Step 4 of the procedure (Configuration Guide 5.10)."""

    title = "Upgrade the database by Setup"

    def __init__(self, product: Product, version: str) -> None:
        self.product = product
        self.version = str(ProductVersion.parse(version))

    def take_up(self) -> dict[str, Any] | None:
        return self.product.take_up("setup_database", self.version)

    def settle(self) -> None:
        self.product.await_end("setup_database")

    def probe(self) -> Seen:
        status = self.product.database_status()
        return Seen(status["schema"] == self.version and not status["damaged"], status)

    def pre_check(self, seen: Seen) -> Iterator[Unmet]:
        installed = self.product.require_installed().version
        if installed != self.version:
            yield Unmet(
                PreconditionError(
                    f"Version {installed} is installed, not {self.version}, so Setup can not upgrade the database to it.",
                    code="not_upgraded_yet",
                    remedy="Overwrite-install the new version on the database server first.",
                ),
                made_by_earlier_step=True,
            )

    def execute(self, seen: Seen) -> dict[str, Any]:
        return output_of(self.product.run("setup_database", version=self.version))

    def post_check(self, seen: Seen) -> dict[str, Any]:
        after = self.product.database_status()
        records, schema = after["records"], after["schema"]
        require_undamaged(after, "Look at Setup's log, and run Setup again or go back.")
        if self.product.profile["setup_database.upgrades_schema"] and schema is not None and schema != self.version:
            raise VerificationError(
                f"Setup ended, but the database has schema {schema} instead of {self.version}.",
                code="setup_not_effective",
                remedy="Look at Setup's log.",
            )
        if None not in (records, seen.state["records"]) and records < seen.state["records"]:
            raise VerificationError(
                f"Setup ended, but the database holds {records} records instead of {seen.state['records']}.",
                code="records_missing",
                remedy="Look at Setup's log.",
            )
        return after

    def conclude(self) -> None:
        self.product.forget_jobs()
