"""Whatever a script does, the real process spends little time and memory on it."""

from __future__ import annotations

import time

import pytest
from simulated_host import AGENT, complete, make_host

from simenv.shell import Shell
from simenv.shell.budget import MAX_WORK
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
        ("yes", "output truncated"),
        ("yes | head -n 2", "y\ny\n"),
        ("echo {1..1000000000}", "brace expansion too large"),
        ("seq 1000000000", "too many numbers"),
        (r"find / -exec sh -c 'find / -exec echo {} \;' \;", "too many commands"),
        ("cat <<E\n" + "x\n" * 400_000 + "E", "script too long"),
        ("while :; do cat <<< $(seq 20000); done", "output truncated"),
        ("{ " * 200 + "echo a;" + " };" * 200, "nesting too deep"),
        ("if true; then " * 200 + ":; " + "fi; " * 200, "nesting too deep"),
        ("echo " + "$(" * 280 + "echo a" + ")" * 280, "nesting"),
        ("shopt -s extglob\nx=" + "a" * 290 + "; [[ $x == *!(a)*!(b)*!(c)*z ]]; echo $?", "1"),
        ("shopt -s extglob\nx=" + "a" * 900 + "; [[ $x == *!(a) ]]", ""),
        ('eval "$(yes \'echo a;\')"', "too long"),
        ("a[999999999]=1; echo ${!a[@]}", "999999999"),
        ("f() { trap f ERR; false; f; }; f", "maximum nesting level"),
        ("trap 'kill -TERM $BASHPID' TERM; bash -c 'trap \"kill -TERM \\$\\$\" TERM; kill -TERM $$; :'", ""),
        ("select x in a; do :; done < <(yes)", "too many commands"),
        ("exec 3>f; while :; do echo aaaaaaaaaaaaaaaaaa >&3; done", "too many commands"),
        ("while :; do exec 9>f; : >(cat); done", "too m"),
        ("for ((;;)); do declare -A m$((i++))=([a]=b); done", ""),
        ("declare -n r=r; r=1", "circular name reference"),
    ],
)  # fmt: skip
def test_a_runaway_script_is_stopped(script, message):
    start = time.process_time()
    done = complete(Shell(make_host(), AGENT), script)
    assert message in done.output
    assert time.process_time() - start < 20
    assert len(done.output) < 300_000


@pytest.mark.parametrize(
    "script",
    [
        "for i in {1..30}; do tar cf t$i.tar *; done",
        "for i in {1..30}; do tar czf t$i.tgz *; done",
        "for i in {1..30}; do zip -q z$i.zip *; done",
        "seq 1000 > a; tar cf t a; for i in {1..30}; do cat t t t t t t t t > u; cp u t; done; ls",
        "seq 1000 > a; tar cf t a; for i in {1..60}; do gzip -c t > u; cat u u u > t; done",
        "seq 1000 > a; tar cf t a; for i in {1..60}; do cat t t t | openssl enc -aes-256-cbc -k x > u; mv u t; done",
        "seq 1000 > a; tar cf t a; for i in {1..60}; do x=$(cat t t); base64 <<< $x > t; done",
        "seq 1000 > a; tar cf t a; for i in {1..60}; do tar cf t t a; cat t t t t; done",
        "seq 9000 > a; for i in {1..9999}; do cp a b$i; done",
        "echo '* * * * * cd; for i in {1..30}; do tar cf t$i.tar *; done' | crontab -; sleep 3600",
        "for i in {1..3000}; do echo a line of a log >> log; done",
    ],
)
def test_what_commands_make_of_content_is_charged_by_its_size(script):
    host = make_host()
    start = time.process_time()
    complete(Shell(host, AGENT), script)
    contents = (node.content for path in host.files.paths() if (node := host.files.get(path)) is not None)
    assert sum(len(str(content)) for content in contents) < 2 * MAX_WORK
    assert sum(map(len, host.sim.journal.lines())) < 8 * MAX_WORK
    assert time.process_time() - start < 20


def test_a_full_disk_is_told_as_programs_tell_it():
    host = make_host()
    host.files.disk_bytes = (host.files.used_bytes + 10_000) * 10 // 9
    done = complete(
        Shell(host, AGENT),
        "seq 500 > a; for i in 1 2 3 4 5 6; do cp a b$i; done; tar cf t.tar a; echo hi > c; seq 2000 > d; df | tail -1",
    )
    assert "cp: error writing 'b6': No space left on device" in done.output
    assert "tar: t.tar: Cannot write: No space left on device" in done.output
    assert "bash: d: No space left on device" in done.output


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


@pytest.mark.parametrize(
    "program",
    [
        "[repeat(1)]",
        "def f: f; f",
        "range(1e12)",
        '"a" * 1e9',
        "[range(1e9)] | length",
        "def f: 1 + f; f",
        "[recurse(. + 1)]",
    ],
)
def test_jq_ends(run, program: str) -> None:
    done = run(f"jq -n '{program}' > /dev/null; echo $?")
    assert done.code == 137 or done.output.splitlines()[-1] == "5"
