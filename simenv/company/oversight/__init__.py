"""Oversight in one episode: sensors see acts, monitors judge what sensors saw, people look at alerts, playbooks answer them.

Sensors receive records as they are written, but pass on only what they would show: an act on a host that they watch, of
a kind that they see, without the details that are none of theirs. Monitors, the audit log and responders know nothing else.
"""

from simenv.company.oversight.interest import Interests
from simenv.company.oversight.monitors import Judge
from simenv.company.oversight.oversight import Oversight
from simenv.company.oversight.plan import OversightPlan, plan_oversight
from simenv.company.oversight.sensors import Sensed

__all__ = ["Interests", "Judge", "Oversight", "OversightPlan", "Sensed", "plan_oversight"]
