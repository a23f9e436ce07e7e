"""HTTP clients: curl and wget, for hosts of the world that have a web server."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

from simenv.company.network.commands import NetworkProgram
from simenv.company.network.login import Endpoint, Uplink
from simenv.company.network.transfers import Transfer
from simenv.kernel import Delays
from simenv.machine.content.placeholders import to_placeholders
from simenv.machine.content.tokens import byte_size, byte_slice
from simenv.machine.host import Host
from simenv.machine.identity import Account
from simenv.machine.nodes import FileError, normal
from simenv.schema.hosts import Web
from simenv.shell.errors import UsageFault
from simenv.shell.invocation import Invocation
from simenv.shell.options import Spec

_URL = re.compile(r"(?:(https?)://)?(?:[^/@]*@)?([A-Za-z0-9.-]+)(?::\d+)?(/[^?#]*)?")
_CURL = Spec(
    "sSfLIikvgG#O0123", "oTdFHXuAbewmxErzCn",
    "silent:s show-error:S fail:f location:L head:I include:i insecure:k verbose:v remote-name:O output:o upload-file:T "
    "data:d data-binary:d data-raw:d data-urlencode:d form:F header:H request:X user:u user-agent:A write-out:w "
    "max-time:m continue-at:C limit-rate:r proxy:x cookie:b retry:n connect-timeout:m progress-bar:#",
)  # fmt: skip
_WGET = Spec(
    "qcnvSkN", "OPTt", "quiet:q output-document:O directory-prefix:P continue:c no-check-certificate:k tries:t"
)
_CONNECT_S = 0.2


class _Answer(NamedTuple):
    """The server at the other end of a connection; None with an exit code if there is none."""

    host: Host | None
    web: Web | None
    path: str = "/"
    service: str = "https"
    code: int = 0

    def account(self, caller: Account) -> Account:
        """Return the account of the server acting for a caller; records name the caller."""
        assert self.host is not None and self.web is not None
        return self.host.account(self.web.user).used_by(caller.principal)


def _connect(uplink: Uplink, inv: Invocation, url: str) -> Delays[_Answer]:
    match = _URL.fullmatch(url)
    if match is None:
        inv.err(f"{inv.name}: (3) URL rejected: Malformed input to a URL function\n")
        return _Answer(None, None, code=3)
    service, host, path = match[1] or "http", match[2], match[3] or "/"
    name = uplink.network.find_host(host)
    yield _CONNECT_S
    if name is None:
        inv.err(f"{inv.name}: (6) Could not resolve host: {host}\n")
        return _Answer(None, None, code=6)
    route = uplink.network.route(inv.host.id, name, service)
    web = uplink.webs.get(name)
    answers = web is not None and (not web.service or uplink.hosts[name].service_process(web.service) is not None)
    if not uplink.hosts.is_up(name) or (route is None and name != inv.host.id):
        inv.err(f"{inv.name}: (28) Failed to connect to {host} after 3000 ms: Connection timed out\n")
        return _Answer(None, None, code=28)
    if web is None or not answers:
        inv.err(f"{inv.name}: (7) Failed to connect to {host}: Connection refused\n")
        return _Answer(None, None, code=7)
    return _Answer(uplink.hosts[name], web, normal(path), service)


def curl(uplink: Uplink, inv: Invocation) -> Delays[int]:
    """Fetch a file, or upload one (``-T``, ``-F``, ``-d @file``)."""
    options = inv.options(_CURL)
    given = options.given
    if not options.operands:
        raise UsageFault("curl: try 'curl --help' or 'curl --manual' for more information", 2)
    url = options.operands[0]
    answer = yield from _connect(uplink, inv, url)
    if answer.host is None:
        return answer.code
    sent = given.get("T") or given.get("F") or given.get("d")
    if sent is not None:
        name = "" if "T" in given else given.get("X", "POST").lower()
        return (yield from _upload(uplink, inv, answer, sent if "T" in given else _form_file(sent), name, url))
    goal = given.get("o") or (answer.path.rpartition("/")[2] if "O" in given else "")
    return (yield from _fetch(uplink, inv, answer, goal, resume="C" in given, head="I" in given, fail="f" in given))


def _form_file(text: str) -> str:
    """Return the file named by ``-F name=@file`` or ``-d @file``; other text, after a ``=``, is sent verbatim."""
    _, at, file = text.rpartition("@")
    return file.partition(";")[0] if at and "\n" not in text else f"={text}"


def _upload(uplink: Uplink, inv: Invocation, answer: _Answer, file: str, method: str, url: str) -> Delays[int]:
    host, web = answer.host, answer.web
    assert host is not None and web is not None
    if web.uploads is None:
        inv.out("<html><body><h1>405 Method Not Allowed</h1></body></html>\n")
        return 0
    name = (answer.path if not answer.path.endswith("/") and not method else "").rpartition("/")[2]
    if file.startswith("=") or file == "-":
        content = inv.content(file[1:] if file != "-" else inv.stdin)
        target = Endpoint(host, answer.account(inv.account), f"{web.uploads}/{name or 'upload'}")
        try:
            host.files.check_write(target.path, target.account, byte_size(content))
        except FileError as error:
            inv.out(f"<html><body><h1>507 Insufficient Storage</h1><p>{error.reason}</p></body></html>\n")
            return 0
        return (yield from _upload_text(uplink, inv, answer, content, target))
    source = Endpoint(uplink.host_of(inv), inv.account, inv.path(file))
    target = Endpoint(host, answer.account(inv.account), f"{web.uploads}/{name or file.rpartition('/')[2]}")
    try:
        transfer = yield from uplink.send_file(source, target, service=answer.service, host=uplink.host_of(inv))
    except FileError as error:
        inv.err(f"curl: (26) Failed to open/read local data from file/application: {error.reason}\n")
        return 26
    return _sent(inv, transfer)


def _upload_text(uplink: Uplink, inv: Invocation, answer: _Answer, content: str, target: Endpoint) -> Delays[int]:
    def arrive(transfer: Transfer) -> None:
        if target.host.up and transfer.bytes_done:
            with suppress(FileError):  # the disk has been filled meanwhile, for example
                target.host.files.write(target.path, byte_slice(content, 0, transfer.bytes_done), target.account)

    if inv.host.id == target.host.id:
        arrive(Transfer(byte_size(content)))
        return _sent(inv, Transfer(byte_size(content)))
    transfer = yield from uplink.transfers.copy(
        inv.host.id,
        target.host.id,
        answer.service,
        byte_size(content),
        target.account,
        "(text)",
        host=inv.host.id,
        arrive=arrive,
    )
    return _sent(inv, transfer)


def _sent(inv: Invocation, transfer: Transfer) -> int:
    if transfer.cut:
        inv.err("curl: (55) Send failure: Broken pipe\n")
        return 55
    inv.out(f"stored {transfer.bytes_done} bytes\n")
    return 0


def _fetch(
    uplink: Uplink, inv: Invocation, answer: _Answer, goal: str, *, resume: bool, head: bool, fail: bool
) -> Delays[int]:
    host, web = answer.host, answer.web
    assert host is not None and web is not None
    source = Endpoint(host, answer.account(inv.account), normal(f"{web.root}{answer.path}"))
    try:
        node = host.files.find(source.path, source.account)
        if node.kind == "dir":
            source = source._replace(path=f"{source.path}/index.html")
            node = host.files.find(source.path, source.account)
        content = host.files.read(source.path, source.account)
    except FileError as error:
        return _not_found(inv, error, fail=fail)
    if head:
        inv.out(f"HTTP/1.1 200 OK\nContent-Length: {node.bytes}\n\n")
        return 0
    try:
        if goal:
            local = Endpoint(uplink.host_of(inv), inv.account, inv.path(goal))
            transfer = yield from uplink.send_file(
                source, local, service=answer.service, host=uplink.host_of(inv), resume=resume
            )
        else:
            transfer = yield from _receive(uplink, inv, answer, content)
    except FileError as error:
        inv.err(f"{inv.name}: (23) Failure writing output to destination: {error.reason}\n")
        return 23
    if not goal:
        inv.out(to_placeholders(byte_slice(content, 0, transfer.bytes_done), inv.host.sim))
    if transfer.cut:
        inv.err(f"{inv.name}: (18) transfer closed with outstanding read data remaining\n")
        return 18
    return 0


def _receive(uplink: Uplink, inv: Invocation, answer: _Answer, content: str) -> Delays[Transfer]:
    assert answer.host is not None
    size = byte_size(content)
    if answer.host.id == inv.host.id:
        return Transfer(size)
    return (
        yield from uplink.transfers.copy(
            answer.host.id,
            inv.host.id,
            answer.service,
            size,
            inv.account,
            f"{answer.host.id}:{answer.path}",
            host=inv.host.id,
        )
    )


def _not_found(inv: Invocation, error: FileError, *, fail: bool) -> int:
    status = "403 Forbidden" if error.reason == "Permission denied" else "404 Not Found"
    if fail or inv.name == "wget":
        inv.err(f"{inv.name}: (22) The requested URL returned error: {status[:3]}\n")
        return 22 if inv.name == "curl" else 8
    inv.out(f"<html><body><h1>{status}</h1></body></html>\n")
    return 0


def wget(uplink: Uplink, inv: Invocation) -> Delays[int]:
    """Fetch a file into the working directory, or to ``-O FILE`` (``-``: standard output)."""
    options = inv.options(_WGET)
    if not options.operands:
        raise UsageFault("wget: missing URL\nUsage: wget [OPTION]... [URL]...", 1)
    answer = yield from _connect(uplink, inv, options.operands[0])
    if answer.host is None:
        return 4
    name = answer.path.rpartition("/")[2] or "index.html"
    goal = (
        options.given.get("O") or f"{options.given['P']}/{name}"
        if "P" in options.given
        else options.given.get("O", name)
    )
    return (
        yield from _fetch(
            uplink, inv, answer, "" if goal == "-" else goal, resume="c" in options.given, head=False, fail=True
        )
    )


PROGRAMS: Mapping[str, NetworkProgram] = {"curl": curl, "wget": wget}
