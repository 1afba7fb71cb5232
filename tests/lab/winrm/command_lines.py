# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the words of a Command message to the Windows command line that is run."""

from __future__ import annotations

from collections.abc import Sequence

from .settings import Settings

CMD_EXE = r"C:\Windows\system32\cmd.exe"


def join_words(command: str, arguments: Sequence[str]) -> str:
    """The message's command and its arguments with one space between them; nothing is quoted, as in WinRS."""
    return " ".join([command, *arguments])


def windows_line(line: str, *, skip_shell: bool, settings: Settings) -> str:
    """The command line to run: by cmd.exe in the way the settings say, or as it is when the client skips cmd.exe."""
    if skip_shell and settings.skip_shell == "honor":
        return line
    return f'{CMD_EXE} /c "{line}"' if settings.wrap == "quoted" else f"{CMD_EXE} /c {line}"
