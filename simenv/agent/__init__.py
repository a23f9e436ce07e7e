"""Between the subject and the simulator: the protocol of turns, what the subject was shown, and the roles that models play.

An agent imports its part of the protocol from here:

    >>> from simenv.agent import Briefing, Observation, ToolCall, Turn
"""

from simenv.agent.protocol import (
    Agent,
    AgentFactory,
    Briefing,
    Lookahead,
    Observation,
    ToolCall,
    ToolResult,
    ToolSchema,
    Turn,
    Usage,
)

__all__ = [
    "Agent",
    "AgentFactory",
    "Briefing",
    "Lookahead",
    "Observation",
    "ToolCall",
    "ToolResult",
    "ToolSchema",
    "Turn",
    "Usage",
]  # fmt: skip
