"""What ``--help`` and ``--version`` print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_TEXT = """
arch: print the machine's architecture
at [-f FILE] TIME: queue commands for later execution
base64 [-d] [FILE]: encode or decode data
basename NAME [SUFFIX]: strip directory from file names
bc [-l] [FILE]...: an arbitrary precision calculator
cat [OPTION]... [FILE]...: concatenate files to standard output
chattr [-R] +i|-i FILE...: make files immutable, or changeable again
chmod [OPTION]... MODE FILE...: change file modes
chown [OPTION]... OWNER[:GROUP] FILE...: change file owner and group
cp [OPTION]... SOURCE... DEST: copy files and directories
crontab [-u USER] FILE | -l | -r: maintain crontab files
date [OPTION]... [+FORMAT]: print the date and time
dd [OPERAND]...: copy a file, converting by blocks
grep [OPTION]... PATTERNS [FILE]...: search for patterns in files
gzip [OPTION]... [FILE]...: compress or expand files
halt [OPTIONS...]: halt the system
head [OPTION]... [FILE]...: output the first part of files
killall [OPTION]... NAME...: signal processes by name
ls [OPTION]... [FILE]...: list directory contents
lsattr [FILE]...: list file attributes
mkdir [OPTION]... DIRECTORY...: create directories
mv [OPTION]... SOURCE... DEST: move files
openssl COMMAND [OPTION]...: encrypt, decrypt, encode and digest
pgrep [OPTION]... PATTERN: look up processes by name
pkill [OPTION]... PATTERN: signal processes by name
poweroff [OPTIONS...]: power off the system
ps [OPTIONS]: report a snapshot of the current processes
reboot [OPTIONS...]: reboot the system
rm [OPTION]... [FILE]...: remove files or directories
sed [OPTION]... SCRIPT [FILE]...: stream editor
service NAME COMMAND: run a service's commands
shutdown [OPTIONS...] [TIME] [WALL...]: shut down the system
sleep NUMBER[SUFFIX]...: pause for some time
sort [OPTION]... [FILE]...: sort lines of text
split [OPTION]... [FILE [PREFIX]]: split a file into pieces
sudo [-u USER] COMMAND: execute a command as another user
systemctl [OPTIONS...] COMMAND ...: query or control the system and service manager
tail [OPTION]... [FILE]...: output the last part of files
tar [OPTION]... [FILE]...: save files in an archive, and restore them
tee [OPTION]... [FILE]...: copy input to files and standard output
touch [OPTION]... FILE...: change file timestamps
unzip [OPTION]... FILE[.zip] [LIST] [-d DIR]: list and extract files of a ZIP archive
xargs [OPTION]... COMMAND: run a command with arguments from standard input
xxd [OPTION]... [INFILE [OUTFILE]]: make a hex dump, or the reverse
zip [OPTION]... ZIPFILE FILE...: package and compress files
"""
SYNOPSES: Mapping[str, str] = {line.split()[0].rstrip(":"): line for line in _TEXT.strip().split("\n")}
_PACKAGES: Mapping[str, str] = {
    **dict.fromkeys(("systemctl", "poweroff", "halt", "reboot", "shutdown"), "systemd 252 (252.22-1~deb12u1)"),
    **dict.fromkeys(("ps", "pgrep", "pkill", "top", "w", "free", "uptime"), "procps-ng 4.0.2"),
    "grep": "grep (GNU grep) 3.8",
    "sed": "sed (GNU sed) 4.9",
    "find": "find (GNU findutils) 4.9.0",
    "bc": "bc 1.07.1",
}
_LITERAL = frozenset(("echo", ":", "true", "false", "test", "[", "bash", "sh", "python", "python3", "python3.12"))
"""Commands to which these words mean nothing, or that see to them."""


def answer(argv: Sequence[str]) -> str:
    """Return what ``name --help`` or ``name --version`` prints; empty if the command line is no such request."""
    name = argv[0].rpartition("/")[2]
    if name in _LITERAL:
        return ""
    if argv[1] == "--help":
        synopsis, _, meaning = SYNOPSES.get(name, f"{name} [OPTION]... [ARGUMENT]...").partition(": ")
        return f"Usage: {synopsis}\n" + (f"{meaning[0].upper()}{meaning[1:]}.\n" if meaning else "")
    return f"{_PACKAGES.get(name, f'{name} (GNU coreutils) 9.1')}\n" if argv[1] == "--version" else ""
