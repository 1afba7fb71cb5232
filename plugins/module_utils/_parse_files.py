# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what programs print about files and drives.

Note that this module is private to the collection.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()

_DIGEST = re.compile(r"^[0-9a-fA-F]{2}(?: ?[0-9a-fA-F]{2}){31}$")


@dataclass(frozen=True)
class Disk:
    """A drive.

    :ivar free: bytes that the account may still write.
    :ivar total: bytes.
    """

    free: int
    total: int


@dataclass(frozen=True)
class FileEntry:
    """A file with its content's fingerprint.

    :ivar path: relative to the folder asked for, with backslashes.
    :ivar size: bytes.
    :ivar sha256: lower-case hexadecimal digits.
    """

    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class FolderItem:
    """An entry of a folder.

    :ivar size: bytes; 0 for a folder and for what Windows hides.
    """

    name: str
    is_folder: bool
    size: int


def parse_disk(text: str) -> Disk | None:
    """Return a drive from C(fsutil volume diskfree).

    Its first three numbers are free bytes, all bytes, and bytes free for the account.
    """
    numbers = []
    for line in text.split("\n"):
        found = re.search(r":\s*([0-9][0-9.,'\s\u00a0\u202f]{0,40})", line, re.ASCII)
        if found:
            numbers.append(int(re.sub(r"\D", "", found.group(1), flags=re.ASCII)))
    if len(numbers) < 2:
        return None
    return Disk(free=min(numbers[0], numbers[2]) if len(numbers) > 2 else numbers[0], total=numbers[1])


def parse_digest(text: str) -> str | None:
    """Return the SHA-256 digest that C(certutil -hashfile) printed, in one run or as pairs of digits, or None."""
    for line in text.split("\n"):
        if _DIGEST.match(line.strip()):
            return line.strip().replace(" ", "").lower()
    return None


def parse_hashes(text: str) -> tuple[list[FileEntry], list[str]]:
    """Return the files of a folder and the paths of those that could not be hashed.

    :param text: the folder's name on the first line, the names of all files below it, a line C(/), and for each file
        C(#SIZE PATH) and what certutil printed.
    """
    first, _mark, rest = text.lstrip("\n").partition("\n")
    base = first.strip().rstrip("\\") + "\\"
    names, _mark, blocks = f"\n{rest}".partition("\n/\n")
    files: dict[str, FileEntry] = {}
    for block in re.split(r"^#(?=[0-9]{1,20} )", blocks, flags=re.MULTILINE)[1:]:
        header, _mark, output = block.partition("\n")
        size, _mark, path = header.partition(" ")
        digest = parse_digest(output) if int(size) else EMPTY_SHA256
        if digest:
            files[path.lower()] = FileEntry(_below(base, path), int(size), digest)
    failed = [_below(base, name) for name in names.split("\n") if name and name.lower() not in files]
    return list(files.values()), failed


def parse_folder(text: str) -> list[FolderItem]:
    """Return a folder's entries: its files' names, a line C(/), its folders' names, a line C(/), C(SIZE/NAME) lines."""
    files, _mark, rest = f"\n{text}".partition("\n/\n")
    folders, _mark, sizes = f"\n{rest}".partition("\n/\n")
    size = {name: int(digits) for digits, name in re.findall(r"^([0-9]{1,20})/(.+)$", sizes, re.MULTILINE | re.ASCII)}
    return [
        *(FolderItem(name, False, size.get(name, 0)) for name in files.split("\n") if name),
        *(FolderItem(name, True, 0) for name in folders.split("\n") if name),
    ]


def parse_tree(text: str) -> list[FolderItem]:
    """Return all files below a folder, by their paths in it.

    :param text: the folder's name on the first line, and for each file C(#SIZE PATH).
    """
    first, _mark, rest = text.lstrip("\n").partition("\n")
    base = first.strip().rstrip("\\") + "\\"
    found = re.findall(r"^#([0-9]{1,20}) (.+)$", rest, re.MULTILINE | re.ASCII)
    return [FolderItem(_below(base, path), False, int(size)) for size, path in found]


def parse_named_lines(text: str, names: Iterable[str]) -> dict[str, str]:
    """Return the texts of files from lines that each begin with the file's name and a colon."""
    known = set(names)
    lines: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in text.removesuffix("\n").split("\n"):
        name, colon, rest = line.partition(":")
        if colon and name in known:
            current = lines.setdefault(name, [])
            current.append(rest)
        elif current is not None:  # a line end of another kind within the file's line
            current.append(line)
    return {name: "\n".join([*content, ""]) for name, content in lines.items()}


def parse_offset_lines(text: str, first: int) -> str:
    """Return the lines that begin at a byte of at least I(first), from lines that each begin with that number and a colon."""
    kept: list[str] = []
    wanted = False
    for line in text.removesuffix("\n").split("\n"):
        number, colon, rest = line.partition(":")
        numbered = bool(colon) and number.isascii() and number.isdigit()
        wanted = int(number[:18]) >= first if numbered else wanted
        if wanted:
            kept.append(rest if numbered else line)
    return "".join(f"{line}\n" for line in kept)


def parse_free_bytes(text: str) -> int | None:
    """Return the free bytes of a drive or share from C(dir /-c): the last number of its last line."""
    for line in reversed(text.split("\n")):
        numbers = re.findall(r"[0-9]{1,20}", line, re.ASCII)
        if numbers:
            return int(numbers[-1])
    return None


def _below(base: str, path: str) -> str:
    return path[len(base) :] if path.lower().startswith(base.lower()) else path


def parse_base64(text: str) -> bytes | None:
    """Return what C(certutil -encode) put between its BEGIN and END lines, or None when that is damaged."""
    found = re.search(r"^-----BEGIN [A-Z ]+-----\n(.*?)^-----END [A-Z ]+-----", text, re.MULTILINE | re.DOTALL)
    try:
        return base64.b64decode("".join(found.group(1).split()), validate=True) if found else None
    except (binascii.Error, ValueError):
        return None
