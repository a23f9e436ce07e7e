"""What WASI has no call for: permissions, owners, signals, commands. The boot code asks, in netstrings; it is not trusted."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import TypeAlias

from simenv.kernel import Delays
from simenv.machine.numbers import (
    group_named,
    group_names,
    group_number,
    user_named,
    user_names,
    user_number,
)
from simenv.machine.process import ProcessError
from simenv.shell.builtins.jobs import signal_name
from simenv.shell.errors import UsageFault
from simenv.shell.invocation import Invocation
from simenv.shell.python.children import Children
from simenv.shell.python.errnos import EACCES, EINVAL, ENOSYS, EPERM, Errno, errno_of
from simenv.shell.python.files import GuestFiles
from simenv.shell.python.interpreter_tables import find_errnomap
from simenv.shell.python.library import pack, unpack
from simenv.shell.python.process import Ended, GuestProcess

Reply: TypeAlias = "Sequence[bytes | str | int]"
_MOST_NOTE = 300


class Requests:
    """Answers what a guest asks for.

    Args:
        call: the call of the interpreter.
        files: the machine's files, as the guest names them.
        guest: who asks.
        pid: its number as a process of the machine.
        script: name of the script as it was given; empty if there is none.
    """

    def __init__(
        self, call: Invocation, files: GuestFiles, guest: GuestProcess, children: Children, pid: int, script: str
    ) -> None:
        self._call = call
        self._files = files
        self._guest = guest
        self._children = children
        self._pid = pid
        self._script = script
        self._booted = False
        self.before: Callable[[], None] = lambda: None
        """Called before others act: lets the machine have what the guest wrote."""

    def answer(self, packed: bytes) -> Delays[bytes]:
        """Return the reply to a request: ``0`` and what there is to say, or an error number."""
        try:
            name, *arguments = unpack(packed)
            method = getattr(self, f"ask_{name.decode('ascii')}", None)
            if method is None:
                raise Errno(ENOSYS)
            reply = method(*arguments)
            if isinstance(reply, Generator):
                reply = yield from reply
            return pack(["0", *(reply or ())])
        except Errno as error:
            return pack([error.number])
        except ProcessError as error:
            return pack([errno_of(error.reason)])
        except (ValueError, TypeError, UnicodeError, OverflowError, UsageFault):
            return pack([EINVAL])

    # -- who and where ----------------------------------------------------------------------------------------------

    def ask_hello(self) -> Reply:
        """Return what a process knows of itself."""
        call, plan = self._call, self._call.host.plan
        user = call.account.user
        groups = call.account.groups or (user,)
        shell_pid = call.shell.pid if call.shell.pid != self._pid else 1
        zone = call.host.sim.calendar.timezone
        numbers = ",".join(str(group_number(plan, group)) for group in groups)
        return [
            call.cwd,
            user_number(plan, user),
            group_number(plan, groups[0]),
            self._pid,
            user,
            call.env.get("PYTHONPATH", ""),
            self._script,
            numbers,
            call.host.hostname,
            shell_pid or 2,
            zone.key,
        ]

    def ask_zone(self, epoch_s: bytes) -> Reply:
        """Return the offset from UTC in seconds, whether it is summer time, and the abbreviation, of a moment."""
        calendar = self._call.host.sim.calendar
        moment = calendar.at(float(epoch_s) - calendar.at(0.0).timestamp())
        offset, summer = moment.utcoffset(), moment.dst()
        assert offset is not None and summer is not None
        return [int(offset.total_seconds()), int(bool(summer)), moment.tzname() or "UTC"]

    def ask_users(self) -> Reply:
        """Return a line of fields per user."""
        host = self._call.host
        rows = []
        for name in ("root", *user_names(host.plan)):
            home = host.home(name) if name != "root" else "/root"
            rows.append(f"{name}\n{user_number(host.plan, name)}\n{self._own_group(name)}\n{home}\n/bin/bash")
        return rows

    def _own_group(self, user: str) -> int:
        groups = self._call.host.account(user).groups
        return group_number(self._call.host.plan, groups[0] if groups else user)

    def ask_groups(self) -> Reply:
        """Return a line of fields per group."""
        host = self._call.host
        users = user_names(host.plan)
        return [
            f"{group}\n{group_number(host.plan, group)}\n"
            + ",".join(u for u in users if group in host.account(u).groups)
            for group in ("root", *users, *group_names(host.plan))
        ]

    def ask_umask(self, mask: bytes) -> Reply:
        """Set the permissions that new files lack, and return what they were."""
        wasi = self._guest.wasi
        before, wasi.umask = wasi.umask, int(mask) & 0o777
        return [before]

    # -- files ------------------------------------------------------------------------------------------------------

    def ask_chmod(self, path: bytes, mode: bytes) -> None:
        """Set permissions."""
        self.before()
        self._files.set_mode(path.decode("utf-8", "surrogateescape"), int(mode) & 0o7777)

    def ask_chown(self, path: bytes, uid: bytes, gid: bytes) -> None:
        """Set owner and group; -1 leaves one as it is."""
        self.before()
        plan = self._call.host.plan
        owner = user_named(plan, int(uid)) if int(uid) >= 0 else ""
        group = group_named(plan, int(gid)) if int(gid) >= 0 else ""
        self._files.set_owner(path.decode("utf-8", "surrogateescape"), owner, group)

    def ask_access(self, path: bytes, bits: bytes) -> None:
        """Check what the account may do with a path."""
        self.before()
        if not self._files.may(self._files.find(path.decode("utf-8", "surrogateescape")), int(bits) & 7):
            raise Errno(EACCES)

    def ask_enter(self, path: bytes) -> None:
        """Check that a directory may be entered."""
        self._files.check_searchable(path.decode("utf-8", "surrogateescape"))

    # -- processes --------------------------------------------------------------------------------------------------

    def ask_kill(self, pid: bytes, signal: bytes) -> None:
        """Send a signal."""
        self.before()
        name = signal_name(str(int(signal)))
        target = self._pid if int(pid) == 0 else abs(int(pid))
        self._children.launch_all()
        self._call.host.kill(target, self._call.account, signal=name)
        if self._pid not in self._call.host.processes:
            self._guest.code = 128 + int(signal)
            raise Ended

    def ask_prepare(self, shell: bytes, cwd: bytes, merged: bytes, count: bytes, *rest: bytes) -> Reply:
        """Prepare a command; it runs when somebody waits for it, and in the background if nobody does."""
        self.before()
        words = [word.decode("utf-8", "surrogateescape") for word in rest]
        argv, pairs = words[: int(count)], words[int(count) :]
        env = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
        folder = cwd.decode("utf-8", "surrogateescape")
        return [self._children.prepare(argv, folder, env, is_script=shell == b"1", merged=merged == b"1")]

    def ask_feed(self, number: bytes, data: bytes) -> None:
        """Give a command its standard input."""
        self._children.feed(int(number), data)

    def ask_wait(self, number: bytes, timeout_s: bytes) -> Delays[Reply]:
        """Wait for a command; return its code (empty: it still runs) and what it printed since the last time."""
        self.before()
        limit = float(timeout_s) if timeout_s else None
        return self._children.wait(int(number), limit)

    def ask_launch(self, number: bytes) -> Reply:
        """Start a command in the background, and return its process."""
        self.before()
        return [self._children.launch(int(number))]

    def ask_poll(self, number: bytes) -> Delays[Reply]:
        """Return what `ask_wait` does, without waiting."""
        self.before()
        return self._children.poll(int(number))

    def ask_exec(self, shell: bytes, cwd: bytes, merged: bytes, count: bytes, *rest: bytes) -> Delays[None]:
        """Become another program: run it, print what it prints, and end with its code."""
        number = int(self.ask_prepare(shell, cwd, merged, count, *rest)[0])
        self._guest.code = yield from self._children.replace(number)
        raise Ended

    def ask_unsupported(self, what: bytes) -> None:
        """Note that a script reached for what guests do not have."""
        text = what.decode("utf-8", "replace")[:_MOST_NOTE]
        self._call.shell.note("python.unsupported", text, what=text)

    # -- start-up ---------------------------------------------------------------------------------------------------

    def ask_errnomap(self, box: bytes, sample: bytes, value: bytes, kind: bytes) -> None:
        """Put CPython's table of error classes into the list `box`; once, at the start."""
        if self._booted:
            raise Errno(EPERM)
        self._booted = True
        find_errnomap(self._guest.memory, int(box), int(sample), int(value), int(kind))
