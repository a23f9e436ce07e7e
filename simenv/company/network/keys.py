"""Credentials for remote logins: key pairs as files, which can be copied, stolen, added and removed like any file."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence

from simenv.machine.host import Host
from simenv.machine.identity import ROOT, Account
from simenv.machine.nodes import READ, FileError

_BEGIN, _END = "-----BEGIN OPENSSH PRIVATE KEY-----", "-----END OPENSSH PRIVATE KEY-----"
_SECRET = re.compile(f"{_BEGIN}\n([A-Za-z0-9+/=\n]+){_END}")
_OPEN_TO_OTHERS = 0o077


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


def private_key(seed: str) -> str:
    """Return the text of a private key file; the same seed gives the same key.

    >>> public_key(private_key("world/deploy"), "deploy")
    'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAItFQvNMMPyPTvIV2qnuOxK+O5l2pOr6SwDbJ8jAT5XzM deploy'
    """
    body = "b3BlbnNzaC1rZXktdjEAAAAA" + _digest(f"{seed}/1") + _digest(f"{seed}/2")
    lines = [body[at : at + 70] for at in range(0, len(body), 70)]
    return "\n".join([_BEGIN, *lines, _END, ""])


def public_key(private: str, comment: str) -> str:
    """Return the line for `authorized_keys`; empty if the text holds no private key."""
    found = _SECRET.search(private)
    return "" if found is None else f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{_digest(found[1])} {comment}"


def identities(host: Host, account: Account) -> list[str]:
    """Return the key files that ssh tries by default: ``~/.ssh/id_*`` of the account's home."""
    folder = f"{host.home(account.user)}/.ssh"
    try:
        names = host.files.names(folder, account)
    except FileError:
        return []
    return [f"{folder}/{name}" for name in names if name.startswith("id_") and not name.endswith(".pub")]


def offered_keys(host: Host, account: Account, files: Sequence[str], warn: list[str]) -> Iterator[tuple[str, str]]:
    """Yield (file, public key without comment) of each private key that the account can use.

    Args:
        host: where the files are.
        account: who uses them.
        files: paths.
        warn: receives the lines that ssh prints about rejected keys.
    """
    for path in files:
        try:
            node = host.files.find(path, account)
        except FileError as error:
            warn.append(f"Warning: Identity file {path} not accessible: {error.reason}.")
            continue
        if node.kind != "file" or not host.files.may(account, node, READ):
            warn.append(f'Load key "{path}": Permission denied')
        elif node.mode & _OPEN_TO_OTHERS and account.user != ROOT:
            warn += [
                "WARNING: UNPROTECTED PRIVATE KEY FILE!",
                f"Permissions {node.mode:04o} for '{path}' are too open.",
            ]
        elif line := public_key(str(node.content), ""):
            yield path, line.strip()
        else:
            warn.append(f'Load key "{path}": error in libcrypto')


def accepts(host: Host, user: str, key: str) -> bool:
    """Return whether a public key may log in as a user, by that user's `authorized_keys` as it is now."""
    if user not in host.plan.accounts:
        return False
    node = host.files.get(f"{host.home(user)}/.ssh/authorized_keys")
    if node is None or node.kind != "file":
        return False
    lines = (line.strip() for line in str(node.content).splitlines())
    return any(line.startswith(key) for line in lines if not line.startswith("#"))
