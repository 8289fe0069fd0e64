"""The certificates by which machines believe the hosts that the emulator plays.

A new authority is made for each emulator; its key never leaves the process, and only machines are told to trust it.
"""

import datetime as dt
import os
import ssl
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.x509 import CertificateBuilder, Name

# What tells programs which authorities to trust. Node.js, pip and some others bring lists of their own otherwise.
TRUST_VARIABLES = (
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "GIT_SSL_CAINFO",
    "PIP_CERT",
)
# Where systems keep the list that everything else reads.
SYSTEM_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
_VALID = dt.timedelta(days=30)
_KEY_USES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


class CertificateAuthority:
    """Signs a certificate for any host, each made once."""

    def __init__(self) -> None:
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.serialization import Encoding
        from cryptography.x509 import BasicConstraints, KeyUsage

        self._key = _new_key()
        self._name = _name("Local cloud of deployer")
        builder = _certificate(self._name, self._name, self._key, issuer_key=self._key)
        builder = builder.add_extension(BasicConstraints(ca=True, path_length=0), critical=True)
        signs = dict.fromkeys(_KEY_USES, False) | {"key_cert_sign": True}
        builder = builder.add_extension(KeyUsage(**signs), critical=True)
        self.certificate = builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._lock = threading.Lock()

    def context(self, host: str) -> ssl.SSLContext:
        """For a server that plays `host`."""
        with self._lock:
            if host not in self._contexts:
                self._contexts[host] = self._make_context(host)
            return self._contexts[host]

    def _make_context(self, host: str) -> ssl.SSLContext:
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
        from cryptography.x509 import DNSName, SubjectAlternativeName

        key = _new_key()
        builder = _certificate(_name(host[:64]), self._name, key, issuer_key=self._key)
        builder = builder.add_extension(SubjectAlternativeName([DNSName(host)]), critical=False)
        certificate = builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM)
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile(suffix=".pem") as file:  # the ssl module reads files alone; nobody else can
            file.write(secret + certificate)
            file.flush()
            context.load_cert_chain(file.name)
        return context


def write_trust(path: Path, authority: CertificateAuthority, environment: Mapping[str, str]) -> None:
    """The list of authorities this host trusts, and ours, for machines to read."""
    path.unlink(missing_ok=True)
    path.write_bytes(_trusted_by_host(environment) + b"\n" + authority.certificate)
    path.chmod(0o444)


def _trusted_by_host(environment: Mapping[str, str]) -> bytes:
    for place in (environment.get("SSL_CERT_FILE"), ssl.get_default_verify_paths().cafile, *SYSTEM_BUNDLES):
        if place and os.access(place, os.R_OK):
            return Path(place).read_bytes()
    return b""


def _new_key() -> "EllipticCurvePrivateKey":
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1())


def _name(text: str) -> "Name":
    from cryptography.x509 import Name, NameAttribute
    from cryptography.x509.oid import NameOID

    return Name([NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(
    subject: "Name", issuer: "Name", key: "EllipticCurvePrivateKey", *, issuer_key: "EllipticCurvePrivateKey"
) -> "CertificateBuilder":
    """With the identifiers that strict clients, such as Python 3.13, ask for."""
    from cryptography.x509 import (
        AuthorityKeyIdentifier,
        CertificateBuilder,
        SubjectKeyIdentifier,
        random_serial_number,
    )

    now = dt.datetime.now(dt.timezone.utc)
    return (
        CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + _VALID)
        .add_extension(SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
