# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be asked of a Windows server about its logs, many files at once: functions that return probes for L(Host.ask).

Note that this module is private to the collection.
"""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.jp1.itdm.plugins.module_utils._evidence import offset_patterns
from ansible_collections.jp1.itdm.plugins.module_utils._parse_files import (
    FolderItem,
    parse_named_lines,
    parse_offset_lines,
    parse_tree,
)
from ansible_collections.jp1.itdm.plugins.plugin_utils._paths import folder_test, windows_path
from ansible_collections.jp1.itdm.plugins.plugin_utils._probe import Probe
from ansible_collections.jp1.itdm.plugins.plugin_utils._quoting import path as quote


def tree(folder: str) -> Probe[list[FolderItem] | None]:
    """All files below a folder, by their paths in it; None when there is no such folder."""
    # what %f is, differs from Windows to Windows for a folder that was not made the current one
    command = f"if exist {folder_test(folder)} (pushd {quote(windows_path(folder))}&cd&(for /r %f in (*) do @echo #%~zf %f)&popd)"
    return Probe(command, lambda answer: parse_tree(answer.text) if answer.text.strip() else None)


def texts(folder: str, names: Sequence[str]) -> Probe[dict[str, str]]:
    """The texts of files in one folder, by their names. One that is empty or can not be read is missing.

    :param names: in ASCII, because a name and a text in another code page can not be told apart within one line.
    """
    # behind a second file, even an empty one, findstr puts the name in front of each line
    command = f'pushd {quote(windows_path(folder))}&&(findstr "^" {" ".join(map(quote, names))} nul&popd)'
    return Probe(command, lambda answer: parse_named_lines(answer.text, names))


def text_from(path: str, first: int) -> Probe[str]:
    """The lines of a text file that begin at a byte of at least I(first), empty when it can not be read."""
    wanted = " ".join(f'/c:"{pattern}"' for pattern in offset_patterns(first))
    return Probe(f'findstr /o "^" {quote(windows_path(path))}|findstr /r {wanted}', lambda answer: parse_offset_lines(answer.text, first))


def event_log(name: str, events: int) -> Probe[tuple[int, str]]:
    """The newest events of a Windows event log, newest first: the program's exit code, and the text.

    :param name: such as V(System).
    """
    command = f"wevtutil qe {quote(name)} /c:{events} /rd:true /f:text"
    return Probe(command, lambda answer: (answer.exit_code, answer.text))
