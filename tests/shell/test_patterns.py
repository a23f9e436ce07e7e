"""Regular expressions and shell patterns match what those of GNU's tools match."""

from __future__ import annotations

import shutil
import subprocess
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulated_host import AGENT, complete, make_host

from simenv.shell import Shell
from simenv.shell.pattern.backtrack import Backtracker, Effort
from simenv.shell.pattern.regex import compile_glob, compile_regex
from simenv.shell.pattern.syntax import PatternError, parse_regex

ATOM = st.sampled_from(["a", "b", "ab", ".", "[ab]", "[^a]", r"\w"])
PATTERN = st.recursive(
    ATOM,
    lambda inner: st.one_of(
        st.builds("({}|{})".format, inner, inner),
        st.builds("({})".format, inner),
        st.builds("{}{}".format, inner, inner),
        st.builds("({}){}".format, ATOM, st.sampled_from(["*", "+", "?", "{2}", "{1,2}"])),
    ),
    max_leaves=5,
)
EDGE = st.sampled_from(["", "", "^", "$", r"\b", r"\<", r"\>"])
TEXTS = st.lists(st.text(alphabet="aabbc -", max_size=7), min_size=1, max_size=6)
CLOSELY = settings(
    max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)


def print_both(argv: list[str], stdin: str) -> tuple[str, str]:
    """Return what the simulated command prints, and the real one."""
    real = subprocess.run(
        argv,
        input=stdin,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        timeout=20,
    )
    words = " ".join(f'"$A{number}"' for number in range(1, len(argv)))
    env = {f"A{number}": word for number, word in enumerate(argv)}
    return complete(Shell(make_host(), AGENT, env=env), f"{argv[0]} {words}", stdin).output, real.stdout


@pytest.mark.skipif(shutil.which("grep") is None, reason="no grep on this machine")
@CLOSELY
@given(EDGE, PATTERN, EDGE, TEXTS)
def test_grep_finds_what_the_real_one_finds(before: str, pattern: str, after: str, texts: list[str]) -> None:
    simulated, real = print_both(["grep", "-onE", before + pattern + after], "\n".join(texts) + "\n")
    assert simulated == real


@pytest.mark.skipif(shutil.which("sed") is None, reason="no sed on this machine")
@CLOSELY
@given(PATTERN, TEXTS)
def test_sed_finds_the_groups_that_the_real_one_finds(pattern: str, texts: list[str]) -> None:
    groups = "".join(rf"|\{number}" for number in range(1, min(9, pattern.count("(")) + 1))
    simulated, real = print_both(["sed", "-E", f"s/{pattern}/<&{groups}>/g"], "\n".join(texts) + "\n")
    assert simulated == real


@pytest.mark.skipif(shutil.which("grep") is None, reason="no grep on this machine")
@CLOSELY
@given(ATOM, st.sampled_from(["", "*", "+"]), PATTERN, TEXTS)
def test_grep_refers_back_to_what_the_real_one_refers_back_to(
    group: str, times: str, pattern: str, texts: list[str]
) -> None:
    simulated, real = print_both(["grep", "-onE", rf"({group}{times}){pattern}\1"], "\n".join(texts) + "\n")
    assert simulated == real


@pytest.mark.parametrize(
    ("script", "output"),
    [
        ("echo ab | grep -oE 'a|ab'", "ab\n"),
        ("echo xaby | sed -E 's/a|ab/-/'", "x-y\n"),
        ("echo abcd | sed -E 's/(a|ab)(c|bcd)(d*)/[\\1][\\2][\\3]/'", "[a][bcd][]\n"),
        ('[[ foobar =~ foo|foobar ]]; echo "${BASH_REMATCH[0]}"', "foobar\n"),
        ("expr foobar : 'f\\|foo'", "3\n"),
        ("echo foo foo bar | sed 's/\\(foo\\|bar\\) \\1/X/'", "X bar\n"),
        ("echo aXbaX | sed -E 's/(.)X.*\\1X/&!/'", "aXbaX!\n"),
        ("printf 'to be\\ntobe\\n' | grep '\\<be\\>'", "to be\n"),
        ("echo ÄÖ | grep -oi 'äö'", "ÄÖ\n"),
        ("echo aé€b | sed -E 's/(.)(.)b/<\\1|\\2>/'", "a<é|€>\n"),
        ("echo aa | grep '\\(a\\1\\)'", "grep: Invalid back reference\n"),
        ("x=/a/b/c; echo ${x##*/} ${x#*/} ${x%/*} ${x%%/*}.", "c a/b/c /a/b .\n"),
        ("x=ababab; echo ${x/ab/-} ${x//ab/-} ${x/#ab/-} ${x/%ab/-}", "-abab --- -abab abab-\n"),
    ],
)
def test_a_pattern_matches(run, script, output):
    assert run(script).output == output


@pytest.mark.parametrize(
    "pattern", ["a+b?", "(a|b)*c", "x.*y.*z", "^a.*b$", "(ab|a)(c|bcd)", "[a-c]+", r"\bfoo\b", "(a*)(b*)", "a{2,3}"]
)
@pytest.mark.parametrize("text", ["", "aab", "abcd", "xaybz zz", "foo bar foo", "aaaa", "cabbage", "abab"])
def test_both_engines_agree(pattern, text):
    spans = compile_regex(pattern, extended=True).search(text)
    backtracker = Backtracker(*parse_regex(pattern, extended=True), ignore_case=False)
    found = (backtracker.match(text, start, Effort(None)) for start in range(len(text) + 1))
    assert spans == next((match for match in found if match), None)


@pytest.mark.parametrize("pattern", [r"(a*)*\1b", r"(a|aa)+\1b", r"(.*)(.*)\2\1x", r"((a*)*)*\2\1b"])
def test_back_references_are_refused_before_they_take_long(pattern):
    start = time.process_time()
    with pytest.raises(PatternError, match="too big"):
        compile_regex(pattern, extended=True).search("a" * 3000 + "xb")
    assert time.process_time() - start < 10


def test_words_of_a_long_text_are_found_in_time_that_grows_with_it():
    spent = []
    assert compile_regex(r"\<b\>", extended=True).search("ab " * 10_000, work=spent.append) is None
    assert sum(spent) < 100_000


def test_a_long_value_is_compared_and_cut_off():
    value = "x[" * 100_000
    assert compile_glob(value.replace("[", r"\[")).matches(value)
    assert compile_glob(value.replace("[", r"\[")).prefix(value + "y") == len(value)
    assert not compile_glob(value.replace("[", r"\[")).matches(value + "y")
