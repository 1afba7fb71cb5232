# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Message encryption of WinRM: an envelope inside a multipart/encrypted body."""

from __future__ import annotations

import struct

import spnego
from spnego.exceptions import SpnegoError

PROTOCOL = "application/HTTP-SPNEGO-session-encrypted"
CONTENT_TYPE = f'multipart/encrypted;protocol="{PROTOCOL}";boundary="Encrypted Boundary"'
BOUNDARY = b"--Encrypted Boundary"
DATA_HEADER = b"\tContent-Type: application/octet-stream\r\n"


def is_sealed(content_type: str) -> bool:
    """Whether a request's Content-Type is that of an encrypted message."""
    return content_type.lower().startswith("multipart/encrypted")


def unseal(context: spnego.ContextProxy, body: bytes) -> bytes:
    """Decrypt a request's body.

    Raises:
        ValueError: it is not an encrypted message of this log-on.
    """
    _, separator, rest = body.partition(DATA_HEADER)
    if not separator or len(rest) < 4:
        raise ValueError("not an encrypted message")
    # The data are binary: only the boundary at the very end may be taken off.
    sealed = rest.removesuffix(BOUNDARY + b"--\r\n")
    (length,) = struct.unpack("<I", sealed[:4])
    try:
        return context.unwrap_winrm(sealed[4 : 4 + length], sealed[4 + length :])
    except SpnegoError as error:
        raise ValueError(f"message not decrypted: {error}") from error


def seal(context: spnego.ContextProxy, envelope: bytes) -> bytes:
    """Encrypt an answer and make the multipart body of it."""
    sealed = context.wrap_winrm(envelope)
    size = len(envelope) + sealed.padding_length
    head = f"\r\n\tContent-Type: {PROTOCOL}\r\n\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length={size}\r\n"
    data = struct.pack("<I", len(sealed.header)) + sealed.header + sealed.data
    return b"".join([BOUNDARY, head.encode("ascii"), BOUNDARY, b"\r\n", DATA_HEADER, data, BOUNDARY, b"--\r\n"])
