"""The interface between subject and simulator: the protocol of turns, what the subject was shown, and roles played by models.

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
