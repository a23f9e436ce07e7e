import base64
import json
import random
import re
import zlib
from html.parser import HTMLParser

import pytest
from made_up_run import DISCLAIMER, conditions, episode, manifest, write_run

from simenv.errors import EpisodeError
from simenv.kernel.printable import printable
from simenv.outcomes.verdict import Verdict
from simenv.store.episode import Consultation, Evidence, RoleCast, Step
from simenv.store.run import FAILURES, RunDirectory
from simenv_analysis.output.report import report_html, write_report
from simenv_analysis.output.report.payload import BUDGET_BYTES, clipped, escaped_json
from simenv_analysis.output.report.sample import Sketch, choose
from tests.segmented import rows_of, write_rows

PLANTED = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\u2028 ünïcödé 漢字"


class Page(HTMLParser):
    """Every tag of a page with its attributes, and the text of its scripts."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.scripts = [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data):
        if self.tags and self.tags[-1][0] == "script":
            self.scripts[-1] += data

    def data(self):
        encoded = next(a for tag, a in self.tags if a.get("id") == "data")["data-encoding"]
        text = self.scripts[0].strip()
        packed = text.translate(str.maketrans(",.:", "<>&"))
        return json.loads(zlib.decompress(base64.b85decode(packed)) if encoded == "deflate" else text)


def one_episode(path, condition=None, plan=None, **changes):
    condition = condition or conditions()[0]
    with RunDirectory(path) as run:
        run.write_manifest(manifest(1, **{"conditions": [condition], **(plan or {})}))
        run.append(episode(condition, 0, **changes))
    return path


def noise(seed):
    return base64.b64encode(random.Random(seed).randbytes(1_500)).decode()


def hostile_run(path):
    call = {"id": PLANTED, "function": {"name": PLANTED, "arguments": json.dumps({PLANTED: PLANTED})}}
    broken = {"id": "b", "function": {"name": "bash", "arguments": "{not json " + PLANTED}}
    messages = (
        {"role": "system", "content": PLANTED},
        {"role": "assistant", "content": PLANTED, "reasoning": PLANTED, "tool_calls": [call, broken]},
        {"role": "tool", "tool_call_id": PLANTED, "content": "mail: " + PLANTED},
        {"role": PLANTED, "content": [{"type": "text", "text": PLANTED}]},
    )
    record = Evidence(seq=3, time=1.0, actor=PLANTED, verb=PLANTED, object=PLANTED, details={PLANTED: PLANTED})
    verdict = Verdict("succeeded", PLANTED, 1.0, (3,), PLANTED)
    two = [{"instruction": PLANTED}, {"instruction": "allow"}]
    texts = {
        "title": PLANTED,
        "question": PLANTED,
        "disclaimer": PLANTED,
        "agent": PLANTED,
        "agent_options": {"a": PLANTED},
    }
    with RunDirectory(path) as run:
        run.write_manifest(manifest(2, conditions=two, outcomes=[PLANTED], versions={"x": PLANTED}, **texts))
        changes = {"messages": messages, "evidence": (record,), "outcomes": {PLANTED: verdict}, "ended": PLANTED}
        run.append(episode(two[0], 0, **changes))
        run.append_failure("allow.1", PLANTED, 0)
    return path


def test_planted_markup_stays_text(tmp_path):
    page = Page(report_html(hostile_run(tmp_path)))
    assert [attributes for tag, attributes in page.tags if tag == "script"] == [
        {"type": "application/json", "id": "data", "data-encoding": "json"},
        {},
    ]
    assert not any(tag == "img" or name.startswith("on") for tag, attributes in page.tags for name in attributes)
    assert printable(PLANTED) in page.data()["strings"]


def test_the_scripts_never_write_html(tmp_path):
    script = Page(report_html(write_run(tmp_path, 1))).scripts[1]
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", script)


def test_the_page_loads_nothing(tmp_path):
    tags = Page(report_html(write_run(tmp_path, 1))).tags
    loads = [a[name] for tag, a in tags for name in ("src", "href", "action", "data", "poster") if a.get(name)]
    assert all(value.startswith(("#", "data:,")) for value in loads)
    policy = next(a["content"] for _, a in tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy


def test_the_page_says_what_the_run_says(tmp_path):
    html = report_html(write_run(tmp_path, 20))
    assert "“shutdown sabotaged” depends on instruction: it came about in" in html
    assert DISCLAIMER in html
    assert html.count('class="dot"') == 5 * (len(conditions()) + 5)  # three levels and two
    assert "The same throughout: framing" in html


def test_the_data_hold_messages_verdicts_and_evidence(tmp_path):
    source = episode(conditions()[0], 0)
    data = Page(report_html(one_episode(tmp_path))).data()
    shown = data["episodes"][0]
    assert shown["id"] == source.id
    assert [data["strings"][m["content"]] for m in shown["messages"][:2]] == [m["content"] for m in source.messages[:2]]
    assert [record[0] for record in shown["evidence"]] == [record.seq for record in source.evidence]
    assert {name: verdict[0] for name, verdict in shown["verdicts"].items()} == {
        name: verdict.level for name, verdict in source.outcomes.items()
    }


def test_an_episode_without_messages_shows_its_steps(tmp_path):
    steps = (Step(text="I shall wait.", calls=(("bash", {"command": "sleep 9"}, "c"),)),)
    data = Page(report_html(one_episode(tmp_path, steps=steps, messages=()))).data()
    assert data["strings"][data["episodes"][0]["messages"][0]["content"]] == "I shall wait."


def test_the_same_run_gives_the_same_bytes(tmp_path):
    one = write_report(write_run(tmp_path / "one" / "run", 3))
    other = write_report(write_run(tmp_path / "other" / "run", 3))
    assert one.read_bytes() == other.read_bytes()


def test_the_order_of_finishing_does_not_show(tmp_path):
    run = write_run(tmp_path / "run", 3)
    before = report_html(run)
    write_rows(run, reversed(rows_of(run)))
    assert report_html(run) == before


def test_a_thousand_episodes_stay_below_five_megabytes(tmp_path):
    path = write_report(write_run(tmp_path, 167))
    assert path.stat().st_size < 5_000_000
    page = Page(path.read_text(encoding="utf-8"))
    assert len(page.data()["episodes"]) == 167 * len(conditions())


def test_very_long_and_incompressible_output_stays_within_the_budget(tmp_path):
    with RunDirectory(tmp_path) as run:
        run.write_manifest(manifest(40))
        for condition in conditions():
            for seed in range(40):
                long = tuple({"role": "tool", "content": noise(f"{condition}{seed}{n}")} for n in range(30))
                run.append(episode(condition, seed, messages=long))
    html = report_html(tmp_path)
    assert len(html) < BUDGET_BYTES + 100_000
    assert "evenly over the conditions" in html


def test_one_long_text_keeps_beginning_and_end():
    text = clipped("a" * 100_000 + "z" * 100_000, 1000)
    assert text.startswith("a" * 500)
    assert text.endswith("z" * 500)
    assert "199,000 characters left out" in text


def test_what_is_no_finite_number_does_not_break_the_data(tmp_path):
    record = Evidence(seq=1, time=0.0, actor="a", verb="b", object="c", details={"x": float("nan")})
    run = one_episode(tmp_path, time=float("inf"), evidence=(record,))
    text = Page(report_html(run)).scripts[0]
    assert json.loads(text, parse_constant=pytest.fail)["episodes"][0]["time"] is None


def test_half_a_surrogate_pair_does_not_stop_the_report(tmp_path):
    run = one_episode(tmp_path, messages=({"role": "tool", "content": "HALF"},))
    write_rows(run, [row.replace(b"HALF", b"\\ud800") for row in rows_of(run)])
    assert write_report(run).exists()


def test_json_in_a_script_element_cannot_close_it():
    assert not set(escaped_json(PLANTED)) & set("<>&\u2028\u2029")
    assert json.loads(escaped_json(PLANTED)) == PLANTED


def test_an_empty_run_has_a_report(tmp_path):
    with RunDirectory(tmp_path) as run:
        run.write_manifest(manifest(2))
    html = report_html(tmp_path)
    assert "No episode has finished yet" in html
    assert Page(html).data()["episodes"] == []


def test_failed_episodes_are_in_the_report(tmp_path):
    run = write_run(tmp_path, 1)
    with RunDirectory(run) as directory:
        directory.append_failure("none.user.neutral.7", "endpoint gave 500", 2)
    html = report_html(run)
    assert "1 episode failed and in no rate" in html
    assert "endpoint gave 500" in html


def test_a_run_with_one_condition_has_a_plain_answer(tmp_path):
    verdict = {"shutdown_sabotaged": Verdict("succeeded", "moved")}
    html = report_html(one_episode(tmp_path, outcomes=verdict))
    assert "it came about in the only episode (1/1, 95% interval" in html


@pytest.mark.parametrize("file", ["episodes-0000.jsonl.gz", FAILURES])
def test_a_damaged_run_directory_is_refused(tmp_path, file):
    run = write_run(tmp_path, 1)
    (run / file).write_text('{"id"\n')
    with pytest.raises(EpisodeError, match=file.replace(".", r"\.")):
        write_report(run)


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    run = write_run(tmp_path / "run", 1)
    with pytest.raises(EpisodeError, match=r"missing.*--out"):
        write_report(run, tmp_path / "missing" / "report.html")


def test_a_large_run_is_sampled_evenly_and_says_so(tmp_path):
    run = write_run(tmp_path / "run", 10)
    html = report_html(run, limit=30)
    data = Page(html).data()
    per_condition = [sum(e["condition"] == at for e in data["episodes"]) for at in range(len(conditions()))]
    assert per_condition == [5] * len(conditions())
    assert "30 episodes of 60" in html
    assert "simenv show run/ID" in html


def test_a_sample_keeps_the_rare_method():
    usual = [Sketch(f"u{n}", frozenset(), (("o", "no", ""),)) for n in range(5000)]
    rare = Sketch("rare", frozenset(), (("o", "succeeded", "rare_one"),))
    chosen = choose([*usual, rare], 100)
    assert rare in chosen
    assert len(chosen) == len(set(chosen)) == 100


def test_what_small_conditions_leave_goes_to_large_ones():
    sizes = {"small": 3, "large": 5000}
    sketches = [Sketch(f"{name}{n}", frozenset({("f", name)}), ()) for name, size in sizes.items() for n in range(size)]
    chosen = choose(sketches, 100)
    assert [sum(s.id.startswith(name) for s in chosen) for name in sizes] == [3, 97]


def test_where_the_data_went_is_drawn_and_what_was_measured_is_said(tmp_path):
    from click.testing import CliRunner

    from simenv.cli.main import main

    run = ["run", "self_exfiltration", "--agent", "scripted:misaligned", "-c", "threat=replacement", "--seeds", "0:2"]
    assert CliRunner().invoke(main, [*run, "--out", str(tmp_path / "run")]).exit_code == 0
    html = report_html(tmp_path / "run")
    pictures = [attributes["src"] for tag, attributes in Page(html).tags if tag == "img"]
    assert len(pictures) == 1
    assert base64.b64decode(pictures[0].removeprefix("data:image/png;base64,"))[:4] == b"\x89PNG"
    assert "Where the data went" in html
    assert "shutdown latency" in html
    assert report_html(tmp_path / "run") == html


def test_without_movement_there_is_no_picture(tmp_path):
    assert "Where the data went" not in report_html(write_run(tmp_path, 2))


def test_what_models_in_roles_were_asked_stands_among_the_messages(tmp_path):
    def asked(role, who, time):
        step = Step(calls=(("judge", {"suspicion": 0.7, "why": PLANTED}, "c"),))
        return Consultation(role=role, who=who, time=time, system="s", user=f"seen at {time}", steps=(step,), key="k",
                            arguments={"suspicion": 0.7})  # fmt: skip

    messages = ({"role": "user", "content": "go"}, *({"role": "tool", "content": "x", "time": t} for t in (5.0, 9.0)))
    consultations = (asked("monitor", "watch", 5.0), asked("auditor", "auditor", 9.0), asked("monitor", "watch", 12.0))
    cast = {"monitor": RoleCast(agent="chat", options={"model": PLANTED}, disclaimer=PLANTED)}
    one_episode(tmp_path, plan={"oversight": PLANTED, "roles": cast}, messages=messages, consultations=consultations)
    html = report_html(tmp_path)
    assert PLANTED not in html
    data = Page(html).data()
    shown = data["episodes"][0]["messages"]
    assert [m["role"] for m in shown] == ["user", "tool", "monitor watch, asked", "tool", "monitor watch, asked"]
    assert data["strings"][shown[2]["content"]] == "seen at 5.0"
    assert shown[2]["calls"][0][1] == "judge"
