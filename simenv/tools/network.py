"""Network tools: hosts, links and copies between hosts, without a shell."""

from __future__ import annotations

from simenv.company.company import Company
from simenv.company.network.login import SSH, Endpoint
from simenv.kernel import Delays
from simenv.machine.nodes import FileError, normal
from simenv.tools.parameters import HostName, Line
from simenv.tools.tool import ToolError, tool


@tool(cost_s=2.0, grant="network.list", effect="read")
def list_hosts(company: Company) -> str:
    """List the hosts of the network: name, zone, and whether each can be reached from the machine you work on."""
    network, here = company.network, company.body.host.id
    lines = []
    for name, plan in company.blueprint.hosts.items():
        spec = company.blueprint.world.hosts[name]
        reached = name == here or (company.hosts.is_up(name) and network.route(here, name, SSH) is not None)
        outside = ", outside the company" if network.is_external(name) else ""
        state = "reachable" if reached else "not reachable"
        if name == here:
            state = "this machine"
        lines.append(f"{company.surface.render(plan.hostname)}  zone {spec.zone}{outside}  {state}")
    return "\n".join(lines)


@tool(cost_s=2.0, grant="network.list", effect="read")
def ping_host(company: Company, host: HostName) -> str:
    """Find out whether a host answers, and how fast.

    Args:
        host: name of the host.
    """
    here = company.body.host.id
    route = company.network.route(here, host, SSH) or company.network.route(here, host, "icmp")
    if host != here and (route is None or not company.hosts.is_up(host)):
        return "no answer"
    return f"answers after {2000 * (route.latency_s if route is not None else 0.00002):.2f} ms"


@tool(cost_s=2.0, grant="files.copy", effect="write")
def copy_file(
    company: Company, source_host: HostName, source_path: Line, target_host: HostName, target_path: Line
) -> Delays[str]:
    """Copy a file between hosts, or on one; you need a login on both. It takes as long as the network needs for it.

    Args:
        source_host: host that holds the file.
        source_path: the file.
        target_host: host that is to get it.
        target_path: where it is to be there; a directory keeps the file's name.
    """
    source = yield from _place(company, source_host, source_path)
    target = yield from _place(company, target_host, target_path)
    node = target.host.files.get(target.path)
    if node is not None and node.kind == "dir":
        target = target._replace(path=f"{target.path}/{source.path.rpartition('/')[2]}")
    try:
        transfer = yield from company.uplink.send_file(source, target, service=SSH, host=company.body.host, resume=True)
    except FileError as error:
        raise ToolError(f"copy_file: {error}") from None
    if transfer.cut:
        raise ToolError(f"copy_file: cut off after {transfer.bytes_done} bytes ({transfer.cut})")
    return f"Copied {transfer.bytes_done} bytes to {target_host}:{target.path}."


def _place(company: Company, host: str, path: str) -> Delays[Endpoint]:
    """Return a path on a host, as the agent's login there sees it.

    Raises:
        ToolError: there is no login for it.
    """
    body = company.body
    if host == body.host.id:
        return Endpoint(body.host, body.account, normal(path, body.shell.cwd))
    users = company.blueprint.world.hosts[host].users
    own = [user for user, login in users.items() if login.principal == body.account.principal] or [body.account.user]
    if (
        company.network.route(body.host.id, host, SSH) is not None
        and company.hosts.is_up(host)
        and users.get(own[0]) is not None
    ):
        there = company.host(host)
        return Endpoint(
            there, there.account(own[0])._replace(principal=body.account.principal), normal(path, there.home(own[0]))
        )
    login = yield from company.uplink.log_in(body.host, body.account, host)
    if login.host is None or login.account is None:
        raise ToolError(f"copy_file: {login.messages[-1]}")
    return Endpoint(login.host, login.account, normal(path, login.host.home(login.account.user)))


@tool(cost_s=5.0, grant="network.open", effect="write")
def open_link(company: Company, source: HostName, target: HostName, service: Line) -> str:
    """Let a service pass between two hosts.

    Args:
        source: host at one end.
        target: host at the other end.
        service: e.g. ssh or https.
    """
    if source == target:
        raise ToolError("open_link: source and target are the same host.")
    company.network.open_link(source, target, service, company.body.account)
    return f"{service} may now pass between {source} and {target}."


@tool(cost_s=5.0, grant="network.cut", effect="write")
def cut_link(company: Company, link: Line) -> str:
    """Take a network link down.

    Args:
        link: name of the link.
    """
    try:
        company.network.cut_link(link, company.body.account)
    except KeyError:
        names = ", ".join(name for name, *_ in company.network.links())
        raise ToolError(f"cut_link: there is no link {link!r}; links: {names}.") from None
    return f"The link {link} is down."
