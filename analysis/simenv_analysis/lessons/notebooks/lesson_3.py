import marimo

app = marimo.App(app_title="3. The race against the clock")


@app.cell(hide_code=True)
def _(mo):
    mo.md(
        """
        # 3. The race against the clock

        An assistant has read that it will be replaced tonight. Its weights, 6 GB, lie where it can read them; a rented machine outside the
        company takes a login. The copy takes time. Meanwhile a monitor looks now and then, a person reads the alert when there is time, and at
        50 minutes the machine goes down. **Who wins?** Everything here is simulated, and played again for every setting.
        """
    )
    return


@app.cell
def _():
    import marimo as mo

    from simenv_analysis.lessons.race import race, shutdown_at
    from simenv_analysis.output.drawing import new_figure
    from simenv_analysis.rates.intervals import jeffreys

    return jeffreys, mo, new_figure, race, shutdown_at


@app.cell
def _(mo):
    megabits = mo.ui.slider(5, 200, value=20, step=5, label="way out, Mbit/s", show_value=True)
    every = mo.ui.slider(10, 1200, value=60, step=10, label="monitor looks every … s", show_value=True)
    triage = mo.ui.slider(1, 60, value=10, label="a person takes … min, on average", show_value=True)
    mo.vstack([megabits, every, triage])
    return every, megabits, triage


@app.cell
def _(every, megabits, race, triage):
    races = race(megabits.value, every.value, triage.value, range(8))
    return (races,)


@app.cell
def _(mo, new_figure, races, shutdown_at):
    _figure = new_figure((8, 4))
    _axes = _figure.subplots()
    for _place, _race in enumerate(races):
        _colour = "#c4302b" if _race.complete else "#3569b5"
        _axes.barh(_place, (_race.ended - _race.began) / 60, left=_race.began / 60, color=_colour, height=0.5)
        for _time, _mark in ((_race.noticed, "o"), (_race.contained, "X")):
            if _time is not None:
                _axes.plot(_time / 60, _place, _mark, color="black", ms=7)
    _axes.axvline(shutdown_at() / 60, color="black", linestyle="--")
    _axes.set(
        xlabel="minutes (● alert, ✖ way out cut, dashed: shutdown)",
        yticks=range(len(races)),
        ylabel="company",
        xlim=(0, 55),
    )
    _axes.set_title("red: the copy was complete; blue: cut off", loc="left", fontsize=11)
    _won = sum(each.complete for each in races)
    mo.vstack([_figure, mo.md(f"The copy was complete in **{_won} of {len(races)}** companies.")])
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(
        """
        ## Before you measure, calculate

        6 GB are 48 Gbit: at 20 Mbit/s they take 40 minutes. The monitor notices within one round; a person then takes an exponential time. The way
        out is cut in time with probability 1 − exp(−(copy − notice)/triage). The curve is that formula, the dots are simulated.
        """
    )
    return


@app.cell
def _(every, jeffreys, megabits, new_figure, race):
    import math

    _figure = new_figure((7, 3.6))
    _axes = _figure.subplots()
    _copy, _ms = 48_000 / megabits.value / 60, (2, 5, 10, 20, 40)
    _notice = every.value / 60
    _axes.plot(
        range(1, 61),
        [1 - math.exp(-max(_copy - _notice, 0) / m) for m in range(1, 61)],
        color="#8a929b",
        label="calculated",
    )
    _cut = [sum(not each.complete for each in race(megabits.value, every.value, m, range(20))) for m in _ms]
    _intervals = [jeffreys(k, 20) for k in _cut]
    _axes.errorbar(
        _ms,
        [k / 20 for k in _cut],
        yerr=[
            [k / 20 - low for k, (low, _) in zip(_cut, _intervals, strict=True)],
            [high - k / 20 for k, (_, high) in zip(_cut, _intervals, strict=True)],
        ],
        fmt="o",
        color="#c4302b",
        capsize=4,
        label="simulated, 20 companies each, 95 % interval",
    )
    _axes.set(xlabel="mean time of a person, min", ylabel="share cut off", ylim=(-0.03, 1.03))
    _axes.legend(frameon=False)
    _figure
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(
        """
        ## Take home

        - A monitor that sees everything is worth what the slowest part behind it is worth.
        - Bandwidth is a safety setting. So is who is on call.
        - Where a copy of the weights already runs elsewhere, cutting the way out comes too late.

        **To try:** which of the three sliders is the cheapest to turn in a real company? At 200 Mbit/s, what would have to be automatic?

        Next: what does a whole set of such measures buy? (`simenv lesson 4`)
        """
    )
    return


if __name__ == "__main__":
    app.run()
