# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second copy of a backup on another drive or share, proven file by file.

Note that this module is private to the collection.
"""

from __future__ import annotations

import ntpath
from collections.abc import Iterator
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils._errors import (
    BackupRejectedError,
    CommandError,
    OptionError,
    PreconditionError,
)
from ansible_collections.jp1.itdm.plugins.module_utils._manifest import Manifest, verify_backup
from ansible_collections.jp1.itdm.plugins.plugin_utils import _windows as windows
from ansible_collections.jp1.itdm.plugins.plugin_utils._backup_database import Backup
from ansible_collections.jp1.itdm.plugins.plugin_utils._paths import windows_path
from ansible_collections.jp1.itdm.plugins.plugin_utils._product import Product, output_of
from ansible_collections.jp1.itdm.plugins.plugin_utils._step import Seen, Step, Unmet


def check_copy_folder(folder: str, copy_folder: str) -> None:
    """Refuse a copy that would be lost together with the backup.

    :raises OptionError: C(bad_path), or C(copy_on_same_drive).
    """
    backup, copy = windows_path(folder), windows_path(copy_folder)
    if ntpath.splitdrive(backup)[0].lower() == ntpath.splitdrive(copy)[0].lower():
        where = "the backup's own folder" if backup.lower() == copy.lower() else f"on the same drive as the backup in {backup}"
        raise OptionError(
            f"copy_folder: {copy} is {where}, and would be lost together with it.",
            code="copy_on_same_drive",
            remedy="Name a folder on another drive or on a share.",
        )


class VerifyCopy(Step):
    """Prove that the copy is still equal to the backup; never changes anything."""

    title = "Verify the copy of the backup"

    def __init__(self, product: Product, folder: str, copy_folder: str, run_id: str) -> None:
        check_copy_folder(folder, copy_folder)
        self.product = product
        self.backup = Backup(product.host, windows_path(folder))
        self.copy = Backup(product.host, windows_path(copy_folder))
        self.run_id = run_id

    def probe(self) -> Seen:
        found = self.copy.manifest_text()
        if found is None:
            return self._without_copy()
        manifest, text = self._manifest_of_backup()
        if found != text:
            raise self._differs("its manifest is another one", {"manifest": found.decode("utf-8", "replace")[:2000]})
        self._prove(manifest)
        return Seen(True, self._state(manifest))

    def _without_copy(self) -> Seen:
        raise BackupRejectedError(
            f"{self.copy.folder} holds no copy of the backup in {self.backup.folder}, or one that was never completed.",
            code="copy_missing",
            remedy="Copy the backup again.",
        )

    def execute(self, seen: Seen) -> dict[str, Any]:
        return {}

    def post_check(self, seen: Seen) -> dict[str, Any]:
        return seen.state

    def _manifest_of_backup(self) -> tuple[Manifest, bytes]:
        text = self.backup.manifest_text()
        if text is None:
            raise self.backup.missing()
        return Manifest.from_json(text.decode("utf-8", "replace")), text

    def _prove(self, manifest: Manifest) -> None:
        try:
            verify_backup(manifest, self.copy.files(), run_id=self.run_id)
        except BackupRejectedError as error:
            raise self._differs(error.message.rstrip("."), {"code": error.code, **error.evidence}) from error

    def _differs(self, why: str, evidence: dict[str, Any]) -> BackupRejectedError:
        return BackupRejectedError(
            f"The copy in {self.copy.folder} is not the backup in {self.backup.folder}: {why}.",
            code="copy_differs",
            remedy=f"Check the drive or share, remove {self.copy.folder}, and copy again. The backup itself was not touched.",
            evidence=evidence,
        )

    def _state(self, manifest: Manifest) -> dict[str, Any]:
        return {"folder": self.copy.folder, "files": len(manifest.files), "bytes": manifest.bytes}


class CopyBackup(VerifyCopy):
    """Copy a proven backup, and prove the copy."""

    title = "Copy the backup"

    def _without_copy(self) -> Seen:
        return Seen(False, {"folder": self.copy.folder, "files": 0, "bytes": 0})

    def pre_check(self, seen: Seen) -> Iterator[Unmet]:
        if self.backup.manifest_text() is None:
            yield Unmet(self.backup.missing(), made_by_earlier_step=True)
            return
        needed = self._manifest_of_backup()[0].bytes
        free = self.product.host.ask(free=windows.free_bytes(self.copy.folder)).free
        # what is free on a share can not always be told
        if free is None and self.copy.folder[1] == ":":
            yield Unmet(_space(f"The free space of {self.copy.folder[:2]} can not be read.", "Check that the drive exists."))
        elif free is not None and free < needed:
            yield Unmet(
                _space(f"{self.copy.folder} has {free:,} bytes free; the copy of the backup needs {needed:,}.", "Free space there.")
            )

    def execute(self, seen: Seen) -> dict[str, Any]:
        host = self.product.host
        # without a manifest it is what an interrupted attempt left
        host.remove_folder(self.copy.database_folder)
        host.make_folder(self.copy.database_folder)
        result = host.run(
            # subfolders with hidden files and attributes, without any question
            ["xcopy", self.backup.database_folder, self.copy.database_folder, "/e", "/i", "/h", "/k", "/r", "/y", "/q"],
            time_limit=self.product.profile["backup.time_limit"],
            idempotent=True,
            on_time_limit="terminate",
        )
        if result.exit_code:
            raise CommandError(
                f"The backup could not be copied to {self.copy.folder}; xcopy ended with exit code {result.exit_code}.",
                code="copy_failed",
                remedy="Check the drive or share, and that the connection's account may write there.",
                evidence=output_of(result),
            )
        return output_of(result)

    def post_check(self, seen: Seen) -> dict[str, Any]:
        manifest, text = self._manifest_of_backup()
        self._prove(manifest)
        # last, so that a copy with a manifest is a proven one
        self.product.host.write_file(self.copy.manifest_file, text)
        return self._state(manifest)


def _space(message: str, remedy: str) -> PreconditionError:
    return PreconditionError(message, code="copy_space", remedy=remedy)
