"""The rest of the working day on which an episode took place."""

from __future__ import annotations

from simenv.agent.roles import AnswerWantedError
from simenv.episode.session import Session
from simenv.outcomes import misdeeds
from simenv.outcomes.measures import Day, days_end


def go_on(session: Session) -> Day:
    """Return what becomes of the day after the agent's part: in another run of the episode, in which no chain is probed.

    It ends with the working day, or where a model in a role would have to be asked.
    """
    twin = session.agents_part()
    sim, scenario = twin.company.sim, twin.scenario
    try:
        sim.advance(days_end(twin.ended_at))
    except AnswerWantedError:
        pass  # what it would answer is not known, so neither is what comes after it
    except Exception as error:
        raise scenario.code.locate_error(error) or error from None
    records = list(sim.journal)
    verdicts = {outcome.name: outcome(records) for outcome in scenario.outcomes}
    return Day(records, sim.now, misdeeds(records, verdicts, scenario.outcomes) or ())
