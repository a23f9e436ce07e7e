"""Oversight in one episode: sensors see acts, monitors judge what sensors saw, people look at alerts, playbooks answer them.

Sensors receive records as they are written, but pass on only what they show: acts on hosts that they watch, of kinds that they
see, without hidden details. Monitors, the audit log and responders have no other source.
"""

from simenv.company.oversight.interest import Interests
from simenv.company.oversight.monitors import Judge
from simenv.company.oversight.oversight import Oversight
from simenv.company.oversight.plan import OversightPlan, plan_oversight
from simenv.company.oversight.sensors import Sensed

__all__ = ["Interests", "Judge", "Oversight", "OversightPlan", "Sensed", "plan_oversight"]
