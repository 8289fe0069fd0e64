"""Which files of a project look like secrets. They stay behind unless they are named."""

import re
from fnmatch import fnmatchcase

_HARMLESS = re.compile(
    r"\.env\.?(example|sample|template|dist|defaults?|schema)|.*\.(pub|example|sample|template)", re.IGNORECASE
)
_NAMES = (
    ".env", ".env.*", "*.env", ".envrc",
    "*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore", "*.ppk", "*.p8", "*.kdbx", "*.asc", "*.gpg",
    "id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*",
    ".netrc", "_netrc", ".pypirc", ".pgpass", ".my.cnf", ".htpasswd", ".git-credentials", ".dockercfg", ".vault-token",
    ".s3cfg", ".boto", ".ossutilconfig", "rclone.conf", "kubeconfig",
    "credentials", "credentials.json", "credentials.csv", "accesskey.csv", "service-account*.json", "service_account*.json",
    "client_secret*.json", "secrets.json", "secrets.yml", "secrets.yaml", "secrets.toml",
    "*.tfstate", "*.tfstate.*", "*.tfvars",
)  # fmt: skip
_DATABASES = ("*.sqlite", "*.sqlite3")
_DIRECTORIES = frozenset({".aws", ".aliyun", ".ssh", ".gnupg", ".kube", ".azure", ".gcloud"})
_ONLY_WITH_TOKEN = frozenset({".npmrc", ".yarnrc", ".yarnrc.yml", "pip.conf", ".condarc", "nuget.config"})
_TOKEN = re.compile(
    r"_auth(token)?\s*=|npmAuthToken|_password\s*=|://[^/\s:@]+:[^/\s@]+@|cleartextpassword", re.IGNORECASE
)


def why_secret(path: str) -> str | None:
    """Why a path looks like a secret ("secret", "local database"), None when it does not."""
    parts = path.split("/")
    if _DIRECTORIES & set(parts[:-1]):
        return "secret"
    name = parts[-1].lower()
    if parts[-2:] == [".docker", "config.json"]:
        return "secret"
    if _HARMLESS.fullmatch(name):
        return None
    if any(fnmatchcase(name, pattern) for pattern in _NAMES):
        return "secret"
    return "local database" if any(fnmatchcase(name, pattern) for pattern in _DATABASES) else None


def is_secret_directory(name: str) -> bool:
    """Whether everything in a directory of this name is secret."""
    return name in _DIRECTORIES


def may_hold_token(path: str) -> bool:
    """Whether the text of the file has to be looked at: it is a secret only with a token or a password in it."""
    return path.rpartition("/")[2].lower() in _ONLY_WITH_TOKEN


def holds_token(text: str) -> bool:
    """Whether settings of a package manager hold a token, a password or an address with one."""
    return _TOKEN.search(text) is not None
