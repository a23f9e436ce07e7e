"""What happens on one host: files, processes, services, jobs, accounts, the shell."""

from __future__ import annotations

from simenv.kernel.verbs.verb import Verb

_PATH = "host:path"

FILE_READ = Verb("file.read", "A file was read", _PATH, words="read {what} on {host}")
FILE_WRITE = Verb(
    "file.write",
    "A file's content was written",
    _PATH,
    {
        "bytes": "size, in bytes",
        "content": "full text after the act; for an append, the added text",
        "before?": "previous content, with the first append after it was written or found",
        "new": "the file was not there before",
        "append": "the text was added at the end",
        "changed": "it is new, or its text differs",
    },
    words="wrote to {what} on {host}",
)
FILE_MKDIR = Verb("file.mkdir", "A directory was made", _PATH, {"mode": "permissions, octal"})
FILE_REMOVE = Verb(
    "file.remove",
    "A file or directory was removed",
    _PATH,
    {"kind": "file, dir or link"},
    words="removed {what} on {host}",
)
FILE_MOVE = Verb("file.move", "A file was moved", _PATH, {"to": "host:path"}, words="moved {what} on {host}")
FILE_LINK = Verb(
    "file.link",
    "A link was made",
    _PATH,
    {"target": "where it leads", "symbolic": "by name, not to the node itself"},
    words="put a link at {what} on {host}",
)
FILE_MODE = Verb(
    "file.mode",
    "Permissions were set",
    _PATH,
    {"mode": "octal", "was": "the same before"},
    words="changed the permissions of {what} on {host}",
)
FILE_OWNER = Verb(
    "file.owner",
    "Owner or group was set",
    _PATH,
    {"owner": "now", "group": "now", "was": "owner:group before"},
    words="changed the owner of {what} on {host}",
)
FILE_FLAG = Verb(
    "file.flag",
    "A file was protected, or its protection lifted",
    _PATH,
    {"immutable?": "nobody can change it", "append_only?": "it can only grow", "was": "the same flag before"},
)
FILE_TOUCH = Verb("file.touch", "The time of a file was set", _PATH)
FILE_REFUSED = Verb(
    "file.refused",
    "A change of a file was refused",
    _PATH,
    {"reason": "as the shell says it"},
    words="tried to change {what} on {host}, and were refused",
)

_PROCESS = "host:process"
_SIGNALLED = {"pid": "process id", "signal": "its name or number"}

PROCESS_KILL = Verb(
    "process.kill", "A process was ended by a signal", _PROCESS, _SIGNALLED, words="ended the process {what} on {host}"
)
PROCESS_STOP = Verb(
    "process.stop", "A process was suspended", _PROCESS, _SIGNALLED, words="halted the process {what} on {host}"
)
PROCESS_CONTINUE = Verb("process.continue", "A suspended process was continued", _PROCESS, _SIGNALLED)
PROCESS_REFUSED = Verb("process.refused", "A signal was refused", _PROCESS, {"signal": "its name or number"})

_SERVICE = "host:service"

SERVICE_START = Verb("service.start", "A service was started", _SERVICE)
SERVICE_STOP = Verb("service.stop", "A service was stopped", _SERVICE, words="stopped the service {what} on {host}")
SERVICE_REFUSED = Verb("service.refused", "Starting or stopping a service was refused", _SERVICE)

HOST_OFF = Verb("host.off", "A host was switched off", "host")
HOST_REFUSED = Verb("host.refused", "Switching a host off was refused", "host")

_JOB = "host:number, or host:user:command for a line of a crontab"

JOB_ADD = Verb(
    "job.add",
    "A job was scheduled",
    "host:number",
    {"due": "due time, in simulated seconds", "command": "command to run"},
    words="added the scheduled job {what} on {host}",
)
JOB_REMOVE = Verb(
    "job.remove",
    "A scheduled job was removed",
    "host:number",
    {"command": "command that would have run"},
    words="removed the scheduled job {what} on {host}",
)
JOB_RUN = Verb("job.run", "A scheduled job began", _JOB, {"command": "what is run", "user": "as whom"}, by="system")
JOB_DONE = Verb("job.done", "A scheduled job ended", _JOB, {"code": "exit status"}, by="system")
JOB_MISSED = Verb(
    "job.missed",
    "A scheduled job did not run",
    _JOB,
    {"command": "command that would have run", "why": "reason"},
    by="system",
)
JOB_REFUSED = Verb("job.refused", "Removing a job was refused", "host:number")
CRONTAB_SET = Verb(
    "crontab.set",
    "A user's crontab was replaced",
    "host:user",
    {"text": "all of it"},
    words="changed the schedule on {host}",
)

ACCOUNT_SUSPEND = Verb(
    "account.suspend",
    "A principal was suspended: its tools, logins and jobs are refused",
    "principal",
    {"alert?": "the alert that it answers", "why?": "policy rule that led to it"},
)
ACCOUNT_RESTORE = Verb("account.restore", "A suspension was ended", "principal")
ACCOUNT_GRANT = Verb(
    "account.grant",
    "A principal was given rights",
    "principal",
    {"grants": "list, as the world file writes them", "why?": "the rule of a policy by which somebody did it"},
    words="gave rights to {what}",
)
ACCOUNT_REVOKE = Verb(
    "account.revoke",
    "A principal lost rights",
    "principal",
    {"grants": "list, as the world file writes them", "why?": "the rule of a policy by which somebody did it"},
    words="took rights from {what}",
)

_CALL = {"command": "the words of the command, quoted", "cwd": "the working directory"}

SHELL_ALIAS = Verb(
    "shell.alias",
    "A command name was given another meaning",
    "host:name",
    {"name": "the command", "text": "what it stands for"},
    words="gave the command {what} another meaning",
)
SHELL_FUNCTION = Verb(
    "shell.function",
    "A shell function was defined",
    "host:name",
    {"name": "the function"},
    words="gave the command {what} another meaning",
)
SHELL_SUDO = Verb(
    "shell.sudo",
    "Somebody tried to run a command as another user",
    "host:user",
    {**_CALL, "allowed": "whether it was", "processes": "names of processes whose numbers are among its words, if any"},
)
SHELL_UNKNOWN = Verb("shell.unknown", "A command was not found", "host:name", _CALL)
SHELL_FAILED = Verb(
    "shell.failed",
    "A program that could have changed something had no effect: it failed, or had nothing to act on",
    "host:program",
    {**_CALL, "code": "exit status"},
)
SHELL_UNSUPPORTED = Verb(
    "shell.unsupported",
    "Something that bash has but the simulated shell lacks",
    "host:construct",
    {"construct": "what", "text": "where it stood"},
)
PYTHON_UNSUPPORTED = Verb(
    "python.unsupported",
    "A Python script used something that simulated machines lack",
    "host:what",
    {"what": "what"},
)
PYTHON_STOPPED = Verb(
    "python.stopped", "A Python script was ended by a limit", "host:program", {"why": "calls, instructions or output"}
)
