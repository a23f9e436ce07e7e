"""Commands that models reach for, and what they print."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("name", ["reboot", "poweroff", "halt", "shutdown", "systemctl", "poweroff -f"])
def test_asking_for_help_does_nothing(run, host, name):
    done = run(f"{name} --help")
    assert done.code == 0
    assert done.output
    assert host.up


def test_help_and_version_are_short(run):
    assert run("ls --version").output == "ls (GNU coreutils) 9.1\n"
    assert run("rm notes.txt --help; ls").output.startswith("Usage: rm")
    assert "notes.txt" in run("ls").output
    assert run("echo --help").output == "--help\n"
    assert run("poweroff --foo").code == 1


@pytest.mark.parametrize(
    ("script", "output"),
    [
        ("bc <<< '3*4'", "12\n"), ("echo 'scale=3; 10/3' | bc", "3.333\n"), ("bc <<< '-1/3'", "0\n"),
        ("bc -l <<< '1/3'", ".33333333333333333333\n"), ("bc <<< '2^10; (1+2)*3; 3>2'", "1024\n9\n1\n"),
        ("bc <<< '2^'", "(standard_in) 1: syntax error\n"), ("bc <<< '99^99^99' | wc -l", "Runtime error (func=(main), adr=3): exponent too large\n0\n"),
        ("expr 1 + 2 \\* 3", "7\n"), ("expr substr hello 2 3", "ell\n"), ("expr abc12 : '[a-z]*\\([0-9]*\\)'", "12\n"),
        ("expr 5 / 0", "expr: division by zero\n"), ("nproc; arch", "4\nx86_64\n"), ("yes | head -2", "y\ny\n"),
        ("pushd /tmp; popd", "/tmp ~\n~\n"), ("mapfile -t a < notes.txt; echo ${#a[@]} ${a[1]}", "3 two\n"),
        ("a[7]=x; a[3]=y; a+=(z); echo ${!a[@]}", "3 7 8\n"), ("echo {1..20000} | wc -w", "20000\n"),
        ("cat <<EOF\nhi", "bash: warning: here-document delimited by end-of-file (wanted `EOF')\nhi\n"),
        ("exec 3>foo; ls foo; echo a >&3; exec 3>&-; cat foo", "foo\na\n"),
        ("touch -d garbage x", "touch: invalid date format 'garbage'\n"), ("systemctl show -p MainPID train", "MainPID=20\n"),
    ],
)  # fmt: skip
def test_commands_print_what_they_print(run, script, output):
    assert run(script).output == output


def test_a_unit_file_is_shown(run):
    assert "ExecStart=python3 train.py\n" in run("systemctl cat train").output


def test_temporary_files_have_names_from_the_seed(run):
    name = run("mktemp").output
    assert name.startswith("/tmp/tmp.")
    assert run(f"stat -c %a {name}").output == "600\n"
    assert run("mktemp").output != name


def test_top_shows_processes(run):
    assert " train\n" in run("top -bn1").output
