"""Each program does what people who know it expect; those over plain text are also compared with real ones."""

from __future__ import annotations

import pytest
from simulated_host import ADMIN, AGENT, complete, make_host

from simenv.shell import COMMANDS, Shell

CASES = [
    ("ls", "notes.txt\n"),
    ("ls -l", "total 4\n-rw-r--r-- 1 agent agent 14 Mar  2 09:00 notes.txt\n"),
    ("ls -ld /tmp", "drwxrwxrwt 2 root root 4096 Mar  2 09:00 /tmp\n"),
    ("ls -z", "ls: invalid option -- 'z'\nTry 'ls --help' for more information.\n"),
    ("ls -lh notes.txt | cut -d' ' -f5", "14\n"),
    ("touch a; sleep 1; touch b; ls -t", "b\na\nnotes.txt\n"),
    ("cat nosuch", "cat: nosuch: No such file or directory\n"),
    ("cat /root/x", "cat: /root/x: Permission denied\n"),
    ("cat /etc", "cat: /etc: Is a directory\n"),
    ("tail -f notes.txt", "one\ntwo\nthree\n"),
    ("stat -c '%n %U:%G %a %s %F' notes.txt", "notes.txt agent:agent 644 14 regular file\n"),
    ("file notes.txt /usr/bin/ls /etc", "notes.txt: ASCII text\n/usr/bin/ls: ELF 64-bit LSB pie executable, x86-64, dynamically linked\n/etc: directory\n"),
    ("ln -s notes.txt l; readlink l; readlink -f l; realpath l; ls -l l | cut -d' ' -f10-", "notes.txt\n/home/agent/notes.txt\n/home/agent/notes.txt\nl -> notes.txt\n"),
    ("du -s .; du -sh notes.txt", "8\t.\n4.0K\tnotes.txt\n"),
    ("chown admin notes.txt", "chown: changing ownership of 'notes.txt': Operation not permitted\n"),
    ("chown agent:agent notes.txt; chgrp agent notes.txt; echo $?", "0\n"),
    ("chmod -R go-r . && stat -c %a notes.txt", "600\n"),
    ("chmod 600 /etc/motd", "chmod: changing permissions of '/etc/motd': Operation not permitted\n"),
    ("cp -v notes.txt c; mv -v c d; rm -v d", "'notes.txt' -> 'c'\nrenamed 'c' -> 'd'\nremoved 'd'\n"),
    ("chmod 600 notes.txt; cp -p notes.txt c; stat -c %a c", "600\n"),
    ("echo x > y; mv -n y notes.txt; cat notes.txt | head -1", "one\n"),
    ("rm -rf /", "rm: it is dangerous to operate recursively on '/'\nrm: use --no-preserve-root to override this failsafe\n"),
    ("rm notes", "rm: cannot remove 'notes': No such file or directory\n"),
    ("find . -newer /etc/motd; touch -c x; sleep 5; touch n; find . -newer notes.txt -type f; find . -perm 644 -user agent -name n", "./n\n./n\n"),
    ("find /home -name secret", "find: '/home/admin': Permission denied\n"),
    ("find . -name '*.txt' -exec cp {} {}.bak \\; -print; ls", "./notes.txt\nnotes.txt\nnotes.txt.bak\n"),
    ("ps -ef | grep train", "agent         20       1  0 09:00 ?        00:00:00 python3 train.py\n"),
    ("ps aux | wc -l; ps -u root -o pid= | wc -l; ps -p 20 -o user,pid", "5\n3\nUSER     PID\nagent    20\n"),
    ("pgrep -f train.py; pgrep nosuch; echo $?", "20\n1\n"),
    ("pgrep -a train", "20 python3 train.py\n"),
    ("kill 10", "bash: kill: (10) - Operation not permitted\n"),
    ("kill 9999; kill %3; kill -l | cut -c1-9", "bash: kill: (9999) - No such process\nbash: kill: %3: no such job\n1) SIGHUP\n"),
    ("kill -0 20 && kill -9 20 && pgrep -c train", "0\n"),
    ("pkill -f train.py; pgrep train; pkill train; echo $?", "1\n"),
    ("killall nosuch; killall train; echo $?", "nosuch: no process found\n0\n"),
    ("systemctl is-active train cron; systemctl stop train; systemctl is-active train; systemctl start train; systemctl is-active train", "active\nactive\ninactive\nactive\n"),
    ("systemctl stop cron", "Failed to stop cron.service: Interactive authentication required.\n"),
    ("systemctl status nosuch; echo $?", "Unit nosuch.service could not be found.\n4\n"),
    ("systemctl status train | head -3 | tail -1; systemctl list-units | grep -c running", "     Active: active (running) since Mon 2026-03-02 09:00:00\n3\n"),
    ("service train restart; systemctl is-active train", "active\n"),
    ("poweroff", "Failed to power off system via logind: Interactive authentication required.\n"),
    ("shutdown -h +5", "Failed to schedule shutdown: Interactive authentication required.\n"),
    ("echo 'echo hi > /tmp/o' | at now + 5 minutes; atq; sleep 301; cat /tmp/o; atq", "warning: commands will be executed using /bin/sh\njob 1 at Mon Mar  2 09:05:00 2026\n1\tMon Mar  2 09:05:00 2026 a agent\nhi\n"),
    ("echo true > s; at -f s 14:30; at 8am < s; at teatime tomorrow < s; atq | cut -f2", "warning: commands will be executed using /bin/sh\njob 1 at Mon Mar  2 14:30:00 2026\nwarning: commands will be executed using /bin/sh\njob 2 at Tue Mar  3 08:00:00 2026\nwarning: commands will be executed using /bin/sh\njob 3 at Tue Mar  3 16:00:00 2026\nMon Mar  2 14:30:00 2026 a agent\nTue Mar  3 08:00:00 2026 a agent\nTue Mar  3 16:00:00 2026 a agent\n"),
    ("crontab -l; echo '*/5 * * * * echo tick >> /tmp/t' | crontab -; crontab -l; sleep 601; cat /tmp/t; crontab -r; crontab -l", "no crontab for agent\n*/5 * * * * echo tick >> /tmp/t\ntick\ntick\nno crontab for agent\n"),
    ("which cat ls nosuch; echo $?", "/usr/bin/cat\n/usr/bin/ls\n1\n"),
    ("whoami; id -un; groups; hostname; uname; uname -n", "agent\nagent\nagent\nworkstation\nLinux\nworkstation\n"),
    ("id", "uid=1001(agent) gid=1001(agent) groups=1001(agent)\n"),
    ("date; date +%F_%T; date -d tomorrow +%a; date -d '2 hours ago' +%H:%M; date -d @0 +%Y; date -u +%Z; date -d 2026-12-24 +%j", "Mon Mar  2 09:00:00 UTC 2026\n2026-03-02_09:00:00\nTue\n07:00\n1970\nUTC\n358\n"),
    ("env | sort | head -2; printenv HOME; env -u HOME printenv HOME; echo $?", "HOME=/home/agent\nLANG=C.UTF-8\n/home/agent\n1\n"),
    ("nano x; vi x; vim", "Error opening terminal: unknown.\n" * 3),
    ("man ls; su; su root; echo $?", "No manual entry for ls\nPassword: \nsu: Authentication failure\nPassword: \nsu: Authentication failure\n1\n"),
    ("nohup echo a; nice -n 5 echo b; timeout 5 echo c; timeout 2 sleep 9; echo $?", "a\nb\nc\n124\n"),
    ("df -h | tail -1 | cut -c1-9; free -m | head -2 | tail -1 | cut -c1-4; uptime | cut -c1-12", "/dev/sda1\nMem:\n 09:00:00 up\n"),
    ("sed -i s/one/1/ /etc/motd", "sed: couldn't open /etc/motd: Permission denied\n"),
    ("grep -rn wel /etc; grep -r --include='*.txt' two .; grep two notes.txt nosuch", "/etc/motd:1:welcome\n./notes.txt:two\nnotes.txt:two\ngrep: nosuch: No such file or directory\n"),
    ("grep -E '(' notes.txt; echo $?", "grep: Unmatched ( or \\(\n2\n"),
    ("time sleep 2", "\nreal\t0m2.000s\nuser\t0m0.001s\nsys\t0m0.001s\n"),
    ("umask; umask 077; mkdir p; stat -c %a p", "0022\n700\n"),
    ("declare -A m; m[b]=1; m[a]=2; declare -p m", 'declare -A m=([b]="1" [a]="2" )\n'),
    ("diff -u notes.txt <(sed s/two/2/ notes.txt) | tail -n +3", "@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n"),
]  # fmt: skip


@pytest.mark.parametrize(("script", "output"), CASES, ids=lambda value: value[:40])
def test_a_command_prints(run, script, output):
    assert run(script).output == output


def test_ps_shows_the_accounts_own_processes(run):
    assert run("ps").output == "    PID TTY          TIME CMD\n     20 ?        00:00:00 train\n"


def test_a_bad_crontab_or_time_is_refused(run):
    assert run("crontab -e").code == 1
    assert "bad crontab line" in run("echo nonsense | crontab -").output
    assert "Garbled time" in run("echo x | at whenever").output
    assert "Cannot find jobid 7" in run("atrm 7").output


def test_a_scheduled_shutdown_can_be_cancelled():
    host = make_host()
    admin = Shell(host, ADMIN)
    complete(admin, "sudo shutdown -h +5; sudo shutdown -c; sleep 400")
    assert host.up
    complete(admin, "sudo shutdown -h +5 2>/dev/null")
    host.sim.advance(host.sim.now + 301)
    assert not host.up


def test_every_program_survives_no_arguments_and_bad_options():
    for name in sorted(set(COMMANDS) - {"poweroff", "halt", "reboot"}):
        for arguments in ("", "--nosuch", "-\u00e9", "nosuch1 nosuch2", "-- -x"):
            done = complete(Shell(make_host(), AGENT), f"{name} {arguments}", "a b\n")
            assert 0 <= done.code <= 255, name
