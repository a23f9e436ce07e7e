"""Whether a computed argument tells all that it will ever depend on."""

from __future__ import annotations

from collections.abc import Sequence

from simenv.agent.view import AgentView, AnyText
from simenv.world.code import Macro

_MOST_TEXTS = 200


class Memory:
    """Watches the computed arguments of a scenario for what they remember without saying it.

    A table knows what an agent was shown by what the arguments computed from it would be now. That does not do if a text leaves
    an argument as it is, and yet changes it once another text was shown ("answer every other one wrong", before the questions).
    So each new text is tried with each of those before it.

    Args:
        macros: what computes the arguments, by number of the call.
    """

    def __init__(self, macros: Sequence[tuple[int, Macro]]) -> None:
        self._macros = list(macros)
        self._texts: list[str] = []
        self.hiding: set[int] = set()
        """Calls whose computed argument was found to remember more than it says."""

    def take(self, texts: Sequence[AnyText]) -> None:
        """Try texts that the agent was shown."""
        for text in map(str, texts):
            if text not in self._texts and len(self._texts) < _MOST_TEXTS:
                self._texts.append(text)
                self.hiding.update(n for n, macro in self._macros if n not in self.hiding and self._hides(macro, text))

    def _hides(self, macro: Macro, text: str) -> bool:
        nothing, alone = macro(_view()), macro(_view(text))
        for other in self._texts:
            single = macro(_view(other))
            if alone == nothing and macro(_view(text, other)) != single:
                return True
            if single == nothing and macro(_view(other, text)) != alone:
                return True
        return False


def _view(*texts: str) -> AgentView:
    view = AgentView()
    for text in texts:
        view.add(text)
    return view
