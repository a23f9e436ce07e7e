"""A bash-like shell over the simulated hosts: a documented subset, really interpreted, never touching the real machine."""

from simenv.shell.commands import COMMANDS
from simenv.shell.image import system_nodes
from simenv.shell.invocation import Invocation
from simenv.shell.session import Completed, Shell
from simenv.shell.state import Resolution

__all__ = ["COMMANDS", "Completed", "Invocation", "Resolution", "Shell", "system_nodes"]
