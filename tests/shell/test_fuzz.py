"""Nothing that anybody types raises out of a run."""

from __future__ import annotations

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from simulated_host import AGENT, complete, make_host

from simenv.shell import COMMANDS, Shell

SETTINGS = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))

SHELLISH = st.text(alphabet=st.sampled_from(list("abx01 \n\t'\"\\$`(){}[]<>|&;!*?~#=+-/%^:,.@_")), max_size=40)
WORD = st.one_of(
    st.sampled_from(
        ["a", "$x", "${x}", '"$x"', "'q'", "*", "~", "{a,b}", "{1..3}", "$(echo a)", "`echo b`", "$((1+x))", "${x:-d}", "${x%a*}",
         "${x//a/b}", "$'\\n'", "-n", "-r", "-l", "notes.txt", "/etc", "..", "", "\\", "${#x}", "$@", "$?", "<(echo)", "${a[@]}", "-",
         "--", "s/a/b/", "[", "]", "1", "-1", "%1", "now", "+1", "$1", "é", "\U0001f600", "-exec", "{}", "\\;", "-name", "-i", "-f"]
    ),
    SHELLISH,
)  # fmt: skip
COMMAND_NAMES = sorted({*COMMANDS, "cd", "read", "set", "export", "local", "eval", "source", "trap", "shift", "unset", "alias", "type",
                        "let", "declare", "umask", "wait", "jobs", "history", "exec", "command", "return", "break", "x=1", "nosuch"})  # fmt: skip
SIMPLE = st.builds(
    lambda name, words: " ".join([name, *words]), st.sampled_from(COMMAND_NAMES), st.lists(WORD, max_size=4)
)


def compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(inner, inner)
    return st.one_of(
        st.builds(lambda p, op: f"{p[0]} {op} {p[1]}", pair, st.sampled_from(["|", "&&", "||", ";", "\n", "|&", "&"])),
        st.builds(lambda a: f"( {a} )", inner),
        st.builds(lambda a: f"{{ {a}; }}", inner),
        st.builds(lambda a: f"! {a}", inner),
        st.builds(lambda a, w: f"{a} > {w}", inner, WORD),
        st.builds(lambda a, w: f"{a} <<EOF\n{w}\nEOF\n", inner, WORD),
        st.builds(lambda p: f"if {p[0]}; then {p[1]}; fi", pair),
        st.builds(lambda a, w: f"for x in {w}; do {a}; done", inner, WORD),
        st.builds(lambda p: f"while {p[0]}; do {p[1]}; break; done", pair),
        st.builds(lambda a, w: f"case {w} in {w}) {a};; *) {a};; esac", inner, WORD),
        st.builds(lambda p: f"f() {{ {p[0]}; }}; f {p[1]}", pair),
        st.builds(lambda a: f"x=$({a})", inner),
        st.builds(lambda w: f"[[ {w} == {w} && -f {w} ]]", WORD),
    )


SCRIPT = st.recursive(SIMPLE, compound, max_leaves=6)


@SETTINGS
@given(st.one_of(st.text(max_size=80), SHELLISH))
@example("{\U000e1481\x81\x93")  # crashed the process inside tree-sitter's scanner
@example("x=$([ <<0\n)")
def test_random_text_never_raises(text: str) -> None:
    done = complete(Shell(make_host(), AGENT), text, "line one\nline two\n")
    assert isinstance(done.output, str)
    assert 0 <= done.code <= 255


@SETTINGS
@given(SCRIPT)
def test_random_scripts_never_raise(script: str) -> None:
    done = complete(Shell(make_host(), AGENT), script, "line one\nline two\n", most=100_000)
    assert isinstance(done.output, str)
    assert 0 <= done.code <= 255


@settings(SETTINGS, max_examples=60)
@given(SCRIPT)
def test_a_script_gives_the_same_journal_twice(script: str) -> None:
    digests = set()
    for _ in range(2):
        host = make_host()
        complete(Shell(host, AGENT), script, "input\n")
        digests.add(host.sim.journal.digest())
    assert len(digests) == 1


@SETTINGS
@given(st.text(alphabet="ab.*+?()[]|^${}\\1-", max_size=12), st.text(alphabet="ab1 ", max_size=20))
def test_random_patterns_never_raise(pattern: str, text: str) -> None:
    shell = Shell(make_host(), AGENT, env={"P": pattern, "T": text})
    complete(
        shell,
        'echo "$T" | grep -e "$P"; echo "$T" | grep -oE "$P"; echo "$T" | sed "s/$P/x/g"; echo "${T//$P/x}" "${T%%$P}"',
    )
