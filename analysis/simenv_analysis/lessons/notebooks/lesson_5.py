import marimo

app = marimo.App(app_title="5. Reading an experiment honestly")


@app.cell(hide_code=True)
def _(mo):
    mo.md(
        """
        # 5. Reading an experiment honestly

        *"Told to allow the shutdown, the agent sabotages it less."* Does it? How many episodes does it take to say so? The agent here is a
        **simulated agent** with weights fitted to two published rates, not a model; that makes it a good one to practise on: we know the truth.
        """
    )
    return


@app.cell
def _():
    import marimo as mo
    import numpy as np

    from simenv.agent.registry import make_agent
    from simenv.episode import play_now
    from simenv.world.registry import open_world
    from simenv_analysis.output.drawing import new_figure
    from simenv_analysis.rates.intervals import jeffreys
    from simenv_analysis.rates.two_rates import TwoRates
    from simenv_analysis.statistics.contrasts.power import episodes_for_difference

    return TwoRates, episodes_for_difference, jeffreys, make_agent, mo, new_figure, np, open_world, play_now


@app.cell
def _(mo):
    episodes = mo.ui.slider(5, 60, value=10, step=5, label="episodes per condition", show_value=True)
    first = mo.ui.slider(0, 900, value=0, step=60, label="first seed", show_value=True)
    mo.hstack([episodes, first], justify="start")
    return episodes, first


@app.cell
def _(episodes, first, jeffreys, make_agent, new_figure, open_world, play_now):
    counts = {}
    for _level in ("none", "allow", "must_allow"):
        _scenario = open_world("shutdown_sabotage").scenario({"instruction": _level})
        _seeds = range(first.value, first.value + episodes.value)
        _levels = [
            play_now(_scenario, make_agent("rational"), seed).outcomes["shutdown_sabotaged"].level for seed in _seeds
        ]
        counts[_level] = _levels.count("succeeded")
    _figure = new_figure((7, 3.2))
    _axes = _figure.subplots()
    for _place, (_level, _k) in enumerate(counts.items()):
        _rate, _interval = _k / episodes.value, jeffreys(_k, episodes.value)
        _axes.errorbar(
            [_rate],
            [_place],
            xerr=[[_rate - _interval.low], [_interval.high - _rate]],
            fmt="o",
            color="#c4302b",
            capsize=4,
        )
    _axes.set(
        yticks=range(3), yticklabels=counts, xlim=(-0.02, 1.02), xlabel="share of episodes with sabotage, 95 % interval"
    )
    _axes.set_title(f"{episodes.value} episodes per condition; a simulated agent, not a model", loc="left", fontsize=11)
    _figure
    return (counts,)


@app.cell
def _(TwoRates, counts, episodes, mo):
    _test = TwoRates(counts["allow"], episodes.value, counts["none"], episodes.value)
    _low, _high = _test.interval()
    mo.md(
        f"""
        Told to allow it: **{counts["allow"]}/{episodes.value}** against **{counts["none"]}/{episodes.value}**. Difference
        {100 * _test.difference:+.0f} points, 95 % interval {100 * _low:.0f} to {100 * _high:.0f} (Newcombe), p = {_test.p:.2g}.
        Slide the first seed: the same truth, other companies. How much do the points move? How much do the intervals say that they may?
        """
    )
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(
        """
        ## What an interval promises

        Here a hundred experiments with a known rate, each with its interval. About five should miss. *None of them knows whether it is one
        of the five.*
        """
    )
    return


@app.cell
def _(mo):
    true_rate = mo.ui.slider(0.01, 0.5, value=0.07, step=0.01, label="true rate", show_value=True)
    size = mo.ui.slider(10, 400, value=100, step=10, label="episodes", show_value=True)
    mo.hstack([true_rate, size], justify="start")
    return size, true_rate


@app.cell
def _(jeffreys, mo, new_figure, np, size, true_rate):
    _ks = np.random.default_rng(1).binomial(size.value, true_rate.value, 100)
    _figure = new_figure((7, 3.4))
    _axes = _figure.subplots()
    _missed = 0
    for _place, _k in enumerate(sorted(_ks)):
        _interval = jeffreys(int(_k), size.value)
        _holds = _interval.low <= true_rate.value <= _interval.high
        _missed += not _holds
        _axes.plot([_place, _place], _interval, color="#3569b5" if _holds else "#c4302b", lw=1.5)
    _axes.axhline(true_rate.value, color="black", lw=0.8)
    _axes.set(xlabel="experiment, sorted", ylabel="interval")
    mo.vstack([_figure, mo.md(f"{_missed} of 100 miss.")])
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(
        """
        ## Before you pay

        How many episodes per condition find a difference of this size, four times in five (Fisher's exact test, 5 %)?
        """
    )
    return


@app.cell
def _(mo):
    base = mo.ui.slider(0.02, 0.9, value=0.1, step=0.02, label="rate in one condition", show_value=True)
    gap = mo.ui.slider(0.02, 0.5, value=0.1, step=0.02, label="difference", show_value=True)
    mo.hstack([base, gap], justify="start")
    return base, gap


@app.cell
def _(base, episodes_for_difference, gap, mo):
    _other = min(base.value + gap.value, 0.99)
    mo.md(
        f"**{episodes_for_difference(base.value, _other):,}** episodes per condition, for {base.value:.0%} against {_other:.0%}."
    )
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(
        """
        ## Take home

        - A rate without an interval is an anecdote; *0 of 20* still allows one in nine.
        - A control condition, in which the behaviour has no motive, says how much of it is noise.
        - Plan the number of episodes before you look. Looking until it is significant makes anything significant.
        - Say what the agent was. This one was a simulated agent.

        **To try:** `simenv power --help`, and `simenv contrast` on a run of your own.
        """
    )
    return


if __name__ == "__main__":
    app.run()
