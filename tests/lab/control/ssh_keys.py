# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ssh keys of a checkout's lab: one host key for all hosts, with the file by which clients know it, and one key of the client."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from .state import write_atomically

HOST_KEY, CLIENT_KEY, KNOWN_HOSTS = "ssh_host_key", "ssh_client_key", "known_hosts"


def load_or_make_keys(folder: Path) -> tuple[str, str]:
    """The hosts' private key and the client's public one; made at the first call, and with them C(known_hosts)."""
    host, client = (_load_or_make(folder / name) for name in (HOST_KEY, CLIENT_KEY))
    write_atomically(folder / KNOWN_HOSTS, f"[127.0.0.1]:* {host[1]}\n")
    return host[0], client[1]


def _load_or_make(file: Path) -> tuple[str, str]:
    """A private key and its public one."""
    if not file.exists():
        made = Ed25519PrivateKey.generate()
        text = made.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption())
        write_atomically(file, text.decode(), mode=0o600)
    text = file.read_bytes()
    key = serialization.load_ssh_private_key(text, None)
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return text.decode(), public.decode()
