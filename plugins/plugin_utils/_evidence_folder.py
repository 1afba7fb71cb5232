# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The evidence of one server on the controller, readable by its owner only.

Note that this module is private to the collection.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ansible_collections.jp1.itdm.plugins.module_utils._errors import OptionError
from ansible_collections.jp1.itdm.plugins.module_utils._evidence import SCHEMA, Missing, Piece, folder_name
from ansible_collections.jp1.itdm.plugins.plugin_utils._quoting import argument, mask

INDEX = "index.json"


class EvidenceFolder:
    """A new folder below C(BASE/RUN_ID/HOST), named by the time; nothing that is there is ever replaced.

    The index is written last, so that evidence without one is what an interrupted task left.

    :param time: the controller's time in UTC, as the folder's name.
    :param secrets: texts that are replaced by asterisks in everything that is written.
    :raises OSError: the folder can not be made.
    """

    def __init__(self, base: str, run_id: str, host: str, time: str, secrets: Iterable[str]) -> None:
        self.path = _new_folder(Path(base, run_id, folder_name(host)), time)
        self.files: list[dict[str, Any]] = []
        self.missing: list[Missing] = []
        self._secrets = [spelling for secret in secrets for spelling in _spellings(secret)]

    def add(self, piece: Piece) -> None:
        """Write a piece of evidence; what can not be written is noted as missing."""
        data = mask(piece.text, self._secrets).encode("utf-8", "replace")
        try:
            self._write(piece.path, data)
        except OSError as error:
            self.missing.append(Missing(piece.source, f"It could not be written on the controller: {error.strerror}."))
            return
        self.files.append(
            {
                "path": piece.path,
                "source": piece.source,
                "bytes": len(data),
                "sha256": hashlib.sha256(data).hexdigest(),
                "size": piece.size,
                "truncated": piece.truncated,
            }
        )

    def close(self, facts: dict[str, Any], missing: Iterable[Missing]) -> None:
        """Write the index.

        :param facts: what it begins with, such as the run and the server.
        :param missing: what could not be collected.
        :raises OSError: it can not be written.
        """
        self.missing = [*missing, *self.missing]
        index = {
            "schema": SCHEMA,
            **facts,
            "files": self.files,
            "missing": [{"source": item.source, "reason": item.reason} for item in self.missing],
        }
        self._write(INDEX, mask(json.dumps(index, ensure_ascii=False, indent=1) + "\n", self._secrets).encode("utf-8", "replace"))

    def _write(self, path: str, data: bytes) -> None:
        file = self.path / path
        _private_folders(file.parent)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(data)


def _new_folder(parent: Path, name: str) -> Path:
    _private_folders(parent)
    number = 1
    while True:
        path = parent / (name if number == 1 else f"{name}-{number}")
        try:
            path.mkdir(mode=0o700)
            return path
        except FileExistsError:
            number += 1


def _private_folders(path: Path) -> None:
    # unlike mkdir's own parents, each of them is the owner's alone
    if not path.is_dir():
        _private_folders(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)


def _spellings(secret: str) -> set[str]:
    """Return a secret as it may stand in texts: plain, in JSON, and in commands and batch files."""
    if not secret:
        return set()
    try:
        in_command = argument(secret).strip('"^')
    except OptionError:  # no command can have it
        in_command = secret
    spelled = {secret, in_command, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    return spelled | {text.replace("%", "%%") for text in spelled}
