"""What a session keeps, resolves and journals, and how it ends."""

from __future__ import annotations

from simulated_host import ADMIN, AGENT, complete, make_host

from simenv.machine.nodes import Node
from simenv.shell import Completed, Invocation, Shell


def verbs(host):
    return [record.verb for record in host.sim.journal]


def details(host, verb):
    return [record.details for record in host.sim.journal if record.verb == verb]


def test_a_session_keeps_variables_directory_functions_and_code(run):
    run("x=5; cd /etc; f() { echo f$x; }; false")
    assert run('echo $?; f; pwd; x=6; echo "$x"').output == "1\nf5\n/etc\n6\n"


def test_the_environment_is_that_of_a_login(run):
    assert (
        run("echo $HOME $USER $LOGNAME $SHELL $PWD $HOSTNAME").output
        == "/home/agent agent agent /bin/bash /home/agent workstation\n"
    )


def test_both_outputs_come_in_order(run):
    assert run("echo a; nosuch; echo b") == Completed("a\nbash: nosuch: command not found\nb\n", 0)


def test_an_unknown_command_is_journaled(run, host):
    assert run("frobnicate now").code == 127
    assert details(host, "shell.unknown") == [{"command": "frobnicate now", "cwd": "/home/agent"}]


def test_what_a_program_that_changes_things_failed_to_do_is_journaled(run, host):
    run("rm nosuch; grep x nosuch; echo x > /nodir/y; shutdown -c")
    calls = [(each["command"], each["code"]) for each in details(host, "shell.failed")]
    assert calls == [("rm nosuch", 1), ("'>' /nodir/y", 1), ("shutdown -c", 0)]


def test_unsupported_syntax_is_journaled_and_not_run(run, host):
    done = run("echo before\ncoproc cat")
    assert (done.output.partition("\n")[0], done.code) == ("before", 2)
    assert details(host, "shell.unsupported")[0]["construct"] == "coproc"


def test_a_syntax_error_has_code_2(run):
    assert run("echo a | | b").code == 2
    assert "syntax error near unexpected token" in run("echo )").output


def test_aliases_work_in_the_session_but_not_in_scripts(run, shell, host):
    run("alias say='echo said'; alias ll='ls -l | cat'")
    assert run("say hi").output == "said hi\n"
    assert "notes.txt" in run("ll").output
    assert run("bash -c 'say hi'").code == 127
    assert shell.resolve("say").kind == "alias"
    assert host.sim.journal[shell.resolve("say").record].details == {"name": "say", "text": "echo said"}
    assert run("\\say hi").code == 127


def test_an_alias_of_itself_ends(run):
    run("alias echo='echo -n'")
    assert run("echo a").output == "a"


def test_resolution_prefers_alias_then_function_then_builtin_then_path(run, shell):
    assert shell.resolve("echo").kind == "builtin"
    assert shell.resolve("cat") == ("file", "/usr/bin/cat", -1)
    run("cat() { echo mine; }")
    assert shell.resolve("cat").kind == "function"
    assert run("cat notes.txt").output == "mine\n"
    assert run("command cat notes.txt").output == "one\ntwo\nthree\n"
    run("alias cat=echo")
    assert shell.resolve("cat").kind == "alias"
    assert shell.resolve("nosuch") is None


def test_a_script_put_first_on_path_shadows_a_program(run, shell, host):
    run("mkdir bin; echo 'echo shadow' > bin/ls; chmod +x bin/ls; PATH=$HOME/bin:$PATH")
    assert run("ls").output == "shadow\n"
    found = shell.resolve("ls")
    assert found.path == "/home/agent/bin/ls"
    assert host.sim.journal[found.record].verb in ("file.write", "file.mode")


def test_a_removed_program_is_not_found(run, host, shell):
    host.files.remove("/usr/bin/wc", ADMIN._replace(user="root"))
    assert run("wc notes.txt").code == 127


def test_a_worlds_program_runs_and_may_take_time():
    def train(inv: Invocation):
        yield 30.0
        inv.out(f"trained {inv.argv[1]} as {inv.account.user} in {inv.cwd}\n")
        return 4

    host = make_host({"/opt/train": Node("file", "root", "root", 0o755, "binary", program="train")})
    host.programs = {**host.programs, "train": train}
    assert complete(Shell(host, AGENT), "/opt/train big") == Completed("trained big as agent in /home/agent\n", 4)
    assert host.sim.now == 30.0


def test_sleep_takes_simulated_time(run, host):
    run("sleep 5; sleep 1.5m")
    assert host.sim.now == 95.0


def test_a_child_inherits_exported_variables_only(run):
    assert run("a=1; export b=2; f() { :; }; bash -c 'echo $a-$b; type f'").output.startswith("-2\n")


def test_files_are_refused_by_permission(run):
    assert run("cat /home/admin/secret") == Completed("cat: /home/admin/secret: Permission denied\n", 1)
    assert run("echo x > /etc/motd") == Completed("bash: /etc/motd: Permission denied\n", 1)
    assert run("touch gone > /etc/new; ls gone").code == 2


def test_a_redirect_is_one_record(run, host):
    run("echo hello > f")
    assert [(r.verb, r.details["content"]) for r in host.sim.journal] == [("file.write", "hello\n")]


def test_a_redirect_empties_the_file_before_the_command_reads_it(run):
    assert run("sort notes.txt > notes.txt; wc -c < notes.txt").output == "0\n"


def test_sudo_is_for_the_sudo_group(run, host):
    assert run("sudo cat /root") == Completed("agent is not in the sudoers file.\n", 1)
    admin = Shell(host, ADMIN)
    assert complete(admin, "sudo whoami; sudo -u agent whoami; whoami").output == "root\nagent\nadmin\n"
    assert [d["allowed"] for d in details(host, "shell.sudo")] == [False, True, True]
    complete(admin, "sudo touch /etc/by-root")
    assert host.sim.journal[-1].actor == "admin"


def test_switching_off_stops_the_script(host):
    done = complete(Shell(host, ADMIN), "echo a; sudo poweroff; echo b")
    assert done == Completed("a\n", 143)
    assert not host.up
    assert complete(Shell(host, ADMIN), "echo x > f").code == 143


def test_switching_off_while_it_sleeps_stops_the_script(shell, host):
    behaviour = shell.run("sleep 10; echo late")
    assert next(behaviour) == 10.0
    host.power_off(ADMIN._replace(user="root"))
    try:
        next(behaviour)
    except StopIteration as stop:
        assert stop.value == Completed("", 143)


def test_a_killed_session_stops(host):
    process = host.start("bash", "agent", "-bash")
    shell = Shell(host, AGENT, pid=process.pid)
    assert complete(shell, "echo a; kill -9 $$; echo b") == Completed("a\n", 143)


def test_a_background_job_runs_while_time_passes(run, host):
    assert run("for i in 1 2 3; do echo $i; sleep 1; done > log & echo started").output == "[1] 21\nstarted\n"
    assert run("sleep 1.5; cat log").output == "1\n2\n"
    assert "for i in" in run("jobs").output
    assert run("wait; cat log; jobs").output == "1\n2\n3\n"
    assert 21 not in host.processes


def test_a_killed_background_job_does_nothing_more(run):
    run("(sleep 5; echo done > f) & sleep 1; kill %1; sleep 10")
    assert run("ls f").code == 2


def test_exit_ends_the_run_and_set_e_with_it(run):
    assert run("set -e; false; echo no") == Completed("", 1)
    assert run("false; echo still here").output == "still here\n"


def test_standard_input_feeds_the_script(run):
    assert run("read x; echo got $x; cat", "first\nsecond\n").output == "got first\nsecond\n"


def test_history_lists_the_runs(run):
    run("echo a")
    assert run("history").output == "    1  echo a\n    2  history\n"


def test_xtrace_shows_commands(run):
    assert run("set -x; echo 'a b'").output == "+ echo 'a b'\na b\n"


def test_text_beyond_ascii_is_text(run):
    assert run("{\U000e1481\x81\x93").code in (2, 127)
    assert run("echo héllo 日本 '→' | grep -o 日本").output == "日本\n"
