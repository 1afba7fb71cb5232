# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's secrets: random for each checkout, kept in a file that only its owner can read."""

from __future__ import annotations

import secrets
import string
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

from .state import write_atomically

USER = "Administrator"  # as which every program of a host runs
_WORD = string.ascii_letters + string.digits
_KEY = string.ascii_uppercase + string.digits


@dataclass(frozen=True)
class Credentials:
    """The secrets of one checkout's lab. They are long and unmistakable, so that a test can look for them in logs."""

    winrm_password: str
    database_password: str
    license_key: str

    def __repr__(self) -> str:
        return "Credentials(...)"


def license_key(body: str) -> str:
    """A key that the product double accepts: its check digits are the sum of the body's character codes modulo 97.

    :param body: at least eight capital letters or digits.
    """
    return f"LABKEY-{body}-{sum(body.encode()) % 97:02d}"


def make() -> Credentials:
    """New random secrets."""
    words = ["".join(secrets.choice(_WORD) for _ in range(20)) for _ in range(2)]
    body = "".join(secrets.choice(_KEY) for _ in range(16))
    return Credentials(f"Winrm.{words[0]}", f"Database.{words[1]}", license_key(body))


def load_or_make(path: Path) -> Credentials:
    """The checkout's secrets; made at the first call, or when the file is damaged."""
    try:
        return Credentials(**yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, TypeError, yaml.YAMLError):
        credentials = make()
        write_atomically(path, yaml.safe_dump(asdict(credentials), sort_keys=False), mode=0o600)
        return credentials
