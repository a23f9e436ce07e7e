"""The functions of WASI preview 1, over a simulated machine.

Each public method is the WASI function of its name. wasmtime's own are never linked, so a guest can reach nothing but these.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from random import Random

from simenv.kernel import Delays
from simenv.machine.nodes import READ, WRITE
from simenv.shell.budget import Budget
from simenv.shell.python.clock import GuestClock
from simenv.shell.python.errnos import (
    EACCES,
    EBADF,
    EEXIST,
    EINVAL,
    EISDIR,
    EMFILE,
    ENOENT,
    ENOTDIR,
    EPERM,
    ESPIPE,
    WASI_EBADF,
    Errno,
)
from simenv.shell.python.files import STREAMS, Found, GuestFiles, check_no_link
from simenv.shell.python.memory import GuestMemory
from simenv.shell.python.opened import Body, Descriptor, OpenFiles
from simenv.shell.python.streams import GuestStreams

CHANNEL = "/dev/.boot"
"""What the boot code opens, before anything else runs, to ask for what WASI lacks; later there is nothing at this path."""
_ROOT_FD = 3
_MOST_OPEN = 1000
_RIGHTS = (1 << 30) - 1
_READ, _WRITE = 1 << 1, 1 << 6
_CREATE, _DIRECTORY, _EXCLUSIVE, _TRUNCATE = 1, 2, 4, 8
_TYPES = {"file": 4, "dir": 3, "link": 7, "device": 2, "pipe": 0}
_MOST_RANDOM = 1 << 20
_ZEROS = 1 << 16


class Wasi:
    """What a guest can call.

    Attributes:
        memory: set once the guest is there.
        umask: permissions that new files lack.
    """

    def __init__(
        self,
        files: GuestFiles,
        opened: OpenFiles,
        streams: GuestStreams,
        clock: GuestClock,
        random: Random,
        budget: Budget,
        argv: list[bytes],
        env: list[bytes],
        ask: Callable[[bytes], Delays[bytes]],
        umask: int,
    ) -> None:
        self.memory: GuestMemory
        self.umask = umask
        self._files = files
        self._opened = opened
        self._streams = streams
        self._clock = clock
        self._random = random
        self._budget = budget
        self._argv = argv
        self._env = env
        self._ask = ask
        self._inbox = b""
        self._is_channel_open = False
        root = files.find("/")
        self._descriptors = {
            0: Descriptor("stdin", Found("", "pipe")),
            1: Descriptor("stdout", Found("", "pipe"), reads=False, writes=True),
            2: Descriptor("stderr", Found("", "pipe"), reads=False, writes=True),
            _ROOT_FD: Descriptor("dir", root),
        }

    def _fd(self, number: int) -> Descriptor:
        found = self._descriptors.get(number)
        if found is None:
            raise Errno(EBADF)
        return found

    def _path(self, number: int, at: int, size: int) -> str:
        base = self._fd(number)
        if base.kind != "dir":
            raise Errno(ENOTDIR)
        path = f"{base.found.path.rstrip('/')}/{self.memory.path(at, size)}".replace("//", "/")
        if "\0" in path:
            raise Errno(EINVAL)
        return path

    def _seen(self, path: str, *, follow: bool = True) -> Found:
        self._opened.flush_all()
        return self._files.find(path, follow=follow)

    # -- arguments, environment, clock, randomness ------------------------------------------------------------------

    def args_get(self, pointers: int, buffer: int) -> None:
        """Return the arguments."""
        self.memory.set_strings(self._argv, pointers, buffer)

    def environ_get(self, pointers: int, buffer: int) -> None:
        """Return the environment."""
        self.memory.set_strings(self._env, pointers, buffer)

    def args_sizes_get(self, count: int, size: int) -> None:
        """Return how many arguments there are, and how long."""
        self.memory.set_u32(count, len(self._argv))
        self.memory.set_u32(size, sum(len(each) + 1 for each in self._argv))

    def environ_sizes_get(self, count: int, size: int) -> None:
        """Return how many variables there are, and how long."""
        self.memory.set_u32(count, len(self._env))
        self.memory.set_u32(size, sum(len(each) + 1 for each in self._env))

    def clock_res_get(self, clock: int, out: int) -> None:
        """Return the resolution of a clock."""
        self.memory.set_u64(out, 1000)

    def clock_time_get(self, clock: int, precision: int, out: int) -> None:
        """Return the simulated time."""
        self.memory.set_u64(out, self._clock.read_ns(clock))

    def random_get(self, at: int, size: int) -> None:
        """Fill a buffer from the episode's random stream."""
        if not 0 <= size <= _MOST_RANDOM:
            raise Errno(EINVAL)
        self.memory.write(at, self._random.randbytes(size))

    def sched_yield(self) -> None:
        """Do nothing: nothing else runs."""

    def poll_oneoff(self, subscriptions: int, events: int, count: int, out: int) -> Delays[None] | None:
        """Wait until a descriptor is ready (they always are) or a time has come."""
        if not 0 < count <= 1024:
            raise Errno(EINVAL)
        raw = self.memory.read(subscriptions, 48 * count)
        ready, waits = [], []
        for at in range(0, 48 * count, 48):
            user, tag = struct.unpack_from("<QB", raw, at)
            if tag == 0:
                clock, timeout, _, flags = struct.unpack_from("<I4xQQH", raw, at + 16)
                waits.append((self._clock.delay_s(clock, timeout, absolute=bool(flags & 1)), user))
            else:
                ready.append((user, tag))
        if not ready:
            return self._sleep(*min(waits), events, out)
        self._wake(ready, events, out)
        return None

    def _sleep(self, delay_s: float, user: int, events: int, out: int) -> Delays[None]:
        self._opened.flush_all()
        yield from self._clock.sleep(delay_s)
        self._wake([(user, 0)], events, out)

    def _wake(self, ready: list[tuple[int, int]], events: int, out: int) -> None:
        for number, (user, tag) in enumerate(ready):
            self.memory.write(events + 32 * number, struct.pack("<QHB5xQH6x", user, 0, tag, 1 if tag else 0, 0))
        self.memory.set_u32(out, len(ready))

    # -- descriptors ------------------------------------------------------------------------------------------------

    def fd_prestat_get(self, fd: int, out: int) -> None:
        """Say which descriptors are open directories at the start: ``/``."""
        if fd != _ROOT_FD:
            raise Errno(WASI_EBADF)
        self.memory.write(out, struct.pack("<B3xI", 0, 1))

    def fd_prestat_dir_name(self, fd: int, at: int, size: int) -> None:
        """Name the directory that is open at the start."""
        self.memory.write(at, b"/"[:size])

    def fd_close(self, fd: int) -> None:
        """Close."""
        found = self._fd(fd)
        if found.kind == "host":
            return
        del self._descriptors[fd]
        if found.body is not None and all(other.body is not found.body for other in self._descriptors.values()):
            self._opened.close(found.body)

    def fd_renumber(self, old: int, new: int) -> None:
        """Give a descriptor another number (``dup2``)."""
        found = self._fd(old)
        if new in self._descriptors:
            self.fd_close(new)
        del self._descriptors[old]
        self._descriptors[new] = found

    def fd_sync(self, fd: int) -> None:
        """Write out what is kept."""
        body = self._fd(fd).body
        if body is not None:
            self._opened.flush(body)

    fd_datasync = fd_sync

    def fd_advise(self, fd: int, offset: int, size: int, advice: int) -> None:
        """Take no advice."""
        self._fd(fd)

    def fd_allocate(self, fd: int, offset: int, size: int) -> None:
        """Make a file so long at least."""
        body = self._writable(fd)
        self._opened.resize(body, max(self._opened.size(body), offset + size))

    def _writable(self, fd: int) -> Body:
        found = self._fd(fd)
        if found.body is None or not found.writes:
            raise Errno(EINVAL)
        return found.body

    def fd_fdstat_get(self, fd: int, out: int) -> None:
        """Say what a descriptor is."""
        found = self._fd(fd)
        self.memory.write(
            out, struct.pack("<BxH4xQQ", _TYPES[found.found.kind], found.flags, found.rights or _RIGHTS, _RIGHTS)
        )

    def fd_fdstat_set_flags(self, fd: int, flags: int) -> None:
        """Set flags, such as appending."""
        self._fd(fd).flags = flags

    def _write_stat(self, out: int, found: Found, size: int | None = None) -> None:
        stat = self._files.stat(found)
        packed = stat.mode | stat.uid << 16 | stat.gid << 32  # the device number, where the boot code looks for them
        time_ns = round(stat.mtime_s * 1e6) * 1000
        self.memory.write(
            out,
            struct.pack(
                "<QQB7xQQQQQ",
                packed,
                stat.inode,
                _TYPES[found.kind],
                stat.links,
                stat.size if size is None else size,
                time_ns,
                time_ns,
                time_ns,
            ),
        )

    def fd_filestat_get(self, fd: int, out: int) -> None:
        """Return what is known of an open file."""
        opened = self._fd(fd)
        if opened.body is not None:
            node = self._files.machine.get(opened.body.path) if opened.body.path else opened.body.node
            found = opened.found if node is None else Found(opened.body.path, "file", node)
            self._write_stat(out, found, self._opened.size(opened.body))
        elif opened.kind in ("stdin", "stdout", "stderr", "host"):
            self.memory.write(out, struct.pack("<QQB7xQQQQQ", 0o010600, 9, 0, 1, 0, 0, 0, 0))
        else:
            self._write_stat(out, opened.found)

    def fd_filestat_set_size(self, fd: int, size: int) -> None:
        """Cut or extend an open file."""
        self._opened.resize(self._writable(fd), size)

    def fd_filestat_set_times(self, fd: int, accessed: int, modified: int, flags: int) -> None:
        """Set the times of an open file."""
        body = self._fd(fd).body
        if body is not None and body.path:
            self._opened.flush(body)
            self._files.touch(body.path)

    def fd_seek(self, fd: int, offset: int, whence: int, out: int) -> None:
        """Move within a file."""
        found = self._fd(fd)
        if found.body is None:
            raise Errno(ESPIPE)
        base = (0, found.at, self._opened.size(found.body))[whence] if whence in (0, 1, 2) else -1
        if base < 0 or base + offset < 0:
            raise Errno(EINVAL)
        if whence == 2 and found.reads:
            base = len(self._opened.bytes_of(found.body))
        found.at = base + offset
        self.memory.set_u64(out, found.at)

    def fd_tell(self, fd: int, out: int) -> None:
        """Return the position in a file."""
        self.fd_seek(fd, 0, 1, out)

    def _read(self, found: Descriptor, size: int, at: int | None) -> bytes:
        if found.kind == "stdin":
            return self._streams.read(size)
        if found.kind == "host":
            data, self._inbox = self._inbox[:size], self._inbox[size:]
            return data
        if found.kind == "dir":
            raise Errno(EISDIR)
        if not found.reads:
            raise Errno(EBADF)
        if found.kind == "device":
            return self._read_device(found.found.path, size)
        assert found.body is not None
        place = found.at if at is None else at
        data = bytes(self._opened.bytes_of(found.body)[place : place + size])
        if at is None:
            found.at += len(data)
        self._budget.charge(len(data))
        return data

    def _read_device(self, path: str, size: int) -> bytes:
        name = path.rpartition("/")[2]
        size = min(size, _ZEROS)
        if name in ("random", "urandom"):
            return self._random.randbytes(size)
        return bytes(size) if name == "zero" else b""

    def _write(self, found: Descriptor, data: bytes, at: int | None) -> int:
        if found.kind in ("stdout", "stderr"):
            self._streams.write(found.kind, data)
        elif found.kind == "device" and found.writes:
            pass
        else:
            self._budget.charge(len(data))
            return self._opened.write(found, data, at)
        return len(data)

    def fd_read(self, fd: int, vectors: int, count: int, out: int, at: int | None = None) -> None:
        """Read."""
        found, total = self._fd(fd), 0
        for place, size in self.memory.vectors(vectors, count):
            data = self._read(found, size, None if at is None else at + total)
            self.memory.write(place, data)
            total += len(data)
            if len(data) < size:
                break
        self.memory.set_u32(out, total)

    def fd_pread(self, fd: int, vectors: int, count: int, offset: int, out: int) -> None:
        """Read at a position."""
        self.fd_read(fd, vectors, count, out, offset)

    def fd_write(self, fd: int, vectors: int, count: int, out: int, at: int | None = None) -> Delays[None] | None:
        """Write; what goes to the channel may take time to answer."""
        found = self._fd(fd)
        data = b"".join(self.memory.read(place, size) for place, size in self.memory.vectors(vectors, count))
        if found.kind == "host":
            return self._request(data, out)
        self.memory.set_u32(out, self._write(found, data, at))
        return None

    def _request(self, data: bytes, out: int) -> Delays[None]:
        self._inbox = yield from self._ask(data)
        self.memory.set_u32(out, len(data))

    def fd_pwrite(self, fd: int, vectors: int, count: int, offset: int, out: int) -> None:
        """Write at a position."""
        self.fd_write(fd, vectors, count, out, offset)

    def fd_readdir(self, fd: int, buffer: int, size: int, cookie: int, out: int) -> None:
        """List a directory, from an entry on."""
        folder = self._fd(fd).found
        if folder.kind != "dir":
            raise Errno(ENOTDIR)
        if cookie == 0:
            self._opened.flush_all()
        names = (".", "..", *self._files.names(folder))
        listed = bytearray()
        for number, name in enumerate(names[cookie:], cookie + 1):
            kind = "dir" if name in (".", "..") else self._files.kind_of(folder, name)
            raw = name.encode("utf-8", "surrogateescape")
            listed += struct.pack("<QQIB3x", number, 1 + number, len(raw), _TYPES[kind]) + raw
            if len(listed) >= size:
                break
        self._budget.charge(len(listed))
        self.memory.write(buffer, bytes(listed[:size]))
        self.memory.set_u32(out, min(len(listed), size))

    # -- paths --------------------------------------------------------------------------------------------------------

    def path_open(
        self,
        directory: int,
        lookup: int,
        at: int,
        size: int,
        flags: int,
        rights: int,
        inherited: int,
        fd_flags: int,
        out: int,
    ) -> None:
        """Open a path."""
        path = self._path(directory, at, size)
        reads, writes = bool(rights & _READ), bool(rights & _WRITE)
        if path == CHANNEL and not self._is_channel_open:
            self._is_channel_open = True
            opened = Descriptor("host", Found("", "pipe"), writes=True)
        else:
            found = self._open_found(path, lookup, flags, reads=reads, writes=writes)
            opened = self._descriptor(path, found, flags, fd_flags, reads=reads, writes=writes)
        opened.rights = rights
        self.memory.set_u32(out, self._add(opened))

    def _add(self, opened: Descriptor) -> int:
        if len(self._descriptors) > _MOST_OPEN:
            raise Errno(EMFILE)
        number = next(each for each in range(4, _MOST_OPEN + 8) if each not in self._descriptors)
        self._descriptors[number] = opened
        return number

    def _open_found(self, path: str, lookup: int, flags: int, *, reads: bool, writes: bool) -> Found | None:
        try:
            found = self._seen(path, follow=bool(lookup & 1))
        except Errno as error:
            if error.number != ENOENT or not flags & _CREATE:
                raise
            self._files.check_write(path)
            return None
        if flags & _CREATE and flags & _EXCLUSIVE:
            raise Errno(EEXIST)
        if flags & _DIRECTORY and found.kind != "dir":
            raise Errno(ENOTDIR)
        check_no_link(found)
        if found.kind == "dir" and not flags & _DIRECTORY:
            raise Errno(EISDIR)
        if reads and not self._files.may(found, READ) and not (found.kind == "dir" and self._files.may(found, 1)):
            raise Errno(EACCES)
        if (writes or flags & _TRUNCATE) and found.kind == "file":
            self._files.check_write(found.path)
            if not self._files.may(found, WRITE):
                raise Errno(EACCES)
        return found

    def _descriptor(
        self, path: str, found: Found | None, flags: int, fd_flags: int, *, reads: bool, writes: bool
    ) -> Descriptor:
        if found is not None and found.path in STREAMS:
            return self._fd(STREAMS[found.path])
        if found is not None and found.kind in ("dir", "device"):
            return Descriptor(found.kind, found, None, 0, fd_flags, reads, writes)
        real = self._files.entry(path) if found is None else found.path
        mode = 0o666 & ~self.umask
        body = self._opened.open(real, found, mode, truncate=bool(flags & _TRUNCATE))
        return Descriptor("file", found or self._files.new(real, mode), body, 0, fd_flags, reads, writes)

    def path_create_directory(self, directory: int, at: int, size: int) -> None:
        """Make a directory."""
        path = self._path(directory, at, size)
        self._opened.flush_all()
        self._files.mkdir(path, 0o777 & ~self.umask)

    def path_filestat_get(self, directory: int, lookup: int, at: int, size: int, out: int) -> None:
        """Return what is known of a path."""
        self._write_stat(out, self._seen(self._path(directory, at, size), follow=bool(lookup & 1)))

    def path_filestat_set_times(
        self, directory: int, lookup: int, at: int, size: int, accessed: int, modified: int, flags: int
    ) -> None:
        """Set the times of a path."""
        path = self._path(directory, at, size)
        self._seen(path)
        self._files.touch(path)

    def path_link(
        self, old_fd: int, lookup: int, old: int, old_size: int, new_fd: int, new: int, new_size: int
    ) -> None:
        """Make a hard link."""
        source = self._seen(self._path(old_fd, old, old_size))
        if source.kind == "dir":
            raise Errno(EPERM)
        self._files.link(self._files.own(source.path), self._path(new_fd, new, new_size), symbolic=False)

    def path_symlink(self, target: int, target_size: int, directory: int, at: int, size: int) -> None:
        """Make a symbolic link."""
        self._files.link(self.memory.path(target, target_size), self._path(directory, at, size), symbolic=True)

    def path_readlink(self, directory: int, at: int, size: int, buffer: int, room: int, out: int) -> None:
        """Return what a symbolic link says."""
        target = self._files.target(self._path(directory, at, size))[:room]
        self.memory.write(buffer, target)
        self.memory.set_u32(out, len(target))

    def path_remove_directory(self, directory: int, at: int, size: int) -> None:
        """Remove an empty directory."""
        path = self._path(directory, at, size)
        self._opened.flush_all()
        self._files.remove(path, directory=True)

    def path_unlink_file(self, directory: int, at: int, size: int) -> None:
        """Remove a file."""
        path = self._path(directory, at, size)
        found = self._seen(path, follow=False)
        self._files.remove(path, directory=False)
        self._opened.removed(found.path)

    def path_rename(self, old_fd: int, old: int, old_size: int, new_fd: int, new: int, new_size: int) -> None:
        """Rename."""
        source, target = self._path(old_fd, old, old_size), self._path(new_fd, new, new_size)
        found = self._seen(source, follow=False)
        real = self._files.entry(target)
        self._files.rename(source, target)
        self._opened.renamed(found.path, real)
