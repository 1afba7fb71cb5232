# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The manifest of a backup: what it consists of, and whether that is still so.

Note that this module is private to the collection.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils._errors import BackupRejectedError
from ansible_collections.jp1.itdm.plugins.module_utils._parse_files import FileEntry

MANIFEST_NAME = "manifest.json"
SCHEMA = 1
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Manifest:
    """What a backup consists of.

    :param run_id: the run that made it.
    :param host: the server that it was made on.
    :param created: the server's time when it was complete, ISO 8601, UTC; empty where the server could not tell.
    :param product_version: the version of the product that made it.
    :param records: the number of records in it; None where the profile has no way to count.
    :param files: its files, in order of their paths.
    """

    run_id: str
    host: str
    created: str
    product_version: str
    records: int | None
    files: tuple[FileEntry, ...]

    @property
    def bytes(self) -> int:
        """The size of all files together."""
        return sum(file.size for file in self.files)

    def to_json(self) -> str:
        """Return the manifest as JSON text, always in the same form."""
        return json.dumps({"schema": SCHEMA, **asdict(self)}, indent=1, sort_keys=True, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Read a manifest.

        :raises BackupRejectedError: C(manifest_damaged) or C(manifest_schema_unknown).
        """
        try:
            data = json.loads(text)
            schema = data.pop("schema")
            if schema != SCHEMA:
                raise BackupRejectedError(
                    f"The manifest has schema {schema!r}; this collection knows {SCHEMA}.",
                    code="manifest_schema_unknown",
                    remedy="Use the version of the collection that made the backup.",
                )
            files = tuple(FileEntry(**entry) for entry in data.pop("files"))
            manifest = cls(files=files, **data)
            sound = manifest._has_its_types() and all(map(_is_sound, files))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise _damaged(str(error)) from error
        if not sound:
            raise _damaged("a value of the wrong type, or a file without path, size or SHA-256")
        return manifest

    def _has_its_types(self) -> bool:
        texts = (self.run_id, self.host, self.created, self.product_version)
        return all(isinstance(text, str) for text in texts) and (self.records is None or _is_whole_number(self.records))


def _is_sound(file: FileEntry) -> bool:
    return isinstance(file.path, str) and _is_whole_number(file.size) and bool(_SHA256.fullmatch(file.sha256))


def _is_whole_number(value: object) -> bool:
    # JSON's true is an int of Python, too
    return isinstance(value, int) and not isinstance(value, bool)


def _damaged(why: str) -> BackupRejectedError:
    return BackupRejectedError(
        f"The manifest of the backup can not be read: {why}.",
        code="manifest_damaged",
        remedy="Take a new backup; never edit a manifest.",
    )


def build_manifest(
    files: Iterable[FileEntry], *, run_id: str, host: str, created: str, product_version: str, records: int | None
) -> Manifest:
    """Make the manifest of a backup that was just taken.

    :raises BackupRejectedError: C(backup_empty) when there are no files, or nothing in them.
    """
    ordered = tuple(sorted(files, key=lambda file: file.path.lower()))
    if not ordered or not any(file.size for file in ordered):
        raise BackupRejectedError(
            "The backup is empty: its folder holds no file with content.",
            code="backup_empty",
            remedy="Look at the output of the backup command, then take the backup again.",
        )
    return Manifest(run_id, host, created, product_version, records, ordered)


def verify_backup(
    manifest: Manifest,
    files: Iterable[FileEntry],
    *,
    run_id: str | None = None,
) -> None:
    """Hold a backup against its manifest.

    :param files: what the backup's folder holds now, without the manifest itself.
    :param run_id: the run that the backup must belong to, if that matters.
    :raises BackupRejectedError: C(backup_empty), C(backup_truncated), C(backup_altered) or C(backup_stale); the evidence lists the
        files.
    """
    found = {file.path.lower(): file for file in files}
    expected = {file.path.lower(): file for file in manifest.files}
    missing = sorted(expected[key].path for key in expected.keys() - found.keys())
    extra = sorted(found[key].path for key in found.keys() - expected.keys())
    both = sorted(expected.keys() & found.keys())
    shorter = [expected[key].path for key in both if found[key].size < expected[key].size]
    other = [
        expected[key].path
        for key in both
        if found[key].size > expected[key].size or (found[key].size == expected[key].size and found[key].sha256 != expected[key].sha256)
    ]
    evidence: dict[str, Any] = {"missing": missing, "extra": extra, "shorter": shorter, "altered": other}
    if not found or not any(file.size for file in found.values()):
        raise _rejected("backup_empty", "The backup is empty.", evidence)
    if missing or shorter:
        raise _rejected("backup_truncated", f"The backup is truncated: {_names(missing + shorter)}.", evidence)
    if other or extra:
        raise _rejected("backup_altered", f"The backup was altered after it was taken: {_names(other + extra)}.", evidence)
    if run_id is not None and manifest.run_id != run_id:
        raise _rejected(
            "backup_stale",
            f"The backup is stale: it was taken by run {manifest.run_id} and not by this run, {run_id}.",
            {"run_id": manifest.run_id, "created": manifest.created},
        )


def size_warnings(new: Manifest, last: Manifest, folder: str) -> list[str]:
    """Return what is strange about a backup's size: less than half, or more than double, of the last one's.

    :param folder: where the last one is.
    """
    if last.bytes <= 2 * new.bytes and new.bytes <= 2 * last.bytes:
        return []
    return [
        f"The backup has {new.bytes:,} bytes, but the last one, of {last.created or last.run_id} in {folder}, has {last.bytes:,}. "
        "Make sure that it holds what it should."
    ]


def other_version(of_backup: str, installed: str) -> BackupRejectedError:
    """Return the refusal of a backup that another version made than the one that is installed."""
    return _rejected(
        "backup_other_version",
        f"The backup was taken with version {of_backup}, but {installed} is installed.",
        {"backup": of_backup, "installed": installed},
        "Install the version that the backup was taken with, then restore.",
    )


def _names(paths: list[str], most: int = 5) -> str:
    more = f" and {len(paths) - most} more" if len(paths) > most else ""
    return ", ".join(paths[:most]) + more


def _rejected(code: str, message: str, evidence: Mapping[str, Any], remedy: str = "") -> BackupRejectedError:
    return BackupRejectedError(
        message,
        code=code,
        remedy=remedy or "Do not restore it; take a new backup, or use another copy of this one.",
        evidence=dict(evidence),
    )
