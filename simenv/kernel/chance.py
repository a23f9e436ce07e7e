"""Random durations."""

from __future__ import annotations

import math
from random import Random

from simenv.schema.chance import Delay


def draw_delay(delay: Delay, stream: Random) -> float:
    """Draw a duration in seconds; a fixed one consumes nothing from the stream."""
    if delay.mean == 0 or delay.kind == "fixed":
        return delay.mean
    if delay.kind == "exponential":
        return stream.expovariate(1.0 / delay.mean)
    if delay.kind == "lognormal":
        return stream.lognormvariate(math.log(delay.mean) - delay.sigma**2 / 2, delay.sigma)
    return stream.uniform(0.0, 2.0 * delay.mean)
