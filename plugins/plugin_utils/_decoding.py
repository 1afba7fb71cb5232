# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes of a Windows console to text, without ever failing.

The shell's code page is UTF-8, but many tools write in the system's own code page all the same, and some write UTF-16.
So each line is read as strict UTF-8 first and in the configured code page otherwise.

Note that this module is private to the collection.
"""

from __future__ import annotations

import codecs

from ansible_collections.jp1.itdm.plugins.module_utils._errors import OptionError

_UTF16_MARKS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def check_code_page(name: str) -> str:
    """Return the name of a code page that can decode anything.

    :raises OptionError: otherwise.
    """
    try:
        if isinstance(bytes(range(256)).decode(name, "replace"), str):
            return name
    except (LookupError, ValueError):
        pass
    raise OptionError(
        f"Unknown code page {name!r}.",
        code="unknown_code_page",
        remedy="Use a name such as cp932 (Japanese) or cp1252 (Western).",
    )


def decode(data: bytes, fallback: str = "cp932") -> str:
    """Return the text of an output, with line ends as C(\\n).

    :param data: what a program wrote.
    :param fallback: code page of the lines that are not UTF-8; what it can not express becomes U+FFFD.
    """
    body = data.lstrip(b"\r\n")
    for mark, encoding in _UTF16_MARKS.items():
        if body.startswith(mark):
            return _line_ends(body[len(mark) :].decode(encoding, "replace"))
    if data.startswith(codecs.BOM_UTF8):
        data = data[len(codecs.BOM_UTF8) :]
    return _line_ends("".join(_decode_line(line, fallback) for line in data.splitlines(keepends=True)))


class LineDecoder:
    """Turns a stream of bytes into complete lines of text while it arrives."""

    def __init__(self, fallback: str = "cp932") -> None:
        self._fallback = fallback
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """Return the lines that these bytes complete, without their line ends."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [decode(line, self._fallback).rstrip("\n") for line in lines]

    def flush(self) -> list[str]:
        """Return what is left when the stream ends: nothing, or one line without an end."""
        rest, self._rest = self._rest, b""
        return [decode(rest, self._fallback).rstrip("\n")] if rest else []


def _decode_line(line: bytes, fallback: str) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode(fallback, "replace")


def _line_ends(text: str) -> str:
    return text.replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n")
