# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's own certificate authority and the certificates of its WinRM endpoints."""

from __future__ import annotations

import datetime
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from .errors import LabError
from .state import write_atomically

CERTIFICATE_KINDS = ("valid", "expired", "other-authority", "wrong-name")
_YEAR = datetime.timedelta(days=365)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()


def _certificate_pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


class Authority:
    """A certificate authority with its key in memory."""

    def __init__(self, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self._certificate = certificate
        self._key = key

    @classmethod
    def make(cls) -> Authority:
        """A new authority, valid for two years."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("jp1.itdm lab authority")
        now = datetime.datetime.now(datetime.timezone.utc)
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        builder = (
            _builder(name, name, key.public_key(), key.public_key(), now - _YEAR, now + 2 * _YEAR)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
        )
        return cls(builder.sign(key, hashes.SHA256()), key)

    @classmethod
    def load_or_make(cls, certificate: Path, key: Path) -> Authority:
        """The authority in two PEM files; made anew when one is missing or damaged."""
        try:
            loaded = serialization.load_pem_private_key(key.read_bytes(), password=None)
            authority = cls(x509.load_pem_x509_certificate(certificate.read_bytes()), loaded)  # type: ignore[arg-type]
        except (OSError, ValueError):
            authority = cls.make()
            write_atomically(key, _key_pem(authority._key), mode=0o600)
            write_atomically(certificate, _certificate_pem(authority._certificate))
        return authority

    def issue(self, host: str, kind: str = "valid") -> tuple[str, str]:
        """A certificate for a host and its key, both as PEM text.

        :param host: the host's name; 127.0.0.1 and localhost are added, because the endpoint is published there.
        :param kind: one of CERTIFICATE_KINDS.
        :raises LabError: unknown kind.
        """
        if kind not in CERTIFICATE_KINDS:
            raise LabError(f"Unknown kind of certificate '{kind}'; known are {', '.join(CERTIFICATE_KINDS)}.")
        signer = Authority.make() if kind == "other-authority" else self
        names: list[x509.GeneralName] = [x509.DNSName("elsewhere.invalid")]
        if kind != "wrong-name":
            address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
            names = [x509.DNSName(host.lower()), x509.DNSName("localhost"), address]
        now = datetime.datetime.now(datetime.timezone.utc)
        end = now - datetime.timedelta(days=1) if kind == "expired" else now + _YEAR
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = signer._key.public_key()
        certificate = (
            _builder(_name(host), signer._certificate.subject, key.public_key(), issuer, now - _YEAR / 2, end)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .sign(signer._key, hashes.SHA256())
        )
        return _certificate_pem(certificate), _key_pem(key)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    issuer_key: ec.EllipticCurvePublicKey,
    start: datetime.datetime,
    end: datetime.datetime,
) -> x509.CertificateBuilder:
    """What every certificate of the lab has; the two key identifiers are what Python's strict verification asks for."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False)
    )
