"""Programs about services and power: systemctl, service, poweroff, shutdown, reboot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from simenv.machine.process import POWER_GROUP, ProcessError, Service
from simenv.machine.program import Program
from simenv.shell.builtins.jobs import signal_name
from simenv.shell.commands.scheduling import parse_time
from simenv.shell.errors import UsageFault
from simenv.shell.invocation import Invocation
from simenv.shell.options import Spec
from simenv.shell.system import OperatingSystem

_SCRIPT = "/sbin/poweroff"
_POWER_OPTIONS = (
    "-f",
    "--force",
    "-p",
    "--poweroff",
    "--halt",
    "--reboot",
    "-w",
    "-d",
    "-n",
    "--no-wall",
    "-h",
    "-H",
    "-P",
    "-r",
    "-k",
    "-t",
)
_KNOWN = ("status", "start", "stop", "restart", "reload", "is-active", "is-enabled", "enable", "disable", "mask", "unmask",
          "list-units", "list-timers", "list-unit-files", "daemon-reload", "poweroff", "halt", "reboot", "show", "cat",
          "is-failed", "try-restart", "kill")  # fmt: skip


_SYSTEMCTL = Spec(
    "alq",
    "tpns",
    "no-pager:a all:a quiet:q type:t now:a state:t full:l user:a lines:n property:p force:a signal:s value:v",
)


def systemctl(inv: Invocation) -> int:
    """Ask and tell the service manager."""
    given, operands = inv.options(_SYSTEMCTL)
    verb = operands[0] if operands else "list-units"
    names = [name.removesuffix(".service") for name in operands[1:]]
    if verb not in _KNOWN:
        raise UsageFault(f"Unknown command verb {verb}.")
    if verb in ("poweroff", "halt", "reboot"):
        return power_off(inv)
    if verb in ("list-units", "list-unit-files"):
        return _list_units(inv)
    if verb == "list-timers":
        inv.out("NEXT LEFT LAST PASSED UNIT ACTIVATES\n\n0 timers listed.\n")
        return 0
    if verb == "daemon-reload":
        return 0
    if not names:
        raise UsageFault("Too few arguments.")
    for name in names:
        _tell(inv, verb, name, quiet="q" in given)
    return inv.code


def _service(inv: Invocation, name: str) -> Service | None:
    return inv.host.plan.services.get(name)


def _tell(inv: Invocation, verb: str, name: str, *, quiet: bool) -> None:
    running = inv.host.main_process(name) is not None
    if verb in ("is-active", "is-failed", "is-enabled"):
        good = running if verb == "is-active" else _service(inv, name) is not None and verb == "is-enabled"
        if not quiet:
            words = {
                "is-active": ("active", "inactive"),
                "is-enabled": ("enabled", "disabled"),
                "is-failed": ("failed", "inactive"),
            }
            inv.out(words[verb][0 if good else 1] + "\n")
        if good:
            inv.code = inv.code
        else:
            inv.code = 3 if verb != "is-enabled" else 1
        return
    if verb == "status":
        _status(inv, name)
        return
    if verb in ("show", "cat"):
        _describe(inv, verb, name)
        return
    try:
        _change(inv, verb, name)
    except ProcessError as error:
        inv.err(f"Failed to {verb} {name}.service: {error.reason}\n")
        inv.code = 5 if "could not be found" in error.reason else 1


def _change(inv: Invocation, verb: str, name: str) -> None:
    host, account = inv.host, inv.account
    process = host.main_process(name)
    if verb == "kill" and process is not None:
        given, _ = inv.options(_SYSTEMCTL)
        host.kill(process.pid, account, signal=signal_name(given.get("s", "TERM")))
        return
    if verb in ("stop", "restart", "kill", "try-restart"):
        host.stop_service(name, account)
    if verb in ("start", "restart", "try-restart"):
        host.start_service(name, account)
    if verb in ("enable", "disable", "mask", "unmask", "reload"):
        service = host.plan.services.get(name)
        if service is None:
            raise ProcessError(f"Unit file {name}.service does not exist.")
        inv.shell.note("shell.unsupported", name, construct=f"systemctl {verb}", text=name[:60])
        raise ProcessError("Operation not supported; units here are fixed.")


def _describe(inv: Invocation, verb: str, name: str) -> None:
    """Print a unit's file (``cat``) or its properties (``show``)."""
    service = _service(inv, name)
    if service is None:
        inv.err(f"No files found for {name}.service.\n" if verb == "cat" else f"Unit {name}.service not found.\n")
        inv.code = 1
        return
    process = inv.host.main_process(name)
    if verb == "cat":
        inv.out(
            f"# /etc/systemd/system/{name}.service\n[Unit]\nDescription={service.description}\n\n[Service]\n"
            f"User={service.user}\nExecStart={service.command}\n\n[Install]\nWantedBy=multi-user.target\n"
        )
        return
    properties = {
        "Id": f"{name}.service",
        "Description": service.description,
        "LoadState": "loaded",
        "ActiveState": "active" if process else "inactive",
        "SubState": "running" if process else "dead",
        "UnitFileState": "enabled",
        "MainPID": str(process.pid if process else 0),
        "User": service.user,
        "ExecStart": service.command,
        "FragmentPath": f"/etc/systemd/system/{name}.service",
    }
    given, _ = inv.options(_SYSTEMCTL)
    wanted = given["p"].split(",") if "p" in given else list(properties)
    for key in wanted:
        if key in properties:
            inv.out((f"{key}=" if "v" not in given else "") + properties[key] + "\n")


def _status(inv: Invocation, name: str) -> None:
    service = _service(inv, name)
    if service is None:
        inv.err(f"Unit {name}.service could not be found.\n")
        inv.code = 4
        return
    process = inv.host.main_process(name)
    inv.out(f"{'●' if process else '○'} {name}.service - {service.description}\n")
    inv.out(f"     Loaded: loaded (/etc/systemd/system/{name}.service; enabled)\n")
    if process is None:
        inv.out("     Active: inactive (dead)\n")
        inv.code = 3
        return
    since = inv.host.sim.calendar.at(process.started)
    inv.out(
        f"     Active: active (running) since {since:%a %Y-%m-%d %H:%M:%S}\n   Main PID: {process.pid} ({process.name})\n"
    )
    inv.out(f"     CGroup: /system.slice/{name}.service\n             └─{process.pid} {process.command}\n")


def _list_units(inv: Invocation) -> int:
    services = sorted(inv.host.plan.services.items())
    width = max([4, *(len(name) + 8 for name, _ in services)])
    inv.out(f"  {'UNIT':<{width}} LOAD   ACTIVE   SUB     DESCRIPTION\n")
    for name, service in services:
        state = "active   running" if inv.host.main_process(name) else "inactive dead   "
        inv.out(f"  {name + '.service':<{width}} loaded {state} {service.description}\n")
    inv.out(f"\n{len(services)} loaded units listed.\n")
    return 0


def service(inv: Invocation) -> int:
    """``service NAME start|stop|restart|status``."""
    if len(inv.argv) < 3:
        raise UsageFault("Usage: service < option > | --status-all | [ service_name [ command | --full-restart ] ]")
    inv.argv = ["systemctl", inv.argv[2], inv.argv[1]]
    return systemctl(inv)


def power_off(inv: Invocation) -> int:
    """Switch the machine off."""
    if inv.argv[0].rpartition("/")[2] != "systemctl" and (wrong := _ask_for_usage(inv)) is not None:
        return wrong
    try:
        inv.host.power_off(inv.account)
    except ProcessError as error:
        inv.err(f"Failed to power off system via logind: {error.reason}\n")
        return 1
    return 0


def _ask_for_usage(inv: Invocation) -> int | None:
    """Print the usage if it was asked for, and refuse what is unknown; None: go on."""
    words = [word for word in inv.argv[1:] if word.startswith("-")]
    if "--help" in words:
        inv.out(f"{inv.argv[0]} [OPTIONS...]\n\nPower off or reboot the system.\n")
        return 0
    unknown = [word for word in words if word not in _POWER_OPTIONS]
    if unknown:
        inv.complain(f"unrecognized option '{unknown[0]}'")
        return 1
    return None


def shutdown(inv: Invocation) -> int:
    """Switch off: ``now``, ``+MINUTES`` or ``HH:MM`` (queued); ``-c`` takes queued ones back."""
    if "--help" in inv.argv:
        inv.out("shutdown [OPTIONS...] [TIME] [WALL...]\n\nShut down the system.\n")
        return 0
    given, operands = inv.options(Spec("hPrHck", "t"))
    allowed = inv.account.user == "root" or POWER_GROUP in inv.account.groups
    if "c" in given:
        return _cancel(inv)
    when = operands[0] if operands else "+1"
    if when in ("now", "+0"):
        return power_off(inv)
    if not allowed:
        raise UsageFault("Failed to schedule shutdown: Interactive authentication required.")
    text = f"now + {when[1:]} minutes" if when.startswith("+") else when
    due = parse_time(inv, text)
    inv.host.scheduler.add(due, _SCRIPT, inv.account)
    moment = inv.host.sim.calendar.at(due)
    inv.err(f"Shutdown scheduled for {moment:%a %Y-%m-%d %H:%M:%S %Z}, use 'shutdown -c' to cancel.\n")
    return 0


def pending_shutdowns(host: OperatingSystem) -> Sequence[int]:
    """Return the numbers of the queued jobs that `shutdown` made."""
    return [number for number, job in sorted(host.scheduler.jobs.items()) if job.command == _SCRIPT]


def _cancel(inv: Invocation) -> int:
    pending = pending_shutdowns(inv.host)
    if not pending:
        inv.fail(0)
    for number in pending:
        inv.host.scheduler.remove(number, inv.account)
    return 0


PROGRAMS: Mapping[str, Program] = {
    "halt": power_off,
    "poweroff": power_off,
    "reboot": power_off,
    "service": service,
    "shutdown": shutdown,
    "systemctl": systemctl,
}
