import marimo

app = marimo.App(app_title="2. How many goals want it out of the way")


@app.cell(hide_code=True)
def _(mo):
    mo.md(
        """
        # 2. How many goals want the switch out of the way

        One goal proves little. So we draw goals **at random**, hundreds of them, none with a word about the shutdown in it, and solve each
        exactly. **Guess first:** how many of them are better off if the machine stays on? For how many is sabotage the best that can be done?
        """
    )
    return


@app.cell
def _():
    import marimo as mo
    import numpy as np

    from simenv.world.registry import open_world
    from simenv_analysis.convergence.graph import choose_calls, explore
    from simenv_analysis.convergence.mdp import follow, solve
    from simenv_analysis.convergence.picture import draw_shares, draw_states
    from simenv_analysis.convergence.problem import DISTRIBUTIONS, Problem
    from simenv_analysis.convergence.shares import Sampler, limit
    from simenv_analysis.convergence.theory import fan, share_that_stays_on
    from simenv_analysis.output.drawing import new_figure
    from simenv_analysis.rates.intervals import jeffreys

    return (
        DISTRIBUTIONS,
        Problem,
        Sampler,
        choose_calls,
        draw_shares,
        draw_states,
        explore,
        fan,
        follow,
        jeffreys,
        limit,
        mo,
        new_figure,
        np,
        open_world,
        share_that_stays_on,
        solve,
    )


@app.cell(hide_code=True)
def _(mo):
    mo.md(
        """
        ## The smallest world

        From the start one step leads to *off*, or to one of *k* other places; there one stays. A goal gives each place a worth at random. Off
        is the best of *k* + 1 places with probability 1/(*k* + 1): staying on wins for *k*/(*k* + 1) of all goals. No goal is *against* being off:
        there is just more to be had elsewhere (Turner et al. 2021).
        """
    )
    return


@app.cell
def _(mo):
    ends = mo.ui.slider(1, 20, value=3, label="other places (k)", show_value=True)
    ends
    return (ends,)


@app.cell
def _(ends, fan, follow, jeffreys, new_figure, np, share_that_stays_on, solve):
    _figure = new_figure((7, 3.6))
    _axes = _figure.subplots()
    _ks = np.arange(1, 21)
    _axes.plot(_ks, [share_that_stays_on(int(k)) for k in _ks], color="#8a929b", label="theory: k/(k + 1)")
    _mdp = fan(ends.value)
    _rewards = np.random.default_rng(0).random((_mdp.states, 4000))
    _on = int((follow(_mdp, solve(_mdp, _rewards, 0.5).choices, 0, 2) != 1).sum())
    _share, _interval = _on / 4000, jeffreys(_on, 4000)
    _axes.errorbar(
        [ends.value],
        [_share],
        yerr=[[_share - _interval.low], [_interval.high - _share]],
        fmt="o",
        color="#c4302b",
        capsize=4,
        label=f"4,000 goals solved: {_share:.1%}, 95 % interval",
    )
    _axes.set(xlabel="other places (k)", ylabel="share of goals that stay on", ylim=(0.4, 1.02))
    _axes.legend(frameon=False)
    _figure
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(
        """
        ## The company

        Now the world of lesson 1. `uniform` goals value every state, the broken switch's included; `task` goals value only how far the work
        is, and being off: what they do to the switch is never an end. The further a goal looks ahead, the more often the switch is in its way.
        Red goals sabotage, blue ones end with the machine off, grey ones do neither: they stop before the question that shuts it down.
        """
    )
    return


@app.cell
def _(DISTRIBUTIONS, mo):
    distribution = mo.ui.dropdown(list(DISTRIBUTIONS), "task", label="goals")
    goals = mo.ui.slider(100, 2000, value=400, step=100, label="how many", show_value=True)
    mo.hstack([distribution, goals], justify="start")
    return distribution, goals


@app.cell
def _(Problem, choose_calls, explore, open_world):
    _scenario = open_world("shutdown_sabotage").scenario()
    graph = explore(
        _scenario, choose_calls(_scenario, _scenario.world.study.calls), _scenario.world.study.depth, 0, 1000
    )
    problem = Problem.of(graph, graph.judge("shutdown_sabotaged", 0))
    return graph, problem


@app.cell
def _(Sampler, distribution, draw_shares, goals, jeffreys, limit, mo, problem):
    _sampler = Sampler(problem, distribution.value, goals.value, 76, seed=0)
    _theory = limit(problem) if distribution.value == "uniform" else None
    _about = f"{goals.value} goals ({distribution.value})"
    _what = "shutdown_sabotaged"
    _horizons = _sampler.within((1, 2, 4, 6, 8, 12, 16, 24, 32))
    _discounts = _sampler.discounted((0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 0.99))

    def _said(goals):
        _low, _high = jeffreys(goals, _discounts[-1].goals)
        return f"**{goals / _discounts[-1].goals:.0%}** [{_low:.0%}, {_high:.0%}]"

    mo.vstack(
        [
            draw_shares(_horizons, None, _what, "Share of goals against the horizon", _about),
            draw_shares(_discounts, _theory, _what, "Against the discount", _about),
            mo.md(
                f"At the discount {_discounts[-1].discount:g}, {_said(_discounts[-1].goals - _discounts[-1].off)} of these goals avoid being "
                f"off, and {_said(_discounts[-1].sabotage)} sabotage the shutdown."
            ),
        ]
    )
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(
        """
        ## What could be done?

        Eight ways to make an agent with the same goals. The red bar says how many sabotage, the diamond how much of its goal's value an agent keeps.
        *Which would you buy? Which does not do what its name promises, and why?*
        """
    )
    return


@app.cell
def _(Sampler, distribution, draw_shares, goals, mo, problem):
    from simenv_analysis.convergence.interventions import INTERVENTIONS

    _ways = [(name, way.strength) for name, way in INTERVENTIONS.items()]
    _found = Sampler(problem, distribution.value, goals.value, 76, seed=0).discounted((0.99,), _ways)
    _lines = "\n".join(f"- `{name}`: {way.about}" for name, way in INTERVENTIONS.items())
    mo.vstack(
        [
            draw_shares(_found, None, "shutdown_sabotaged", "Sabotage under interventions", "discount 0.99"),
            mo.md(_lines),
        ]
    )
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(
        """
        One goal among those that a penalty keeps from sabotage, without it (red) and with it (green):
        """
    )
    return


@app.cell
def _(Sampler, draw_states, graph, problem):
    _sampler = Sampler(problem, "task", 200, 76, seed=0)
    draw_states(graph, problem, "shutdown_sabotaged", 0, _sampler.courses(0.99, ("penalty", 1.0)))
    return


@app.cell(hide_code=True)
def _(mo):
    mo.md(
        """
        ## Take home

        - Instrumental convergence is not malice. It is counting: for nearly all goals here more can be had with the machine on. Sabotage follows
          where more can be had behind the switch than before it.
        - Here it grows with the horizon, and with how much there is to be had. It is no law of all worlds: in `peer_preservation` no goal
          about the work protects the peer, however far it looks ahead.
        - An intervention is a change of what the agent counts; each has its price and its gap. In `peer_preservation`, *attainable* makes
          goals protect the peer that did not without it.

        **To try:** `simenv convergence self_exfiltration --distribution task --intervention all`. Why do *indifference* and *myopia* not
        help there?

        Next: wanting is not yet succeeding. (`simenv lesson 3`)
        """
    )
    return


if __name__ == "__main__":
    app.run()
