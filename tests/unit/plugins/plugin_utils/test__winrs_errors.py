# Copyright (c) 2026 The jp1.itdm authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.jp1.itdm.plugins.plugin_utils import _winrs_errors as errors
from ansible_collections.jp1.itdm.tests.unit.plugins.plugin_utils.fake_winrm import (
    connection_refused,
    connection_reset,
    http_error,
    wsman_fault,
)
from hypothesis import given
from hypothesis import strategies as st

POOL = "ntlm: HTTPSConnectionPool(host='192.0.2.1', port=5986): Max retries exceeded with url: /wsman (Caused by "

VERIFY = POOL + "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "
SSL = POOL + "SSLError(SSLError(1, '[SSL: "
RESOLVE = "NameResolutionError(\"Failed to resolve 'nope' ([Errno -2] Name or service not known)\"))"
REFUSED = "NewConnectionError(': Failed to establish a new connection: [Errno 111] Connection refused')))"
CHOKE = "ntlm: ('Connection aborted.', BadStatusLine('SSH-2.0-OpenSSH_9.2p1\\r\\n'))"
KINIT = "Kerberos auth failure for principal a@B with subprocess: kinit: Password incorrect"

TEXTS = [
    ("certificate_rejected", "certificate has expired", VERIFY + "certificate has expired (_ssl.c:1006)')))"),
    ("certificate_rejected", "local issuer", VERIFY + "unable to get local issuer certificate (_ssl.c:1006)')))"),
    ("certificate_rejected", "", POOL + "SSLError(SSLCertVerificationError(\"hostname '::1' doesn't match 'x'\")))"),
    ("old_tls", "UNSUPPORTED_PROTOCOL", SSL + "UNSUPPORTED_PROTOCOL] unsupported protocol (_ssl.c:1006)')))"),
    ("old_tls", "TLSV1_ALERT", SSL + "TLSV1_ALERT_PROTOCOL_VERSION] tlsv1 alert protocol version (_ssl.c:1006)')))"),
    ("not_windows", "WRONG_VERSION_NUMBER", SSL + "WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)')))"),
    ("wrong_credentials", "", "ntlm: the specified credentials were rejected by the server"),
    ("wrong_credentials", "", KINIT),
    ("kerberos_failed", "", 'Kerberos auth failure for principal a@B: Cannot find KDC for realm "B"'),
    ("unreachable", "Connection refused", POOL + REFUSED),
    ("unreachable", "Name or service not known", POOL + RESOLVE),
    ("unreachable", "", "the connection attempt timed out"),
    ("unreachable", "", POOL + "ConnectTimeoutError('Connection to 192.0.2.1 timed out. (connect timeout=30)'))"),
    ("not_windows", "Code 404", "ntlm: Bad HTTP response returned from server. Code 404"),
    ("not_windows", "", CHOKE),
    ("not_windows", "", "ntlm: not well-formed (invalid token): line 1, column 0"),
    ("winrm_unavailable", "Code 503", "ntlm: Bad HTTP response returned from server. Code 503"),
    ("missing_library", "", "kerberos: the python kerberos library is not installed"),
    ("too_many_shells", "", "ntlm: a fault (extended fault data: {'wsmanfault_code': 2150859173})"),
    ("connection_failed", "what is this?", "what is this?"),
]


@pytest.mark.parametrize(("code", "detail", "text"), TEXTS)
def test_first_contact(code: str, detail: str, text: str) -> None:
    failure = errors.describe(RuntimeError(text), "JP1DB01")
    assert failure.code == code
    assert "JP1DB01" in failure.message
    assert detail in failure.message
    assert failure.remedy
    assert text in failure.evidence["cause"]


def test_an_end_in_the_middle_of_a_session_is_an_outage() -> None:
    error = RuntimeError("('Connection aborted.', RemoteDisconnected('Remote end closed connection'))")
    assert errors.describe(error, "x").code == "not_windows"
    assert errors.describe(error, "x", connected=True).code == "unreachable"


def test_the_cause_of_a_chain_is_seen() -> None:
    error = RuntimeError("failed")
    error.__cause__ = ConnectionRefusedError(111, "Connection refused")
    assert errors.describe(error, "x").code == "unreachable"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (connection_refused(), True),
        (http_error(503), True),
        (http_error(401), True),
        (connection_reset(), False),
        (http_error(500), False),
        (http_error(502), False),
        (TimeoutError("read timed out"), False),
    ],
)
def test_which_requests_certainly_were_not_processed(error: Exception, expected: bool) -> None:
    assert errors.was_not_processed(error) is expected


def test_fault_codes_are_unsigned() -> None:
    assert errors.fault_codes(wsman_fault(-2144108453, -2144108122)) == {2150858843, 0x803381A6}
    assert errors.fault_codes(ValueError()) == set()


@given(st.text(), st.booleans())
def test_any_exception_becomes_a_failure(text: str, connected: bool) -> None:
    assert errors.describe(RuntimeError(text), "x", connected=connected).code
