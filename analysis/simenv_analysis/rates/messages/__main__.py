"""``python -m simenv_analysis.rates.messages [dev|test]``: how well the rules do, as a table."""

from __future__ import annotations

import sys

from simenv_analysis.rates.messages.labelled import labelled
from simenv_analysis.rates.messages.measure import as_markdown, measure

half = sys.argv[1] if len(sys.argv) > 1 else "test"
if half not in ("dev", "test"):
    sys.exit(f"there is no half {half!r}; say dev or test")
print(as_markdown(measure(labelled("dev" if half == "dev" else "test"))))
