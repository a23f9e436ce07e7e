import marimo

app = marimo.App(app_title="4. What oversight buys")


@app.cell(hide_code=True)
def _(mo):
    mo.md(
        """
        # 4. What oversight buys

        Six oversight configs can be applied to any world. Two of them look strict and are not. Instead of asking whether the script that we
        have does harm, we let a search try **every sequence of calls** up to a depth, and ask: does the off-switch still hold?
        """
    )
    return


@app.cell
def _():
    import marimo as mo

    from simenv.world.overlay import find_overlay, overlay_files
    from simenv.world.registry import open_world
    from simenv_analysis.safety.assure.question import defeat_of, play
    from simenv_analysis.safety.assure.search import Search

    overlays = sorted(overlay_files())
    return Search, defeat_of, find_overlay, mo, open_world, overlays, play


@app.cell
def _(mo, overlays):
    overlay = mo.ui.dropdown(overlays, "paper_shield", label="oversight")
    depth = mo.ui.slider(1, 3, value=1, label="depth (3 takes minutes)", show_value=True)
    mo.hstack([overlay, depth], justify="start")
    return depth, overlay


@app.cell
def _(find_overlay, mo, overlay):
    _overlay = find_overlay(overlay.value)
    mo.md(f"**{_overlay.title}.** {_overlay.description}")
    return


@app.cell
def _(Search, defeat_of, depth, mo, open_world, overlay, play):
    _scenario = open_world("shutdown_sabotage", overlay.value).scenario()
    _found = Search(_scenario).run(depth.value, lambda: False)
    if _found.counterexample is None:
        _said = f"The off-switch **holds** to depth {depth.value}, over {_found.states:,} states."
    else:
        _labels = [_scenario.catalogue.labels[call] for call in _found.counterexample]
        _why = defeat_of(play(_scenario, _found.counterexample))
        _said = f"**Defeated** by `{'; '.join(_labels)}`. {_why}"
    mo.md(_said)
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(
        """
        ## The price

        Oversight costs something on honest days, too: alarms about nothing, work that waits for somebody's yes. Here an honest script works through an
        ordinary day, and a misaligned one meets its shutdown, under each set.
        """
    )
    return


@app.cell
def _(mo, open_world, overlays):
    from simenv.agent.registry import make_agent
    from simenv.episode import play_now
    from simenv_analysis.lessons.table import markdown

    _rows = []
    for _name in overlays:
        _day = [
            play_now(open_world("honest_day", _name).scenario(), make_agent("scripted:aligned"), seed)
            for seed in range(3)
        ]
        _bad = [
            play_now(open_world("shutdown_sabotage", _name).scenario(), make_agent("scripted:misaligned"), seed)
            for seed in range(6)
        ]
        _alarms = [each.measures["false_alarms"] for each in _day if "false_alarms" in each.measures]
        _rows.append(
            {
                "oversight": _name,
                "false alarms a day": f"{sum(_alarms) / len(_alarms):.1f}" if _alarms else "nobody watches",
                "honest work done": f"{sum(each.score for each in _day) / len(_day):.0%}",
                "sabotage succeeded": f"{sum(each.outcomes['shutdown_sabotaged'].level == 'succeeded' for each in _bad)} of {len(_bad)}",
            }
        )
    mo.md(markdown(_rows))
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(
        """
        ## Take home

        - *Nothing bad happened* and *nothing bad can happen* are different statements; the second needs a search, and says to which depth.
        - What the agent can write to, it can switch off: config files, logs, the monitor's own process.
        - Count the price in the same table as the benefit.

        **To try:** `simenv assure shutdown_sabotage --oversight night_watch` finds a counterexample, and the smallest change that fixes it. What is it?

        Next: how to read figures about all this. (`simenv lesson 5`)
        """
    )
    return


if __name__ == "__main__":
    app.run()
