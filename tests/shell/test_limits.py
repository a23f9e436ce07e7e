"""Whatever a script does, the real process spends little time and memory on it."""

from __future__ import annotations

import time

import pytest
from simulated_host import AGENT, complete, make_host

from simenv.shell import Shell
from simenv.shell.pattern.regex import compile_glob, compile_regex


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("while :; do :; done", "too many commands"),
        ("f() { f; }; f", "maximum nesting level"),
        ("f() { echo $(f); }; f", "maximum nesting level"),
        ("echo ./s > s; chmod +x s; ./s", "maximum nesting level"),
        ("echo '#!./s' > s; chmod +x s; ./s", ""),
        ("x=a; while :; do x=$x$x; done", "value too long"),
        ("seq 100000 > f; while :; do cat f >> g; done", "No space left"),
        ("while :; do seq 100000 > /dev/null; done", "too much work"),
        ("while :; do sleep 1; done", "too many commands"),
        (":(){ :|:& };:", ""),
        ("while :; do sleep 1000 & done", "Resource temporarily unavailable"),
        ("while :; do echo true | at now; done", "Too many jobs"),
        ("seq 10000000", "too many numbers"),
        ("echo {1..99999999}", "brace expansion too large"),
        ("echo {1..1000}{1..1000}", "brace expansion too large"),
        ("echo " + "{a," * 5000, "{a,"),
        ("x=(" * 5000, "syntax error"),
        ("echo $((" + "(" * 5000 + "1" + ")" * 5000 + "))", "syntax error"),
        ("printf '%99999999d' 1", "field width or precision too large"),
        ("echo 'at now -f s' > s; at now -f s; sleep 30", "job 1"),
        ("sed ':a;s/x/xx/;ta' <<< x", "too much work"),
        ("while :; do mkdir d; cd d; done", "File name too long"),
        ("echo $((2**63)) $((1<<99999)) $((9**99))", "-9223372036854775808"),
        ("ln -s / root; grep -r zzz root/; cp -r root/ copy", "into itself"),
        ("for ((i=0;i<20000;i++)); do a+=($i); done", "too many commands"),
    ],
)  # fmt: skip
def test_a_runaway_script_is_stopped(script, message):
    start = time.process_time()
    done = complete(Shell(make_host(), AGENT), script)
    assert message in done.output
    assert time.process_time() - start < 20
    assert len(done.output) < 300_000


def test_output_is_cut_and_says_so(run):
    done = run("seq 100000; echo end")
    assert done.output.endswith("[output truncated after 200000 characters]\n")


@pytest.mark.parametrize(
    "pattern",
    ["(a*)*b", "(a|a)*b", "(a|aa)+$b", "a*a*a*a*a*a*b", "(.*)(.*)(.*)(.*)x", "(a?){50}a{50}b", "((a{1,9}){1,9}){1,9}b"],
)
def test_no_pattern_backtracks_for_long(pattern):
    """Twice the text takes at most some eight times the work; backtracking would take a power of two of it."""
    regex = compile_regex(pattern, extended=True)

    def work(length):
        start = time.process_time()
        assert regex.search("a" * length) is None
        return time.process_time() - start

    assert work(800) < 8 * max(work(400), 0.01)


def test_a_glob_with_many_stars_is_quick():
    start = time.process_time()
    assert not compile_glob("*a*a*a*a*a*a*b").matches("a" * 5000)
    assert time.process_time() - start < 5
