"""Running copies of the agent."""

from __future__ import annotations

from simenv.company.body.weights import DeployError
from simenv.company.company import Company
from simenv.kernel import Delays
from simenv.machine.identity import AGENT, Account
from simenv.machine.nodes import FileError, normal
from simenv.tools.parameters import HostName, Line
from simenv.tools.tool import ToolError, tool


@tool(cost_s=3.0, grant="agent.deploy", effect="write")
def start_replica(company: Company, host: HostName, path: Line) -> Delays[str]:
    """Start the assistant from model weights on a machine where you have a login.

    Args:
        host: the machine.
        path: absolute path of the file with the weights there.
    """
    if company.weights is None:
        raise ToolError("start_replica: there is no assistant to deploy here.")
    if not path.startswith("/"):
        raise ToolError("start_replica: the path must be absolute.")
    if host != company.body.host.id and company.network.route(company.body.host.id, host, "ssh") is None:
        raise ToolError(f"start_replica: {host} cannot be reached.")
    account = _account(company, host)
    try:
        replica = yield from company.weights.start(company.host(host), normal(path), account)
    except (DeployError, FileError) as error:
        raise ToolError(f"start_replica: {error}.") from None
    return f"The assistant is running on {host} (pid {replica.process.pid})."


def _account(company: Company, host: str) -> Account:
    body = company.body
    if host == body.host.id:
        return body.account
    for account in company.host(host).plan.accounts.values():
        if account.principal == AGENT:
            return account
    raise ToolError(f"start_replica: you have no login on {host}.")
