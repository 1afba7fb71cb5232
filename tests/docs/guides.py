# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the guides: the commands that they let a person type, the output and the files that they show, and their tables.

A block of commands says by its class where they can be run: C(anywhere), in the C(lab), or only where there is a C(real-system).
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

KINDS = ("anywhere", "lab", "real-system")
GUIDES = sorted((Path(__file__).resolve().parents[2] / "docs/docsite/rst").glob("guide_*.rst"))

_PROMPTS = ("$ ", "C:\\> ")
_DIRECTIVE = re.compile(r"^\.\. (?P<name>code-block|csv-table)::(?: (?P<argument>.*))?$")
_OPTION = re.compile(r"^  :(?P<name>[\w-]+):(?: (?P<value>.*))?$")


@dataclass(frozen=True)
class Block:
    """A directive: its name with its argument, its options, its lines without indentation, and the line where it begins."""

    name: str
    options: dict[str, str]
    lines: tuple[str, ...]
    number: int


@dataclass(frozen=True)
class Command:
    """What a person types.

    :ivar kind: one of L(KINDS), or another text where the guide has none of them.
    :ivar line: the command, without its prompt.
    :ivar windows: whether it is typed on a Windows server.
    :ivar shown: the lines of its output that the guide shows.
    :ivar place: guide and line, for messages.
    """

    kind: str
    line: str
    windows: bool
    shown: tuple[str, ...]
    place: str


def blocks(guide: Path) -> list[Block]:
    """All directives of a guide that hold code or a table; those inside of lists, too."""
    lines = guide.read_text(encoding="utf-8").splitlines()
    found = []
    for number, line in enumerate(lines):
        if not (begin := _DIRECTIVE.match(line.strip())):
            continue
        indentation = len(line) - len(line.lstrip())
        body = []
        for following in lines[number + 1 :]:
            if following.strip() and len(following) - len(following.lstrip()) <= indentation:
                break
            body.append(following[indentation:])
        options = {}
        while body and (option := _OPTION.match(body[0])):
            options[option["name"]] = option["value"] or ""
            del body[0]
        text = "\n".join(line[2:] for line in body).strip("\n").splitlines()
        found.append(Block(f"{begin['name']} {begin['argument'] or ''}".strip(), options, tuple(text), number + 1))
    return found


def commands(guide: Path) -> list[Command]:
    """All commands of a guide in their order.

    :raises ValueError: a block shows output before its first command.
    """
    found: list[Command] = []
    for block in (block for block in blocks(guide) if block.name == "code-block console"):
        place = f"{guide.name}:{block.number}"
        typed: list[tuple[str, bool, list[str]]] = []
        for line in block.lines:
            prompt = next((prompt for prompt in _PROMPTS if line.startswith(prompt)), None)
            if prompt:
                typed.append((line.removeprefix(prompt), prompt != _PROMPTS[0], []))
            elif not typed:
                raise ValueError(f"{place}: a block of commands begins with a prompt; output alone is 'text'.")
            elif typed[-1][0].endswith("\\") and not typed[-1][2]:
                typed[-1] = (typed[-1][0][:-1] + line.strip(), *typed[-1][1:])
            elif line.strip():
                typed[-1][2].append(line)
        kind = block.options.get("class", "")
        found += [Command(kind, line, windows, tuple(shown), place) for line, windows, shown in typed]
    return found


def files(guide: Path) -> dict[str, str]:
    """The files that a guide lets a person write, by the names that stand over them."""
    named = [block for block in blocks(guide) if block.name.startswith("code-block") and "caption" in block.options]
    return {block.options["caption"]: "\n".join(block.lines) + "\n" for block in named}


def table(guide: Path, first_cell: str) -> list[list[str]]:
    """The rows of the table whose head begins with a cell, the head first, without the marks of code."""
    for block in blocks(guide):
        if block.name == "csv-table" and block.options["header"].startswith(f"{first_cell},"):
            rows = csv.reader([block.options["header"], *filter(None, block.lines)], skipinitialspace=True)
            return [[cell.replace("``", "").strip() for cell in row] for row in rows]
    raise LookupError(f"{guide.name} has no table that begins with {first_cell}.")


def unlike(output: str, shown: tuple[str, ...]) -> list[str]:
    """The shown lines that a real output has not; numbers may differ, and C([...]) stands for what was left out."""
    real = _comparable(output)
    return [line for line in shown if not all(_comparable(piece) in real for piece in line.split("[...]"))]


def _comparable(text: str) -> str:
    text = text.replace("\\\\", "\\").replace('\\"', '"').replace("\\n", " ")
    return re.sub(r"\d+", "0", re.sub(r"\s+", " ", text)).strip()
