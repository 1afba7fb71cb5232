# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Restore the database from a proven backup.

Note that this module is private to the collection.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timezone
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils._errors import CommandError, VerificationError
from ansible_collections.jp1.itdm.plugins.module_utils._manifest import other_version
from ansible_collections.jp1.itdm.plugins.plugin_utils import _windows as windows
from ansible_collections.jp1.itdm.plugins.plugin_utils._backup_database import Backup, require_space_for_restore
from ansible_collections.jp1.itdm.plugins.plugin_utils._product import Product, output_of, require_undamaged
from ansible_collections.jp1.itdm.plugins.plugin_utils._step import Seen, Step, Unmet


class RestoreDatabase(Step):
    """Restore the backup of step 1, the last part of the way back (Configuration Guide 5.10)."""

    title = "Restore the database"

    def __init__(self, product: Product, folder: str, run_id: str | None) -> None:
        self.product = product
        self.backup = Backup(product.host, folder)
        self.run_id = run_id
        self.mark = f"{self.backup.folder}\\restored.json"

    def take_up(self) -> dict[str, Any] | None:
        return self.product.take_up("restore")

    def settle(self) -> None:
        self.product.await_end("restore")

    def probe(self) -> Seen:
        # the whole backup is proven here, so that nothing is refused after the first change
        manifest = self.backup.verified(run_id=self.run_id)
        self.product.require_installed()
        status = self.product.database_status()
        restored = self.product.host.ask(there=windows.file_exists(self.mark)).there
        schema = self._schema_of_backup()
        same = status["records"] is not None and status["records"] == manifest.records and schema in (None, status["schema"])
        return Seen(
            restored and same and not status["damaged"], {"manifest": asdict(manifest), "records": status["records"], "schema": schema}
        )

    def _schema_of_backup(self) -> str | None:
        """Return the schema version of the backup, None where the profile can not tell."""
        try:
            told: str | None = self.product.database_status("backup_status", backup_folder=self.backup.database_folder)["schema"]
        except CommandError:  # a half-installed product may lack the program that would tell
            return None
        return told

    def pre_check(self, seen: Seen) -> Iterator[Unmet]:
        installed, of_backup = self.product.require_installed().version, seen.state["manifest"]["product_version"]
        if installed != of_backup:
            yield Unmet(other_version(of_backup, installed), made_by_earlier_step=True)
        require_space_for_restore(self.product, sum(file["size"] for file in seen.state["manifest"]["files"]))

    def execute(self, seen: Seen) -> dict[str, Any]:
        started = datetime.now(timezone.utc).isoformat()
        result = self.product.run("restore", backup_folder=self.backup.database_folder)
        return {"started": started, "records_before": seen.state["records"], **output_of(result)}

    def post_check(self, seen: Seen) -> dict[str, Any]:
        manifest: dict[str, Any] = seen.state["manifest"]
        status, schema = self.product.database_status(), seen.state["schema"] or self._schema_of_backup()
        records = status["records"]
        require_undamaged(status, "Keep the services stopped, look at the output of the restore command, and restore again.")
        if None not in (schema, status["schema"]) and status["schema"] != schema:
            raise VerificationError(
                f"After the restore the database has schema {status['schema']}; the backup has {schema}.",
                code="restore_incomplete",
                remedy="Keep the services stopped, look at the output of the restore command, and restore again.",
            )
        if records is not None and manifest["records"] is not None and records != manifest["records"]:
            raise VerificationError(
                f"After the restore the database holds {records} records; the backup holds {manifest['records']}.",
                code="restore_incomplete",
                remedy="Keep the services stopped, look at the output of the restore command, and restore again.",
            )
        done = {"run_id": manifest["run_id"], "restored": datetime.now(timezone.utc).isoformat()}
        self.product.host.write_file(self.mark, json.dumps(done).encode(), replace=True)
        return {"manifest": manifest, "records": records}

    def conclude(self) -> None:
        self.product.forget_jobs()
