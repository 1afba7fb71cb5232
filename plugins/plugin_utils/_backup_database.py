# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Back the database up, and prove the backup.

A backup lies in a folder of its run: what Database Manager writes in C(database), the manifest beside it.

Note that this module is private to the collection.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils._errors import (
    BackupRejectedError,
    PreconditionError,
    UpgradeError,
    VerificationError,
)
from ansible_collections.jp1.itdm.plugins.module_utils._manifest import (
    MANIFEST_NAME,
    Manifest,
    build_manifest,
    size_warnings,
    verify_backup,
)
from ansible_collections.jp1.itdm.plugins.module_utils._parse_files import FileEntry
from ansible_collections.jp1.itdm.plugins.module_utils._profile import expand
from ansible_collections.jp1.itdm.plugins.plugin_utils import _windows as windows
from ansible_collections.jp1.itdm.plugins.plugin_utils._host import Host
from ansible_collections.jp1.itdm.plugins.plugin_utils._paths import parent_and_name
from ansible_collections.jp1.itdm.plugins.plugin_utils._product import Product, output_of
from ansible_collections.jp1.itdm.plugins.plugin_utils._step import Seen, Step, Unmet

_BACKUPS_BESIDE = 20  # folders that are looked into


class Backup:
    """A backup on a server.

    :param host: the server that it lies on.
    :param folder: the run's folder.
    """

    def __init__(self, host: Host, folder: str) -> None:
        self.host = host
        self.folder = folder.rstrip("\\")
        self.database_folder = f"{self.folder}\\database"
        self.manifest_file = f"{self.folder}\\{MANIFEST_NAME}"

    def manifest_text(self) -> bytes | None:
        """Return the manifest as it is on the server, or None when there is none."""
        if not self.host.ask(there=windows.file_exists(self.manifest_file)).there:
            return None
        return self.host.read_file(self.manifest_file)

    def manifest(self) -> Manifest | None:
        """Return the manifest, or None when there is none.

        :raises BackupRejectedError: the manifest is damaged.
        """
        text = self.manifest_text()
        return None if text is None else Manifest.from_json(text.decode("utf-8", "replace"))

    def files(self) -> list[FileEntry]:
        """Return the backup's files with sizes and hashes; empty when the folder does not exist."""
        if not self.host.ask(there=windows.folder_exists(self.database_folder)).there:
            return []
        return self.host.hash_folder(self.database_folder)

    def verified(self, *, run_id: str | None = None) -> Manifest:
        """Return the manifest of a backup that is whole and unaltered.

        :raises BackupRejectedError: it is not, or there is none.
        """
        manifest = self.manifest()
        if manifest is None:
            raise self.missing()
        verify_backup(manifest, self.files(), run_id=run_id)
        return manifest

    def missing(self) -> BackupRejectedError:
        """Return the refusal of a folder that holds no backup."""
        return BackupRejectedError(
            f"{self.folder} holds no manifest, so it is no backup that can be trusted.",
            code="backup_missing",
            remedy="Name the folder of a backup that this collection took.",
        )

    def last_beside(self) -> tuple[str, Manifest] | None:
        """Return folder and manifest of the last backup beside this one, None when there is none; folders are named by time."""
        root, own = parent_and_name(self.folder)
        items = self.host.ask(items=windows.folder(root)).items or []
        names = sorted((item.name for item in items if item.is_folder and item.name.lower() != own.lower()), reverse=True)
        folder = root.rstrip("\\")
        others = [Backup(self.host, f"{folder}\\{name}") for name in names[:_BACKUPS_BESIDE]]
        there = vars(self.host.ask(**{f"backup{index}": windows.file_exists(other.manifest_file) for index, other in enumerate(others)}))
        for other in (other for other, found in zip(others, there.values(), strict=True) if found):
            try:
                manifest = other.manifest()
            except UpgradeError:  # another one's damage is no reason to fail
                continue
            if manifest is not None:
                return other.folder, manifest
        return None


def require_space_for_restore(product: Product, needed: int) -> None:
    """Require that a backup fits onto the database's drive, as far as the profile says where that is.

    :param needed: the backup's bytes.
    :raises PreconditionError: C(restore_space).
    """
    template = product.profile["database.folder"]
    if not template:
        return
    folder = expand(template, {"install_folder": product.installation.install_folder})
    free = product.host.ask(free=windows.free_bytes(folder)).free
    if free is None or free < needed:
        found = "can not be read" if free is None else f"is {free:,} bytes"
        raise PreconditionError(
            f"The free space for the database in {folder} {found}; restoring the backup needs {needed:,}.",
            code="restore_space",
            remedy="Free space on that drive, then run again. If the folder is wrong, correct the profile's field database.folder.",
            evidence={"folder": folder, "free": free, "needed": needed},
        )


class BackUpDatabase(Step):
    """Step 1 of the procedure (Configuration Guide 5.10)."""

    title = "Back up the database"

    def __init__(self, product: Product, folder: str, run_id: str) -> None:
        self.product = product
        self.backup = Backup(product.host, folder)
        self.run_id = run_id
        self._records_before: int | None = None

    def take_up(self) -> dict[str, Any] | None:
        return self.product.take_up("backup")

    def settle(self) -> None:
        self.product.await_end("backup")

    def probe(self) -> Seen:
        manifest = self.backup.manifest()
        if manifest is None:
            return Seen(False, {"manifest": {}})
        verify_backup(manifest, self.backup.files(), run_id=self.run_id)
        require_space_for_restore(self.product, manifest.bytes)
        return Seen(True, {"manifest": asdict(manifest)})

    def pre_check(self, seen: Seen) -> Iterator[Unmet]:
        self.product.require_installed()
        return iter(())

    def execute(self, seen: Seen) -> dict[str, Any]:
        host, product = self.product.host, self.product
        if product.can("backup"):
            # a backup without a manifest is what an interrupted attempt of this run left
            host.remove_folder(self.backup.database_folder)
            # when a person takes it, nobody knows how many records there were
            self._records_before = product.database_status()["records"]
        host.make_folder(self.backup.database_folder)
        return output_of(product.run("backup", backup_folder=self.backup.database_folder))

    def post_check(self, seen: Seen) -> dict[str, Any]:
        host, product = self.product.host, self.product
        records = product.database_status("backup_status", backup_folder=self.backup.database_folder)["records"]
        times = host.ask(times=windows.os_times()).times
        manifest = build_manifest(
            self.backup.files(),
            run_id=self.run_id,
            host=host.name,
            created=times.clock.isoformat() if times else "",
            product_version=product.require_installed().version,
            records=records,
        )
        if records is not None and self._records_before is not None and records < self._records_before:
            raise BackupRejectedError(
                f"The backup holds {records} records, but the database held {self._records_before} before it was taken.",
                code="backup_truncated",
                remedy="Look at the output of the backup command, then take the backup again.",
            )
        host.write_file(self.backup.manifest_file, manifest.to_json().encode())
        require_space_for_restore(product, manifest.bytes)
        last = self.backup.last_beside()
        warnings = size_warnings(manifest, last[1], last[0]) if last else []
        return {"manifest": asdict(manifest), "warnings": warnings}

    def conclude(self) -> None:
        self.product.forget_jobs()


class VerifyBackup(Step):
    """Prove that a backup is still whole and unaltered; never changes anything."""

    title = "Verify the backup"

    def __init__(self, product: Product, folder: str, run_id: str) -> None:
        self.product = product
        self.backup = Backup(product.host, folder)
        self.run_id = run_id

    def probe(self) -> Seen:
        manifest = self.backup.verified(run_id=self.run_id)
        require_space_for_restore(self.product, manifest.bytes)
        return Seen(True, {"manifest": asdict(manifest)})

    def execute(self, seen: Seen) -> dict[str, Any]:
        return {}

    def post_check(self, seen: Seen) -> dict[str, Any]:
        return seen.state


class DeleteBackup(Step):
    """Delete a backup and its manifest."""

    title = "Delete the backup"

    def __init__(self, product: Product, folder: str, run_id: str) -> None:
        self.backup = Backup(product.host, folder)
        self.run_id = run_id

    def probe(self) -> Seen:
        there = self.backup.host.ask(there=windows.folder_exists(self.backup.folder)).there
        return Seen(not there, {"there": there})

    def pre_check(self, seen: Seen) -> Iterator[Unmet]:
        manifest = self.backup.manifest()
        if manifest is None or manifest.run_id != self.run_id:
            found = manifest.run_id if manifest else "no run"
            yield Unmet(_not_ours(self.backup.folder, found, self.run_id))

    def execute(self, seen: Seen) -> dict[str, Any]:
        self.backup.host.remove_folder(self.backup.folder)
        return {}

    def post_check(self, seen: Seen) -> dict[str, Any]:
        after = self.probe()
        if not after.done:
            raise VerificationError(f"{self.backup.folder} is still there.", code="backup_not_deleted")
        return after.state


def _not_ours(folder: str, found: str, run_id: str) -> UpgradeError:
    return BackupRejectedError(
        f"{folder} belongs to {found} and not to run {run_id}; it is not deleted.",
        code="backup_stale",
        remedy="Name the folder and the run of the backup that is to be deleted.",
    )
