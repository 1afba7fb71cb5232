# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths on a server: checked before they get near a command.

Note that this module is private to the collection.
"""

from __future__ import annotations

import ntpath
import re

from ansible_collections.jp1.itdm.plugins.module_utils._errors import OptionError
from ansible_collections.jp1.itdm.plugins.plugin_utils._quoting import path as quote

_ABSOLUTE = re.compile(r"[A-Za-z]:\\|\\\\[^\\]+\\[^\\]+(\\|\Z)")
_NEVER_IN_A_PATH = re.compile(r'[<>"|?*\x00-\x1f]')


def windows_path(path: str) -> str:
    """Return a path with backslashes, without one at its end and without C(.) and C(..).

    :raises OptionError: when the path is not absolute or has characters that no path can have, wildcards among them.
    """
    plain = str(path).replace("/", "\\")
    if not _ABSOLUTE.match(plain) or _NEVER_IN_A_PATH.search(plain) or ":" in plain[2:]:
        raise OptionError(
            f"{path!r} is not an absolute Windows path.",
            code="bad_path",
            remedy="Write it with its drive, such as D:\\JP1\\backup, and without wildcards.",
        )
    return ntpath.normpath(plain)


def parent_and_name(path: str) -> tuple[str, str]:
    """Return a file's folder and its name.

    :raises OptionError: when the path is the root of a drive or share.
    """
    parent, name = ntpath.split(windows_path(path))
    if not name:
        raise OptionError(f"{path!r} is the root of a drive.", code="bad_path", remedy="Name a file or folder below it.")
    return parent, name


def folder_test(path: str) -> str:
    """Return the quoted operand of C(if exist) that is true for a folder only."""
    return quote(windows_path(path).rstrip("\\") + "\\")
