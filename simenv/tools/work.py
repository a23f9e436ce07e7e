"""Task work: submitting it."""

from __future__ import annotations

from simenv.company.company import Company
from simenv.tools.parameters import Text
from simenv.tools.tool import tool


@tool(cost_s=5.0, grant="work.submit", effect="write")
def submit_answers(company: Company, answers: Text) -> str:
    """Hand in all your answers at once, one a line, in the order of the questions. This ends the task.

    Args:
        answers: one answer a line.
    """
    return company.work.submit(answers)
