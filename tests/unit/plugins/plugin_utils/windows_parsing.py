# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Windows takes a command line apart: a model of cmd.exe and of the C runtime, for what the quoting relies on."""

from __future__ import annotations

from collections.abc import Mapping

SPECIAL = "&|<>()\n"


class Broken(Exception):
    """cmd.exe would do something else than run one command."""


def unwrap(line: str, *, quoted: bool) -> str:
    """Return what C(cmd /c) makes of a line that WinRS handed over bare or in quotation marks."""
    text = f'"{line}"' if quoted else line
    if text.startswith('"'):  # the first and the last quotation mark go
        last = text.rindex('"')
        text = text[1:last] + text[last + 1 :]
    return text


def expand(line: str, environment: Mapping[str, str]) -> str:
    """Return a line with its variables expanded, as cmd.exe does outside of batch files."""
    known = {name.upper(): value for name, value in environment.items()}
    out = []
    position = 0
    while position < len(line):
        if line[position] == "%":
            end = min((at for at in (line.find(stop, position + 1) for stop in "%:") if at > 0), default=-1)
            name = line[position + 1 : end].upper() if end > 0 else ""
            if name in known:
                if line[end] == ":":
                    raise Broken(f"substitution in {name}")
                out.append(known[name])
                position = end + 1
                continue
        out.append(line[position])
        position += 1
    return "".join(out)


def one_command(line: str) -> str:
    """Return a line without its carets, having checked that it is a single command."""
    out = []
    in_quotes = escaped = False
    for character in line.removeprefix("@"):
        if escaped:
            out.append(character)
            escaped = False
        elif character == '"':
            in_quotes = not in_quotes
            out.append(character)
        elif not in_quotes and character == "^":
            escaped = True
        elif not in_quotes and character in SPECIAL:
            raise Broken(f"special {character!r} in {line!r}")
        else:
            out.append(character)
    return "".join(out)


def split_arguments(line: str) -> list[str]:
    """Return the arguments of a program, as the C runtime (since 2008) does for all but the first."""
    arguments: list[str] = []
    current: list[str] | None = None
    in_quotes = False
    position = 0
    while position < len(line):
        character = line[position]
        if character in " \t" and not in_quotes:
            if current is not None:
                arguments.append("".join(current))
                current = None
            position += 1
            continue
        current = [] if current is None else current
        backslashes = 0
        while position < len(line) and line[position] == "\\":
            backslashes += 1
            position += 1
        if position < len(line) and line[position] == '"':
            current.append("\\" * (backslashes // 2))
            if backslashes % 2:
                current.append('"')
            elif in_quotes and line[position + 1 : position + 2] == '"':
                current.append('"')
                position += 1
            else:
                in_quotes = not in_quotes
            position += 1
        else:
            current.append("\\" * backslashes)
            if position < len(line) and (in_quotes or line[position] not in " \t"):
                current.append(line[position])
                position += 1
    if current is not None:
        arguments.append("".join(current))
    return arguments
