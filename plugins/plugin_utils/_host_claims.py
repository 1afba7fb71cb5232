# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders of one server that at most one caller has at a time.

A folder belongs to the one whose signature, a file, is in it, and to nobody without one.

Note that this module is private to the collection.
"""

from __future__ import annotations

from ansible_collections.jp1.itdm.plugins.plugin_utils._host_files import HostFiles
from ansible_collections.jp1.itdm.plugins.plugin_utils._paths import folder_test, parent_and_name, windows_path
from ansible_collections.jp1.itdm.plugins.plugin_utils._quoting import path as quote

_TAKEN = 170  # ERROR_BUSY


class HostClaims(HostFiles):
    """Claims and releases folders."""

    def claim_folder(self, path: str, signature: str, *, taken_from: str | None = None) -> bool:
        """Make a folder the caller's; return whether it is.

        Among callers at the same time at most one gets it. Repeating it with the same signature does no harm.

        :param signature: a file beside the folder, which is moved into it.
        :param taken_from: name of the signature of the one to whom the folder belongs until now; an empty text for a folder without a
            signature. None where there must be no folder.
        :raises CommandError: code C(file_operation_failed).
        """
        parent, name = parent_and_name(signature)
        folder, sign, mine = quote(windows_path(path)), quote(windows_path(signature)), quote(windows_path(f"{path}\\{name}"))
        away = quote(windows_path(f"{parent}\\{name}.old"))
        # Making a folder, and moving a file away, succeeds for one caller only.
        begin = f"mkdir {folder} 2>nul||exit {_TAKEN}"
        if taken_from:
            theirs = quote(windows_path(f"{path}\\{taken_from}"))
            # a file of our own name tells that an earlier try of this line has moved it
            begin = f"(if not exist {away} move {theirs} {away}>nul 2>nul)&(if not exist {away} exit {_TAKEN})"
        elif taken_from is not None:
            begin = f"if not exist {folder_test(path)} mkdir {folder} 2>nul"
        line = (
            f"((if not exist {mine} (({begin})&move {sign} {mine}>nul))&(if not exist {mine} exit 1)"
            f"&del /f /q {sign} {away} 2>nul&exit 0)<nul"
        )
        result = self._do(path, line, accept_any=True)
        if result.exit_code not in (0, _TAKEN):
            raise self._failed("change", path, result)
        return result.exit_code == 0 and self._is_alone(path, name)

    def release_folder(self, path: str, signature: str) -> None:
        """Give a folder back, if it is still the caller's.

        :param signature: name of the caller's file in it.
        :raises CommandError: code C(file_operation_failed).
        """
        folder, mine = quote(windows_path(path)), quote(windows_path(f"{path}\\{signature}"))
        # A folder into which somebody looks, or has put a signature meanwhile, can not be removed, and need not be.
        self._do(path, f"((if not exist {mine} exit 0)&del /f /q {mine}&(if exist {mine} exit 1)&rmdir {folder} 2>nul&exit 0)<nul")

    def _is_alone(self, path: str, name: str) -> bool:
        # Two that found a folder without a signature may both have put theirs in: the later one sees both, and steps back.
        kind = name.rpartition(".")[2]
        alone = all(item.name == name or not item.name.endswith(f".{kind}") for item in self.list_folder(path))
        if not alone:
            self.release_folder(path, name)
        return alone
