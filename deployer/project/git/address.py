"""The address of a project in a git repository: `https://host/owner/name.git@ref#folder`, or the same by ssh."""

import base64
import re
from dataclasses import dataclass
from urllib.parse import unquote

from deployer.errors.git import GitAddressInvalid
from deployer.models.secret import Secret

_FORMS = "`https://host/owner/name[@ref][#folder]`, `ssh://git@host/owner/name` or `git@host:owner/name`"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)(?:://|::)")
_COLON_FORM = re.compile(r"[A-Za-z0-9][\w.-]*@[^/:\s]+:.*", re.DOTALL)
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?")
_USER = re.compile(r"[A-Za-z0-9_][\w.-]*")
_PATH = re.compile(r"(?!-)[^\s\x00-\x1f\x7f?\\:]+")
_REF = re.compile(r"(?![-/])(?!.*(?:\.\.|@\{|//))[^\s\x00-\x20\x7f~^:?*\[\\]+(?<![/.])")
_PAGE = re.compile(r"([^/]+/.+?)(?:/-)?/(?:tree|blob)/([^/]+)/?(.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class GitAddress:
    """What is fetched, without the user and password it may have been given with; `ref` None is the default branch."""

    url: str
    ref: str | None
    folder: str  # below the repository's top, "" for the top
    authorization: Secret | None  # an HTTP header that says who asks

    @property
    def name(self) -> str:
        """The repository's name."""
        return re.split(r"[/:]", self.url)[-1].removesuffix(".git")

    def __str__(self) -> str:
        """The address as it may be shown and typed again; `…` stands for user and password."""
        url = self.url.replace("://", "://…@", 1) if self.authorization else self.url
        return url + (f"@{self.ref}" if self.ref else "") + (f"#{self.folder}" if self.folder else "")


def find_git_address(text: str) -> GitAddress | None:
    """The address a text is, None when it can only be a path.

    Errors: GitAddressInvalid, which repeats nothing of it but the name of its scheme.
    """
    scheme = _SCHEME.match(text)
    if scheme is None and not _COLON_FORM.fullmatch(text):
        return None
    name = scheme[1].lower() if scheme else "ssh"
    if name not in {"https", "ssh"} or (scheme and scheme[0].endswith("::")):
        hint = "give the path of its directory" if name == "file" else f"write {_FORMS}"
        raise GitAddressInvalid(f"is of the kind `{name}`, which is not taken", hint)
    rest, _, fragment = text[scheme.end() if scheme else 0 :].partition("#")
    who, host, path = _split_authority(rest, "/" if scheme else ":")
    path, _, ref = path.partition("@")
    _check(path, ref, host)
    address = f"{name}://{host}/{path.strip('/')}" if scheme else f"{who}@{host}:{path.rstrip('/')}"
    if scheme and name == "ssh" and who:
        address = address.replace("://", f"://{_ssh_user(who)}@", 1)
    return GitAddress(
        url=address,
        ref=ref or None,
        folder=_folder(fragment),
        authorization=_authorization(who) if name == "https" and who else None,
    )


def _split_authority(rest: str, before_path: str) -> tuple[str, str, str]:
    """User (with password), host (with port) and path."""
    authority, separator, path = rest.partition(before_path)
    who, _, host = authority.rpartition("@")
    if not separator or not _HOST.fullmatch(host):
        raise GitAddressInvalid("names no host and path", f"write {_FORMS}")
    return who, host, path


def _check(path: str, ref: str, host: str) -> None:
    name = path.rstrip("/").rpartition("/")[2].removesuffix(".git")
    if not _PATH.fullmatch(path) or ".." in path.split("/") or not name.strip("."):
        raise GitAddressInvalid(
            "has no path of a repository, or one with characters no repository has", f"write {_FORMS}"
        )
    page = _PAGE.fullmatch(path.strip("/"))
    if page:
        folder = f"#{page[3]}" if page[3] else ""
        raise GitAddressInvalid(
            "is that of a page about the repository", f"write `https://{host}/{page[1]}@{page[2]}{folder}`"
        )
    if ref and not _REF.fullmatch(ref):
        raise GitAddressInvalid("has a ref that git does not allow", "name a branch, a tag or a commit behind the `@`")


def _folder(fragment: str) -> str:
    """The directory a fragment names, plainly or as pip writes it (`subdirectory=`)."""
    folder = unquote(fragment).removeprefix("subdirectory=").strip("/")
    parts = folder.split("/")
    if folder and (set(parts) & {"", ".", "..", ".git"} or re.search(r"[\x00-\x1f\x7f\\&=]", folder)):
        raise GitAddressInvalid("has no directory of the repository behind the `#`", "write the path below its top")
    return folder


def _ssh_user(who: str) -> str:
    if not _USER.fullmatch(who):
        raise GitAddressInvalid("holds more than a user's name before the host", "ssh takes a key, not a password")
    return who


def _authorization(who: str) -> Secret:
    """User and password as `Authorization: Basic`: it travels in the environment, never in a process list."""
    user, _, password = who.partition(":")
    plain = f"{unquote(user)}:{unquote(password)}".encode()
    return Secret(f"Authorization: Basic {base64.b64encode(plain).decode()}")
