# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where this machine gets Debian's packages from, read from its own apt sources."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

_DEBIAN_SUITE = re.compile(r"^(stable|oldstable|testing|unstable|[a-z]+)$")
_ONE_LINE = re.compile(r"^deb\s+(?:\[[^]]*\]\s+)?(\S+)\s+(\S+)\s+(.*)$")


def _offers_debian(uri: str, suites: Iterable[str], components: Iterable[str]) -> bool:
    is_archive = uri.rstrip("/").endswith("/debian")
    return is_archive and "main" in components and any(_DEBIAN_SUITE.match(suite) for suite in suites)


def from_one_line_format(text: str) -> str | None:
    """The Debian archive's URI in a C(sources.list) text, or None."""
    for line in text.splitlines():
        match = _ONE_LINE.match(line.strip())
        if match and _offers_debian(match[1], [match[2]], match[3].split()):
            return match[1]
    return None


def from_deb822_format(text: str) -> str | None:
    """The Debian archive's URI in a C(*.sources) text, or None."""
    for stanza in re.split(r"\n\s*\n", text):
        fields: dict[str, list[str]] = {}
        for line in stanza.splitlines():
            if line.startswith("#"):
                continue
            name, colon, value = line.partition(":")
            if colon and not line[0].isspace():
                fields[name.strip().lower()] = value.split()
        for uri in fields.get("uris", []):
            if _offers_debian(uri, fields.get("suites", []), fields.get("components", [])):
                return uri
    return None


def debian_archive(folder: Path = Path("/etc/apt")) -> str | None:
    """The URI of the Debian archive that this machine uses, or None when it uses none."""
    for file in [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*"))]:
        if not file.is_file():
            continue
        read = from_deb822_format if file.suffix == ".sources" else from_one_line_format
        uri = read(file.read_text(encoding="utf-8"))
        if uri:
            return uri
    return None
