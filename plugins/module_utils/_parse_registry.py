# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what C(reg query) prints.

Note that this module is private to the collection.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_VALUE = re.compile(r"^    (.*?)    (REG_[A-Z0-9_]+)(?:    (.*))?$", re.ASCII)
_HIVE = re.compile(r"^HKEY_[A-Z_]+(\\|$)", re.ASCII)


@dataclass(frozen=True)
class RegistryValue:
    """A value of the registry.

    :ivar type: such as C(REG_SZ).
    :ivar data: as C(reg query) prints it: C(0x1a) for a number, C(\\0) between several strings, hexadecimal digits for
        binary data.
    """

    type: str
    data: str

    @property
    def number(self) -> int | None:
        """The data of a REG_DWORD or REG_QWORD, else None."""
        if self.type in ("REG_DWORD", "REG_QWORD", "REG_DWORD_LITTLE_ENDIAN") and re.fullmatch(r"0x[0-9a-fA-F]+", self.data):
            return int(self.data, 16)
        return None

    @property
    def strings(self) -> list[str]:
        """The strings of a REG_MULTI_SZ; one string for other types."""
        if self.type == "REG_MULTI_SZ":
            return [text for text in self.data.split("\\0") if text]
        return [self.data] if self.data else []


Key = dict[str, RegistryValue]


@dataclass(frozen=True)
class UninstallEntry:
    """An installed program as its uninstall entry describes it; a missing value is empty."""

    key: str
    name: str
    version: str
    publisher: str
    install_location: str
    uninstall_string: str


def parse_registry(text: str) -> dict[str, Key]:
    """Return the keys of an output with their values.

    Keys have full names (C(HKEY_LOCAL_MACHINE\\...)). A subkey that is only listed has no values here. A key's default
    value, whose label is translated, has the name C("").
    """
    keys: dict[str, Key] = {}
    current: Key | None = None
    last = ""
    for line in text.split("\n"):
        value = _VALUE.match(line)
        if _HIVE.match(line):
            current = keys.setdefault(line.strip(), {})
            last = ""
        elif current is None:
            continue
        elif value:
            last = value.group(1)
            if not current and last.startswith("(") and last.endswith(")"):
                last = ""  # the default value comes first, as (Default) or a translation
            current[last] = RegistryValue(value.group(2), value.group(3) or "")
        elif line.strip() and last in current:
            # Text with line breaks goes on without indentation.
            current[last] = RegistryValue(current[last].type, f"{current[last].data}\n{line}")
    return keys


def parse_uninstall_entries(text: str) -> list[UninstallEntry]:
    """Return the installed programs from a recursive query of an Uninstall key; entries without a name are left out."""
    entries = []
    for key, values in parse_registry(text).items():
        data = {name.lower(): value.data.strip() for name, value in values.items()}
        if data.get("displayname"):
            entries.append(
                UninstallEntry(
                    key=key,
                    name=data["displayname"],
                    version=data.get("displayversion", ""),
                    publisher=data.get("publisher", ""),
                    install_location=data.get("installlocation", ""),
                    uninstall_string=data.get("uninstallstring", ""),
                )
            )
    return entries
