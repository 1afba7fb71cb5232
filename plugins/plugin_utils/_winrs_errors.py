# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What went wrong on the way to a server, told in one sentence with a stable code and a remedy.

Note that this module is private to the collection.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ansible_collections.jp1.itdm.plugins.module_utils._errors import ConnectionLostError

#: WS-Management fault codes: https://learn.microsoft.com/windows/win32/winrm/winrm-error-codes
SHELL_NOT_FOUND = 2150858843
TOO_MANY_SHELLS = 2150859173
TOO_MANY_OPERATIONS = 0x803381A6

#: Faults that another shell does not get; the operation was not done.
SHELL_FAULTS = frozenset({SHELL_NOT_FOUND, TOO_MANY_SHELLS, TOO_MANY_OPERATIONS})
#: Codes of failures to connect that time can heal.
TRANSIENT = frozenset({"unreachable", "winrm_unavailable", "too_many_shells"})

# Statuses of requests that the HTTP service turned down before WinRM saw them.
_TURNED_DOWN = frozenset({400, 401, 403, 407, 429, 503})


@dataclass(frozen=True)
class _Kind:
    code: str
    message: str
    remedy: str
    pattern: re.Pattern[str]


def _kind(code: str, message: str, remedy: str, pattern: str) -> _Kind:
    return _Kind(code, message, remedy, re.compile(pattern, re.IGNORECASE))


# The first one that matches counts. Ansible's winrm connection hands on texts only, in English.
_KINDS = (
    _kind(
        "certificate_rejected",
        "The certificate of {host} was rejected",
        "Renew the certificate, or name the authority that issued it in ansible_winrm_ca_trust_path. Do not switch the check off.",
        r"CERTIFICATE_VERIFY_FAILED|certificate verify failed|doesn't match '|hostname mismatch",
    ),
    _kind(
        "host_key_rejected",
        "The ssh host key of {host} is not the known one",
        "Put the server's key into known_hosts after comparing it on the server. Do not switch the check off.",
        r"Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED|authenticity of host",
    ),
    _kind(
        "not_windows",
        "{host} does not speak TLS on this port",
        "Check ansible_port (5986 for HTTPS, 5985 for HTTP) and ansible_winrm_scheme.",
        r"WRONG_VERSION_NUMBER|\[SSL: HTTP_REQUEST\]|RECORD_LAYER_FAILURE|PACKET_LENGTH_TOO_LONG",
    ),
    _kind(
        "old_tls",
        "{host} speaks only a version of TLS that this machine refuses",
        "Use NTLM or Kerberos with message encryption over port 5985 (ansible_winrm_scheme: http,"
        " ansible_winrm_message_encryption: always), or enable TLS 1.2 on the server.",
        r"UNSUPPORTED_PROTOCOL|ALERT_PROTOCOL_VERSION|NO_PROTOCOLS_AVAILABLE|HANDSHAKE_FAILURE|DH_KEY_TOO_SMALL|EE_KEY_TOO_SMALL"
        r"|LEGACY_RENEGOTIATION|UNSAFE_LEGACY|NO_CIPHERS",
    ),
    _kind(
        "kerberos_failed",
        "Kerberos does not work for {host}",
        "Check the realm in ansible_user, the KDC's name in krb5.conf, the full name in ansible_host, and the clocks.",
        r"Cannot (find|contact|locate)( any)? KDC|not found in Kerberos|Clock skew|resolve network address for KDC",
    ),
    _kind(
        "wrong_credentials",
        "{host} rejected the user name or password",
        "Check ansible_user and ansible_password (or the Kerberos ticket), and that the account may use WinRM.",
        r"credentials were rejected|Failed to authenticate the user|Permission denied|Invalid/incorrect (username|password)"
        r"|Code:? 401|Kerberos auth failure|kinit|Access is denied|KRB5|GSSError"
        r"|No valid credential",
    ),
    _kind(
        "missing_library",
        "A Python library for the connection to {host} is missing on this machine",
        "Install pywinrm, with its extra for Kerberos or CredSSP where that is used; for ssh with a password, sshpass.",
        r"is not installed|No module named|install the sshpass program",
    ),
    _kind(
        "too_many_shells",
        "{host} has no free WinRM shell for this user",
        "Wait until older sessions have ended, or raise MaxShellsPerUser on the server.",
        rf"{TOO_MANY_SHELLS}|maximum number of concurrent shells",
    ),
    _kind(
        "shell_lost",
        "The WinRM shell on {host} is gone",
        "The server or its WinRM service was probably restarted; run the playbook again.",
        rf"{SHELL_NOT_FOUND}|shell was not found",
    ),
    _kind(
        "not_windows",
        "{host} answers on this port, but not as Windows Remote Management",
        "Check ansible_host and ansible_port, and that WinRM listens there.",
        r"Code:? (400|404|405|406|501)\b|BadStatusLine|not well-formed|mismatched tag|syntax error: line|no element found"
        r"|HTTP/0\.9|RemoteDisconnected|Remote end closed",
    ),
    _kind(
        "winrm_unavailable",
        "The WinRM service of {host} can not answer now",
        "Wait until the server has started, then run the playbook again.",
        r"Code:? (5\d\d|429)\b",
    ),
    _kind(
        "unreachable",
        "{host} can not be reached",
        "Check that the server is running, its name or address, ansible_port, and the firewall.",
        r"refused|timed? ?out|resolve|resolution|getaddrinfo|Name or service|No route|unreachable|reset by peer"
        r"|Broken pipe|aborted|EOF|kex_exchange_identification|Connection closed by",
    ),
)
_OTHER = _kind("connection_failed", "The connection to {host} failed", "Look at the message, and run with -vvvv for more.", "")


def describe(error: BaseException, host: str, *, connected: bool = False) -> ConnectionLostError:
    """Return the failure that an exception of the connection, requests, pywinrm or pypsrp stands for.

    :param error: the exception.
    :param host: the server's name for the message.
    :param connected: whether the server had already answered as WinRM; then a connection that ends early is an outage.
    """
    text = "; ".join(dict.fromkeys(f"{type(link).__name__}: {link}" for link in _chain(error)))
    kind = next((kind for kind in _KINDS if kind.pattern.search(text)), _OTHER)
    if connected and kind.code == "not_windows":
        kind = next(kind for kind in _KINDS if kind.code == "unreachable")
    detail = text[:300] if kind is _OTHER else _detail(text)
    return ConnectionLostError(
        f"{kind.message.format(host=host)}: {detail}." if detail else f"{kind.message.format(host=host)}.",
        code=kind.code,
        remedy=kind.remedy,
        evidence={"host": host, "cause": text},
    )


def was_not_processed(error: BaseException) -> bool:
    """Whether WinRM certainly never saw the request: no connection was made, or the HTTP service turned it down."""
    name = type(error).__name__
    if name in ("WinRMTransportError", "InvalidCredentialsError"):
        return getattr(error, "code", None) in _TURNED_DOWN
    if name == "AuthenticationError":  # pypsrp's for status 401
        return True
    text = " ".join(f"{type(link).__name__} {link}" for link in _chain(error))
    return bool(re.search(r"NewConnectionError|ConnectTimeout|NameResolutionError|SSLError|Failed to establish", text))


def is_fault(error: BaseException) -> bool:
    """Whether WinRM itself answered that the operation is not possible, so that it certainly was not done."""
    return type(error).__name__ == "WSManFaultError"


def fault_codes(error: BaseException) -> frozenset[int]:
    """Return the WS-Management and WMI codes of a fault; empty for any other exception."""
    if not is_fault(error):
        return frozenset()
    # pypsrp's only name is with pywinrm that of the HTTP status
    names = ("wsman_fault_code", "wmierror_code") if hasattr(error, "wsman_fault_code") else ("code",)
    codes = (getattr(error, name, None) for name in names)
    return frozenset(code & 0xFFFFFFFF for code in codes if isinstance(code, int))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _detail(text: str) -> str:
    """Return the telling part of a long exception text."""
    for pattern in (
        r"certificate verify failed: ([^(]+?) ?\(_ssl",
        r"\[SSL: (\w+)\]",
        r"\[Errno -?\d+\] ([^'\")]+)",
        r"(Code:? \d{3})\b",
        r"ssh: [^:]*(?:port \d+|hostname \S+): ([A-Z][\w ]+)",
    ):
        found = re.search(pattern, text)
        if found:
            return found.group(1).strip()
    found = re.search(r"'([^']*timed out[^']*)'", text)
    return found.group(1) if found else ""
