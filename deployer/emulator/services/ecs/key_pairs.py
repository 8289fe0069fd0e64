"""SSH key pairs: how they are made and read."""

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import datetime

_KINDS = frozenset({"ssh-rsa", "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"})
_RSA_BITS = 2048  # Source: CreateKeyPair page


@dataclass(slots=True, kw_only=True, eq=False)
class KeyPair:
    """The public half of a pair, which instances of one region can carry."""

    key_pair_id: str
    key_pair_name: str
    region_id: str
    public_key: str  # one line as in authorized_keys
    created_at: datetime
    resource_group_id: str = ""
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def finger_print(self) -> str:
        """32 hexadecimal digits: MD5 as RFC 4716 says, without the colons."""
        blob = base64.b64decode(self.public_key.split()[1])
        return hashlib.md5(blob, usedforsecurity=False).hexdigest()


def make_key_pair() -> tuple[str, str]:
    """A new RSA pair: the public line, and the private key as PEM in PKCS#8."""
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    key = rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS)
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    return public, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def is_public_key(text: str) -> bool:
    """True for one line as it stands in authorized_keys."""
    kind, _, rest = text.strip().partition(" ")
    try:
        blob = base64.b64decode(rest.split()[0] if rest.split() else "", validate=True)
    except ValueError:
        return False
    return kind in _KINDS and blob[4 : 4 + len(kind)] == kind.encode()
