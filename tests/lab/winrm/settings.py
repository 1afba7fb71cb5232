# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a test may change about the endpoint while it runs: /lab/endpoint.json."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Settings:
    """Settings of the endpoint; a key that endpoint.json does not name has the default given here.

    Attributes:
        wrap: how a line is given to cmd.exe: "quoted" is `cmd.exe /c "LINE"`, "bare" is `cmd.exe /c LINE`.
        skip_shell: "honor": a command with WINRS_SKIP_CMD_SHELL runs without cmd.exe; "ignore": it runs with it.
        max_shells: open shells per user.
        max_commands: commands of a shell that no terminate signal has freed.
        max_operations: commands a shell may start in its life (WinRS is known not to count down).
        max_request_bytes: largest request envelope.
        idle_seconds: life of an unused shell that asks for no IdleTimeOut of its own.
        hold_open: an answer "done" waits until every process that inherited the command's output has closed it,
            instead of at most half a second after the command's end.
        clock_offset: seconds added to the Date header of answers.
    """

    wrap: str = "quoted"
    skip_shell: str = "honor"
    max_shells: int = 30
    max_commands: int = 25
    max_operations: int = 1500
    max_request_bytes: int = 512_000
    idle_seconds: float = 7200.0
    hold_open: bool = False
    clock_offset: float = 0.0

    def __post_init__(self) -> None:
        if self.wrap not in ("quoted", "bare"):
            raise ValueError(f"wrap is {self.wrap!r}, not quoted or bare")
        if self.skip_shell not in ("honor", "ignore"):
            raise ValueError(f"skip_shell is {self.skip_shell!r}, not honor or ignore")


def parse_settings(decoded: Any) -> Settings:
    """Make settings of decoded JSON.

    Raises:
        ValueError: it is not an object, or a key or value is wrong.
    """
    if not isinstance(decoded, dict):
        raise ValueError("not a JSON object")
    known = {field.name for field in dataclasses.fields(Settings)}
    unknown = sorted(set(decoded) - known)
    if unknown:
        raise ValueError(f"unknown setting {', '.join(unknown)}; known are {', '.join(sorted(known))}")
    return Settings(**decoded)
