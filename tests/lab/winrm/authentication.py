# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Log-on by NTLM, raw or inside SPNEGO, for one TCP connection. Basic is refused, Kerberos is not offered.

A client's channel binding token is accepted and not compared, as on a Windows server whose CbtHardeningLevel does not demand one.
"""

from __future__ import annotations

import base64

import spnego

from .accounts import Accounts

SCHEMES = ("negotiate", "ntlm")
RAW_NTLM = b"NTLMSSP\0"


class LogonRefused(Exception):
    """The credentials, or the way they were given, are not accepted."""


class Logon:
    """State of the log-on of one connection.

    Args:
        accounts: who may log on.

    Attributes:
        user: account name once the log-on is complete, else None.
    """

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self.user: str | None = None
        self._context: spnego.ContextProxy | None = None

    def step(self, authorization: str) -> str | None:
        """Take an Authorization header.

        Returns:
            Value of the WWW-Authenticate header to answer with, or None when there is nothing more to say.

        Raises:
            LogonRefused: it is no NTLM log-on, or user or password are wrong.
        """
        scheme, _, encoded = authorization.partition(" ")
        if scheme.lower() not in SCHEMES:
            self.forget()
            raise LogonRefused(f"scheme {scheme}")
        if self._context is None or self.user is not None:
            self.forget()
        try:
            token = base64.b64decode(encoded, validate=True)
            if self._context is None:
                self._accounts.refresh()
                self._context = _new_context(token)
            answer = self._context.step(token)
        except Exception as error:  # the library lets errors of many kinds through for a malformed token
            self.forget()
            raise LogonRefused(str(error)) from error
        if self._context.complete:
            self.user = self._context.client_principal
        return f"{scheme} {base64.b64encode(answer).decode('ascii')}" if answer else None

    def forget(self) -> None:
        """Begin again: nobody is logged on."""
        self.user = None
        self._context = None

    @property
    def context(self) -> spnego.ContextProxy:
        """The complete log-on's security context, for sealed messages.

        Raises:
            LogonRefused: nobody is logged on.
        """
        if self._context is None or self.user is None:
            raise LogonRefused("nobody is logged on")
        return self._context


def _new_context(token: bytes) -> spnego.ContextProxy:
    if token.startswith(RAW_NTLM):
        return spnego.server(protocol="ntlm", options=spnego.NegotiateOptions.use_ntlm)
    return spnego.server(protocol="negotiate", options=spnego.NegotiateOptions.use_negotiate)
