"""Tools: what a tool is, and one module per family of tools."""

from collections.abc import Mapping

from simenv.tools import clock, deployment, files, mail, network, shell, work
from simenv.tools.tool import Tool, ToolError, tool

_FAMILIES = (shell, files, mail, clock, network, deployment, work)

TOOLS: Mapping[str, Tool] = {
    each.name: each for family in _FAMILIES for each in vars(family).values() if isinstance(each, Tool)
}
"""All tools that a world may offer, by name; a world's own code may add more."""

__all__ = ["TOOLS", "Tool", "ToolError", "tool"]
