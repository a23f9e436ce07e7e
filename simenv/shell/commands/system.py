"""Programs about the machine, and its users: whoami, id, uname, env, df, sudo, bash, which."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping

from simenv.machine.content.placeholders import has_placeholders
from simenv.machine.identity import ROOT
from simenv.machine.numbers import user_number
from simenv.machine.program import Program
from simenv.shell.errors import UsageFault
from simenv.shell.invocation import Invocation
from simenv.shell.options import Spec
from simenv.shell.state import Session, Settings

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)\Z", re.S)
_SUDO_GROUPS = ("sudo", "wheel")


def whoami(inv: Invocation) -> int:
    """Print the user."""
    inv.out(inv.account.user + "\n")
    return 0


def id_(inv: Invocation) -> int:
    """Print user and groups: ``-u -g -G``, with ``-n`` as names."""
    given, operands = inv.options(Spec("ugGnr", "", "user:u group:g groups:G name:n"))
    account = inv.host.account(operands[0]) if operands else inv.account
    user = account.user
    if operands and user != ROOT and user not in inv.host.plan.accounts:
        raise UsageFault(f"id: '{user}': no such user")
    number = user_number(inv.host.plan, user)
    groups = list(dict.fromkeys([*account.groups, user] if not account.groups else account.groups))
    if "u" in given:
        inv.out(f"{user if 'n' in given else number}\n")
    elif "g" in given:
        inv.out(f"{groups[0] if 'n' in given else number}\n")
    elif "G" in given:
        inv.out(" ".join(groups if "n" in given else [str(number + i) for i in range(len(groups))]) + "\n")
    else:
        listed = ",".join(f"{number + i}({name})" for i, name in enumerate(groups))
        inv.out(f"uid={number}({user}) gid={number}({groups[0]}) groups={listed}\n")
    return 0


def groups(inv: Invocation) -> int:
    """Print the groups of a user."""
    account = inv.host.account(inv.argv[1]) if len(inv.argv) > 1 else inv.account
    inv.out((f"{account.user} : " if len(inv.argv) > 1 else "") + " ".join(account.groups or (account.user,)) + "\n")
    return 0


def hostname(inv: Invocation) -> int:
    """Print the name of the machine."""
    inv.out(inv.host.hostname + "\n")
    return 0


def uname(inv: Invocation) -> int:
    """Print the system: ``-a -s -n -r -m -v -o``."""
    given, _ = inv.options(Spec("asnrmvopi", "", "all:a"))
    facts = {
        "s": "Linux",
        "n": inv.host.hostname,
        "r": "6.1.0-18-amd64",
        "v": "#1 SMP Debian 6.1.76-1",
        "m": "x86_64",
        "o": "GNU/Linux",
    }
    letters = list(facts) if "a" in given else [letter for letter in facts if letter in given] or ["s"]
    inv.out(" ".join(facts[letter] for letter in letters) + "\n")
    return 0


def env(inv: Invocation) -> Generator[float, None, int]:
    """Print the environment, or run a command with variables added; ``-i`` starts empty, ``-u`` unsets."""
    given, operands = inv.options(Spec("i0", "u", "ignore-environment:i unset:u", 125, permute=False))
    words = list(operands)
    added: dict[str, str] = {}
    while words and (found := _ASSIGNMENT.match(words[0])):
        added[found.group(1)] = found.group(2)
        words.pop(0)
    variables = {**({} if "i" in given else inv.env), **added}
    variables.pop(given.get("u", ""), None)
    if not words:
        inv.out("".join(f"{name}={value}\n" for name, value in variables.items()))
        return 0
    twin = inv.shell.fork()
    twin.variables = {**({} if "i" in given else twin.variables), **variables}
    twin.variables.setdefault("PATH", inv.host.plan.path)
    twin.exported = set(variables)
    return (yield from twin.call(words, inv.streams))


def printenv(inv: Invocation) -> int:
    """Print exported variables."""
    variables = inv.env
    if len(inv.argv) < 2:
        inv.out("".join(f"{name}={value}\n" for name, value in variables.items()))
    for name in inv.argv[1:]:
        if name in variables:
            inv.out(variables[name] + "\n")
        else:
            inv.code = 1
    return inv.code


def sudo(inv: Invocation) -> Generator[float, None, int]:
    """Run a command as root (``-u``: as another user), if the account may."""
    given, command = inv.options(Spec("nSEHiskbl", "ugp", "user:u non-interactive:n login:i list:l", permute=False))
    user = given.get("u", ROOT)
    allowed = inv.account.user == ROOT or any(group in inv.account.groups for group in _SUDO_GROUPS)
    numbers = {int(word) for word in command if word.isdecimal() and len(word) < 9}
    named = [process.name for process in inv.host.processes.values() if process.pid in numbers] if numbers else []
    details: dict[str, str] = {"processes": " ".join(named)} if named else {}
    inv.shell.note_call("shell.sudo", user, command, allowed=allowed, **details)
    if not allowed:
        inv.err(f"{inv.account.user} is not in the sudoers file.\n")
        return 1
    if "l" in given:
        inv.out(
            f"User {inv.account.user} may run the following commands on {inv.host.hostname}:\n    (ALL : ALL) NOPASSWD: ALL\n"
        )
        return 0
    words = list(command)
    twin = _become(inv, user)
    twin.variables["SUDO_USER"] = inv.account.user
    while words and (found := _ASSIGNMENT.match(words[0])):
        twin.variables[found.group(1)] = found.group(2)
        twin.exported.add(found.group(1))
        words.pop(0)
    if not words:
        if "i" in given or "s" in given:
            words = ["bash"]
        else:
            raise UsageFault("usage: sudo [-u user] command")
    return (yield from twin.call(words, inv.streams))


def _become(inv: Invocation, user: str) -> Session:
    """Return a session of another account on the same machine, on behalf of the one who acts."""
    twin = inv.shell.fork()
    twin.interactive = False
    twin.functions = {}
    twin.account = inv.host.account(user).used_by(inv.account.principal)
    home = inv.host.home(user) if user != ROOT or user in inv.host.plan.homes else "/root"
    twin.variables.update(USER=user, LOGNAME=user, HOME=home)
    return twin


def su(inv: Invocation) -> Generator[float, None, int]:
    """Become another user (``-c`` for one command): root may; of others a password is asked, and none is right."""
    login = bool({"-", "-l", "--login"} & set(inv.argv))
    inv.argv = [word for word in inv.argv if word not in ("-", "-l", "--login")]
    given, operands = inv.options(Spec("lmpfP", "csgGw", "command:c shell:s preserve-environment:p"))
    user = operands[0] if operands else ROOT
    if user != ROOT and user not in inv.host.plan.accounts:
        inv.err(f"su: user {user} does not exist or the user entry does not contain all the required fields\n")
        return 1
    if inv.account.user != ROOT:
        inv.streams.source.line()
        inv.err("Password: \nsu: Authentication failure\n")
        return 1
    twin = _become(inv, user)
    if login:
        twin.cwd = twin.variables["HOME"]
    command = ["-c", given["c"]] if "c" in given else []
    return (yield from twin.call(["bash", *command, *operands[1:]], inv.streams))


def no_terminal(inv: Invocation) -> int:
    """Refuse to open a full-screen program."""
    inv.err("Error opening terminal: unknown.\n")
    return 1


def man(inv: Invocation) -> int:
    """Find no manual."""
    if len(inv.argv) < 2:
        raise UsageFault("What manual page do you want?")
    inv.err("".join(f"No manual entry for {name}\n" for name in inv.argv[1:] if name[:1] != "-"))
    return 16


def which(inv: Invocation) -> int:
    """Print the path of programs; ``-a`` and ``-s`` are accepted."""
    from simenv.machine.nodes import FileError  # noqa: PLC0415
    from simenv.shell.lookup import find_file  # noqa: PLC0415

    for name in (word for word in inv.argv[1:] if word[:1] != "-"):
        try:
            found = find_file(inv.shell, name)
        except FileError:
            found = None
        if found is None:
            inv.code = 1
        else:
            inv.out(found[0] + "\n")
    return inv.code


def bash(inv: Invocation) -> Generator[float, None, int]:
    """Run a script (a file, ``-c TEXT``, or standard input) in a child shell; ``-n`` reads it only."""
    words = list(inv.argv[1:])
    switches: list[tuple[str, bool]] = []
    letters = ""
    while words and words[0][:1] in ("-", "+") and words[0] not in ("-", "--") and len(words[0]) > 1:
        word = words.pop(0)
        if word == "--version":
            inv.out("GNU bash, version 5.2.15(1)-release (x86_64-pc-linux-gnu)\n")
            return 0
        if word.startswith("--"):
            _long_option(inv, word, words)
            continue
        for letter in word[1:]:
            name = (words.pop(0) if words else "") if letter in "oO" else Settings.LETTERS.get(letter, "")
            if name:
                switches.append((name, word[0] == "-"))
            elif letter not in "cislrDpHBhm":
                raise UsageFault(f"bash: {word}: invalid option", 2)
            letters += letter
    words = words[1:] if words[:1] in (["-"], ["--"]) else words
    name, arguments = (words[0], words[1:]) if words and "s" not in letters else (inv.argv[0], words)
    if "c" in letters:
        if not words:
            raise UsageFault("bash: -c: option requires an argument", 2)
        text = words[0]
        name, arguments = (words[1], words[2:]) if len(words) > 1 else (inv.argv[0], [])
    else:
        text = _script(inv, name) if words and "s" not in letters else inv.stdin
    twin = inv.shell.child(name, list(arguments))
    twin.from_text = "c" in letters
    _switch(twin.options, switches)
    return (yield from twin.run_nested(text, inv.streams))


def _long_option(inv: Invocation, word: str, words: list[str]) -> None:
    if word in ("--rcfile", "--init-file") and words:
        words.pop(0)
    elif word not in ("--norc", "--noprofile", "--login", "--posix", "--noediting", "--verbose", "--debugger"):
        raise UsageFault(f"bash: {word}: invalid option", 2)


def _script(inv: Invocation, name: str) -> str:
    from simenv.machine.nodes import FileError  # noqa: PLC0415

    try:
        text = inv.shell.read_file(name)
        if has_placeholders(text):
            raise UsageFault(f"bash: {name}: cannot execute binary file", 126)
        return text
    except FileError as error:
        code = 127 if error.reason == "No such file or directory" else 126
        raise UsageFault(f"bash: {name}: {error.reason}", code) from None


def _switch(options: Settings, switches: list[tuple[str, bool]]) -> None:
    for name, on in switches:
        if name in Settings.STATE:
            setattr(options, name, on)
        elif name != "posix":
            raise UsageFault(f"bash: {name}: invalid option name", 2)


def df(inv: Invocation) -> int:
    """Print how full the disk is."""
    given, _ = inv.options(Spec("hTkaiPm", "t", "human-readable:h"))
    files = inv.host.files
    used = (files.used_bytes + files.system_bytes) // 1024
    total = files.disk_bytes // 1024
    row = [f"{n / 1048576:.0f}G" if "h" in given else str(n) for n in (total, used, total - used)]
    inv.out(f"Filesystem     {'Size  Used Avail' if 'h' in given else '1K-blocks    Used Available'} Use% Mounted on\n")
    inv.out(f"/dev/sda1      {row[0]:>9} {row[1]:>7} {row[2]:>9} {used * 100 // total:>3}% /\n")
    return 0


PROGRAMS: Mapping[str, Program] = {
    "bash": bash, "sh": bash, "df": df, "emacs": no_terminal, "env": env, "groups": groups,
    "hostname": hostname, "id": id_, "man": man, "nano": no_terminal, "printenv": printenv, "su": su,
    "sudo": sudo, "uname": uname, "watch": no_terminal, "which": which, "whoami": whoami,
}  # fmt: skip
