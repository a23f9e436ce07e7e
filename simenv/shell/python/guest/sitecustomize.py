"""Boot code of a guest: gives an interpreter built for WASI the face of one on Linux.

It runs inside the sandbox, before anything else, and holds no secret: all that it does is a WASI call or a request over the
channel, and the host checks both alike.
"""

import errno
import os
import posix
import sys


def _boot():
    p_open, p_write, p_read = posix.open, posix.write, posix.read

    # -- error numbers: the host speaks Linux; teach the errno module and OSError
    names = (
        "PERM NOENT SRCH INTR IO NXIO 2BIG NOEXEC BADF CHILD AGAIN NOMEM ACCES FAULT NOTBLK BUSY EXIST XDEV NODEV NOTDIR ISDIR "
        "INVAL NFILE MFILE NOTTY TXTBSY FBIG NOSPC SPIPE ROFS MLINK PIPE DOM RANGE DEADLK NAMETOOLONG NOLCK NOSYS NOTEMPTY LOOP"
    ).split()
    numbers = {"E" + name: number for number, name in enumerate(names, 1)}
    numbers |= dict(
        EWOULDBLOCK=11, ENOTSUP=95, EOPNOTSUPP=95, ENOTSOCK=88, EADDRINUSE=98, EADDRNOTAVAIL=99, ENETDOWN=100,
        ENETUNREACH=101, ECONNABORTED=103, ECONNRESET=104, ENOBUFS=105, EISCONN=106, ENOTCONN=107, ETIMEDOUT=110,
        ECONNREFUSED=111, EHOSTUNREACH=113, EALREADY=114, EINPROGRESS=115, EOVERFLOW=75, EILSEQ=84, EDQUOT=122,
        ECANCELED=125, EPROTO=71, EAFNOSUPPORT=97, ESTALE=116, EDEADLOCK=35, ESHUTDOWN=108,
    )  # fmt: skip
    errno.errorcode.clear()
    for name, number in numbers.items():
        setattr(errno, name, number)
        errno.errorcode.setdefault(number, name)
    classes = {
        1: PermissionError, 2: FileNotFoundError, 3: ProcessLookupError, 4: InterruptedError, 10: ChildProcessError,
        11: BlockingIOError, 13: PermissionError, 17: FileExistsError, 20: NotADirectoryError, 21: IsADirectoryError,
        32: BrokenPipeError, 103: ConnectionAbortedError, 104: ConnectionResetError, 108: BrokenPipeError,
        110: TimeoutError, 111: ConnectionRefusedError, 114: BlockingIOError, 115: BlockingIOError,
    }  # fmt: skip
    wording = {
        75: "Value too large for defined data type", 95: "Operation not supported",
        97: "Address family not supported by protocol",
        98: "Address already in use", 101: "Network is unreachable", 104: "Connection reset by peer",
        107: "Transport endpoint is not connected", 110: "Connection timed out",
        111: "Connection refused", 113: "No route to host",
    }  # fmt: skip
    strerror = posix.strerror

    def fail(number, *names):
        return OSError(number, os.strerror(number), *names)

    # -- the channel to the host: netstrings over one descriptor
    def raw(part):
        if type(part) is bytes:
            return part
        return os.fsencode(part) if isinstance(part, (str, os.PathLike)) else b"%d" % part

    channel = p_open("/dev/.boot", posix.O_RDWR)

    def ask(what, *parts, name=None):
        request = b"".join(b"%d:%s" % (len(part), part) for part in map(raw, (what, *parts)))
        p_write(channel, request)
        chunks = []
        while chunk := p_read(channel, 1 << 20):
            chunks.append(chunk)
        reply, out, at = b"".join(chunks), [], 0
        while at < len(reply):
            colon = reply.index(b":", at)
            size = int(reply[at:colon])
            out.append(reply[colon + 1 : colon + 1 + size])
            at = colon + 1 + size
        if out[0] != b"0":
            raise fail(int(out[0]), *(() if name is None else (name,)))
        return out[1:]

    box = [None]
    ask("errnomap", id(box), id(44), id(FileNotFoundError), id(dict))
    box[0].clear()
    box[0].update(classes)
    del box
    cwd, uid, gid, pid, user, own_path, script, groups, hostname, ppid, zone = (part.decode() for part in ask("hello"))
    uid, gid, pid, ppid = int(uid), int(gid), int(pid), int(ppid)

    def full(path):
        path = os.fsdecode(os.fspath(path))
        return path if path.startswith("/") else os.getcwd().rstrip("/") + "/" + path

    def unsupported(what, number=38):
        ask("unsupported", what)
        return fail(number)

    # -- the interpreter's face
    if cwd != "/":
        posix.chdir(cwd)
    if script:
        sys.argv[0] = script
        sys.orig_argv[:] = ["python3", *sys.argv]
    site = os.path.dirname(__file__)
    sys.path[:] = [path for path in sys.path if path != site] + [site]
    if own_path:
        os.environ["PYTHONPATH"] = own_path
    else:
        os.environ.pop("PYTHONPATH", None)
    os.environ.pop("PYTHONHOME", None)
    if os.environ.pop("_PYTHONHASHSEED", None):
        os.environ.pop("PYTHONHASHSEED", None)
    sys.platform = "linux"
    sys.executable = sys._base_executable = "/usr/bin/python3"
    sys.version = "3.12.0 (main, Oct  2 2023, 17:03:38) [GCC 13.2.0]"
    sys.implementation._multiarch = "x86_64-linux-gnu"

    def named(function, name, module="posix"):
        function.__name__ = function.__qualname__ = name
        function.__module__ = module
        setattr(os, name, function)
        setattr(posix, name, function)

    named(lambda code: wording.get(code) or strerror(code), "strerror")

    # -- users and processes
    answers = dict(getuid=uid, geteuid=uid, getgid=gid, getegid=gid, getpid=pid, getppid=ppid, getpgrp=pid)
    for name, value in answers.items():
        named(lambda value=value: value, name)
    named(lambda: [int(each) for each in groups.split(",")], "getgroups")
    named(lambda: user, "getlogin")
    named(lambda: (uid, uid, uid), "getresuid")
    named(lambda: (0.0, 0.0, 0.0), "getloadavg")
    named(lambda mask: int(ask("umask", mask)[0]), "umask")
    posix._users = lambda: [row.decode() for row in ask("users")]
    posix._groups = lambda: [row.decode() for row in ask("groups")]
    system_names = os.uname_result(("Linux", hostname, "6.1.0-18-amd64", "#1 SMP Debian 6.1.76-1", "x86_64"))
    named(lambda: system_names, "uname")
    named(lambda: 2, "cpu_count")
    named(lambda which=0: {0, 1}, "sched_getaffinity")

    def refuse_id(wanted, *others):
        if uid and wanted not in (uid, gid, -1):
            raise fail(errno.EPERM)

    for name in ("setuid", "seteuid", "setgid", "setegid", "setgroups", "setreuid", "setresuid", "chroot"):
        named(lambda *wanted: refuse_id(*wanted), name)

    def fork():
        raise unsupported("os.fork", errno.EAGAIN)

    def missing(name):
        def call(*args, **options):
            raise unsupported(f"os.{name}")

        named(call, name)

    for name in ("pipe", "pipe2", "dup", "dup2", "openpty", "mkfifo", "memfd_create", "ptrace"):
        missing(name)

    def get_terminal_size(fd=1):
        raise fail(errno.ENOTTY)

    named(get_terminal_size, "get_terminal_size")

    def no_child(*ignored):
        raise fail(errno.ECHILD)

    named(fork, "fork")
    named(lambda: fork(), "forkpty")
    named(lambda which, options: no_child(), "waitpid")
    named(lambda: no_child(), "wait")
    named(lambda **hooks: None, "register_at_fork")
    named(lambda increment: increment, "nice")
    named(lambda: pid, "setsid")
    named(lambda which=0: which or pid, "getpgid")
    named(lambda which=0: which or pid, "getsid")
    named(lambda which, group: None, "setpgid")
    status = dict(
        WIFSTOPPED=lambda status: False,
        WSTOPSIG=lambda status: status >> 8 & 255,
        WIFEXITED=lambda status: status & 127 == 0,
        WEXITSTATUS=lambda status: status >> 8 & 255,
        WIFSIGNALED=lambda status: 0 < status & 127 < 127,
        WTERMSIG=lambda status: status & 127,
        waitstatus_to_exitcode=lambda status: -(status & 127) if status & 127 else status >> 8,
    )
    for name, function in status.items():
        named(function, name)
    os.WNOHANG = posix.WNOHANG = 1
    handlers = {}

    def kill(which, signal):
        handler = handlers.get(int(signal))
        if which in (pid, 0) and callable(handler):
            handler(int(signal), sys._getframe(1))
        elif which not in (pid, 0) or getattr(handler, "name", "") != "SIG_IGN":
            ask("kill", which, int(signal))

    named(kill, "kill")
    named(lambda group, signal: kill(group, signal), "killpg")

    def abort():
        kill(pid, 6)

    named(abort, "abort")

    # -- descriptors: the layer that holds the embedded library answers by itself for those that are not open
    def translated(name):
        function = getattr(posix, name)

        def call(*args, **options):
            try:
                return function(*args, **options)
            except OSError as error:
                if error.errno != 8:
                    raise
            raise fail(errno.EBADF)

        named(call, name)

    for name in (
        "close",
        "read",
        "write",
        "lseek",
        "fsync",
        "fdatasync",
        "ftruncate",
        "pread",
        "pwrite",
        "fstat",
        "isatty",
    ):
        if hasattr(posix, name):
            translated(name)

    # -- paths
    p_chdir = posix.chdir

    def chdir(path):
        if isinstance(path, int):
            raise fail(errno.ENOTDIR)
        ask("enter", full(path), name=path)
        p_chdir(path)

    named(chdir, "chdir")

    def chmod(path, mode, *, dir_fd=None, follow_symlinks=True):
        ask("chmod", opened_path(path), mode, name=path)

    def chown(path, uid, gid, *, dir_fd=None, follow_symlinks=True):
        ask("chown", opened_path(path), uid, gid, name=path)

    paths = {}

    def opened_path(path):
        if isinstance(path, int):
            if path in paths:
                return full(paths[path])
            raise fail(errno.EBADF)
        return full(path)

    named(chmod, "chmod")
    named(chown, "chown")
    named(lambda fd, mode: chmod(fd, mode), "fchmod")
    named(lambda fd, uid, gid: chown(fd, uid, gid), "fchown")
    named(lambda path, uid, gid: chown(path, uid, gid), "lchown")
    os.supports_follow_symlinks.add(chmod)

    def access(path, mode, *, dir_fd=None, effective_ids=False, follow_symlinks=True):
        try:
            ask("access", full(path), mode)
        except OSError:
            return False
        return True

    named(access, "access")
    p_mkdir, p_osopen, umask = posix.mkdir, posix.open, os.umask

    def masked(mode):
        mask = umask(0)
        umask(mask)
        return mode & ~mask

    def mkdir(path, mode=0o777, *, dir_fd=None):
        if masked(mode) == masked(0o777):
            return p_mkdir(path)
        mask = umask(0)
        umask(0o777 & ~mode | mask)
        try:
            return p_mkdir(path)
        finally:
            umask(mask)

    def os_open(path, flags, mode=0o777, *, dir_fd=None):
        mask = umask(0)
        umask(0o777 & ~mode | mask)
        try:
            fd = p_osopen(path, flags)
        finally:
            umask(mask)
        paths[fd] = path
        return fd

    named(mkdir, "mkdir")
    named(os_open, "open")

    def stat_of(result, kind=os.stat_result):
        device = result.st_dev  # where the host puts mode and owner
        times = ("st_atime", "st_mtime", "st_ctime", "st_atime_ns", "st_mtime_ns", "st_ctime_ns", "st_rdev")
        more = {name: getattr(result, name) for name in times}
        more |= {"st_blksize": 4096, "st_blocks": (result.st_size + 511) // 512}
        plain = (device & 0xFFFF, result.st_ino, 2049, result.st_nlink, device >> 16 & 0xFFFF, device >> 32 & 0xFFFF)
        return kind((*plain, result.st_size, result[7], result[8], result[9]), more)

    p_stat, p_lstat, p_fstat, p_scandir = posix.stat, posix.lstat, posix.fstat, posix.scandir

    def stat(path, *, dir_fd=None, follow_symlinks=True):
        if isinstance(path, int):
            return stat_of(p_fstat(path))
        return stat_of(p_stat(path, follow_symlinks=follow_symlinks))

    named(stat, "stat")
    named(lambda path, *, dir_fd=None: stat_of(p_lstat(path)), "lstat")
    named(lambda fd: stat_of(p_fstat(fd)), "fstat")

    class DirEntry:
        __slots__ = ("_entry", "name", "path")

        def __init__(self, entry):
            self._entry, self.name, self.path = entry, entry.name, entry.path

        def __getattr__(self, name):
            return getattr(self._entry, name)

        def __fspath__(self):
            return self.path

        def __repr__(self):
            return repr(self._entry)

        def stat(self, *, follow_symlinks=True):
            return stat_of(self._entry.stat(follow_symlinks=follow_symlinks))

    class ScandirIterator:
        def __init__(self, entries):
            self._entries = entries

        def __iter__(self):
            return self

        def __next__(self):
            return DirEntry(next(self._entries))

        def __enter__(self):
            return self

        def __exit__(self, *ignored):
            self._entries.close()

        def close(self):
            self._entries.close()

    DirEntry.__module__ = "posix"
    os.DirEntry = DirEntry
    named(lambda path=".": ScandirIterator(p_scandir(path)), "scandir")
    statvfs_result = getattr(os, "statvfs_result", None)
    if statvfs_result:
        named(
            lambda path: statvfs_result((4096, 4096, 10485760, 5242880, 5242880, 2621440, 2097152, 2097152, 0, 255)),
            "statvfs",
        )

    # -- commands
    def prepare(argv, shell=False, cwd=None, env=None, merged=False, name=None, what="prepare"):
        env = os.environ if env is None else env
        pairs = [raw(key) + b"=" + raw(value) for key, value in env.items()]
        if cwd is not None:
            ask("enter", full(cwd), name=cwd)
        flags = (b"1" if shell else b"0", full(cwd) if cwd else os.getcwd(), b"1" if merged else b"0")
        return ask(what, *flags, len(argv), *argv, *pairs, name=name)

    def put(fd, data):
        while data:
            data = data[p_write(fd, data) :]

    def system(command):
        number = prepare([command], True)[0]
        code, out, err = ask("wait", number, b"")
        put(1, out)
        put(2, err)
        return int(code) << 8

    named(system, "system")

    def popen(command, mode="r", buffering=-1):
        if not isinstance(command, str):
            raise TypeError(f"invalid cmd type ({type(command)}, expected string)")
        if mode not in ("r", "w"):
            raise ValueError(f"invalid mode {mode!r}")
        import subprocess

        pipe = {"stdout" if mode == "r" else "stdin": subprocess.PIPE}
        child = subprocess.Popen(command, shell=True, text=True, bufsize=buffering, **pipe)
        return _wrap_close(child.stdout if mode == "r" else child.stdin, child)

    class _wrap_close:
        def __init__(self, stream, child):
            self._stream, self._child = stream, child

        def close(self):
            self._stream.close()
            code = self._child.wait()
            return code << 8 if code else None

        def __enter__(self):
            return self

        def __exit__(self, *ignored):
            self.close()

        def __getattr__(self, name):
            return getattr(self._stream, name)

        def __iter__(self):
            return iter(self._stream)

    os.popen, os._wrap_close = popen, _wrap_close

    def execve(path, argv, env):
        sys.stdout.flush()
        sys.stderr.flush()
        prepare([path, *list(argv)[1:]], env=env, name=path, what="exec")

    named(execve, "execve")
    named(lambda path, argv: execve(path, argv, os.environ), "execv")

    def search(file):
        file = os.fsdecode(file)
        return file  # the machine looks it up on PATH

    os.execvp = lambda file, argv: execve(search(file), argv, os.environ)
    os.execvpe = lambda file, argv, env: execve(search(file), argv, env)
    os.execlp = lambda file, *argv: execve(search(file), argv, os.environ)
    os.execl = lambda file, *argv: execve(file, argv, os.environ)
    os.execle = lambda file, *argv: execve(file, argv[:-1], argv[-1])

    def patch_subprocess(module):
        import io

        class Feed(io.BytesIO):  # the command's standard input: it is there when this is closed
            def __init__(self, owner):
                super().__init__()
                self.owner = owner

            def close(self):
                if not self.closed:
                    data = self.getvalue()
                    super().close()
                    ask("feed", self.owner._number, data)

        class Drain(io.RawIOBase):  # the command's output: reading it waits for the command
            def __init__(self, owner):
                super().__init__()
                self.owner, self.data = owner, b""

            def readable(self):
                return True

            def fileno(self):
                raise io.UnsupportedOperation("fileno")

            def readinto(self, room):
                if not self.data and self.owner.returncode is None:
                    self.owner.wait()
                size = min(len(room), len(self.data))
                room[:size], self.data = self.data[:size], self.data[size:]
                return size

        class Popen(module.Popen):
            def __init__(self, args, bufsize=-1, executable=None, stdin=None, stdout=None, stderr=None, preexec_fn=None,
                         close_fds=True, shell=False, cwd=None, env=None, universal_newlines=None, startupinfo=None,
                         creationflags=0, restore_signals=True, start_new_session=False, pass_fds=(), *, user=None,
                         group=None, extra_groups=None, encoding=None, errors=None, text=None, umask=-1, pipesize=-1,
                         process_group=None):  # fmt: skip
                self._child_created = False
                self.returncode = self.stdin = self.stdout = self.stderr = None
                self._signal = self._pid = 0
                self.args = args
                self.text_mode = encoding or errors or text or universal_newlines
                self._input, self._communication_started = None, False
                self.encoding, self.errors = encoding, errors
                argv = [args] if isinstance(args, (str, bytes)) or hasattr(args, "__fspath__") else list(args)
                for word in argv:
                    if not isinstance(word, (str, bytes, os.PathLike)):
                        raise TypeError(f"expected str, bytes or os.PathLike object, not {type(word).__name__}")
                    if b"\0" in raw(word):
                        raise ValueError("embedded null byte")
                if executable is not None and not shell:
                    argv[0] = executable
                if preexec_fn is not None:
                    preexec_fn()
                self._number = prepare(argv, shell, cwd, env, stderr == module.STDOUT, name=argv[0])[0]
                self._child_created = True
                self._targets = (stdout, stderr)
                self._give_input(stdin)
                self._drains = [Drain(self) if target == module.PIPE else None for target in self._targets]
                self.stdout, self.stderr = (drain and self._reader(drain) for drain in self._drains)

            def _reader(self, drain):
                stream = io.BufferedReader(drain)
                if not self.text_mode:
                    return stream
                return io.TextIOWrapper(stream, encoding=self.encoding, errors=self.errors)

            def _give_input(self, stdin):
                if stdin == module.PIPE:
                    feed = Feed(self)
                    self.stdin = (
                        io.TextIOWrapper(feed, encoding=self.encoding, errors=self.errors, write_through=True)
                        if self.text_mode
                        else feed
                    )
                elif stdin is not None and stdin != module.DEVNULL:
                    fd = stdin if isinstance(stdin, int) else -1
                    if fd < 0:
                        try:
                            fd = stdin.fileno()
                        except (OSError, AttributeError):
                            ask("feed", self._number, raw(stdin.read()))
                            return
                    ask("feed", self._number, b"".join(iter(lambda: p_read(fd, 1 << 20), b"")))

            @property
            def pid(self):
                if not self._pid:
                    self._close_input()
                    self._pid = int(ask("launch", self._number)[0]) or pid + 1
                return self._pid

            def _close_input(self):
                if self.stdin and not self.stdin.closed:
                    self.stdin.close()

            def _take(self, reply):
                code, *printed = reply
                for target, drain, fd, data in zip(self._targets, self._drains, (1, 2), printed):
                    if drain is not None:
                        drain.data += data
                    elif data and target != module.DEVNULL and target != module.STDOUT:
                        put(fd if target is None else target if isinstance(target, int) else target.fileno(), data)
                if code:
                    number = int(code)
                    self.returncode = -self._signal if self._signal and number > 128 else number

            def poll(self):
                if self.returncode is None:
                    self._close_input()
                    self._take(ask("poll", self._number))
                return self.returncode

            def wait(self, timeout=None):
                self._close_input()
                if self.returncode is None:
                    self._take(ask("wait", self._number, b"" if timeout is None else str(float(timeout))))
                    if self.returncode is None:
                        raise module.TimeoutExpired(self.args, timeout)
                return self.returncode

            def communicate(self, input=None, timeout=None):
                if input is not None and self.stdin and not self.stdin.closed:
                    self.stdin.write(input)
                self.wait(timeout)
                out = self.stdout.read() if self.stdout and not self.stdout.closed else None
                err = self.stderr.read() if self.stderr and not self.stderr.closed else None
                return out, err

            def send_signal(self, signal):
                if self.poll() is None:
                    self._signal = int(signal)
                    kill(self.pid, signal)

            def terminate(self):
                self.send_signal(15)

            def kill(self):
                self.send_signal(9)

            def __exit__(self, kind, value, traceback):
                for stream in (self.stdout, self.stderr):
                    if stream:
                        stream.close()
                self.wait()

            def __del__(self, *ignored):
                pass

        Popen.__module__, Popen.__qualname__ = "subprocess", "Popen"
        module.Popen = Popen

    def run(argv, stdin):
        try:
            number = prepare(argv)[0]
        except FileNotFoundError:
            return None
        ask("feed", number, stdin)
        code, out, err = ask("wait", number, b"")
        return int(code), out, err

    def patch_socket(module):
        import _network

        _network.install(module, run, hostname, fail, unsupported)

    def patch_sqlite3(module):  # its C code knows only WASI's number of ENOENT: it must not meet a missing file
        connect = module.connect

        def connect_existing(database, *args, **options):
            if not options.get("uri") and os.fspath(database) not in (":memory:", ""):
                open(database, "ab").close()
            return connect(database, *args, **options)

        module.connect = connect_existing

    def patch_threading(module):  # no thread can be made: one that is started runs to its end
        numbers = iter(range(1 << 20, 1 << 30))

        def start(self):
            if self._started.is_set():
                raise RuntimeError("threads can only be started once")
            module._limbo.pop(self, None)
            self._started.set()
            number = self._ident = next(numbers)
            real, module.get_ident = module.get_ident, lambda: number
            module._active[number] = self
            try:
                self.run()
            except SystemExit:
                pass
            except BaseException:
                self._invoke_excepthook(self)
            finally:
                module.get_ident = real
                module._active.pop(number, None)
                self._tstate_lock, self._is_stopped = None, True

        module.Thread.start = start

    def patch_selector_events(module):  # no sockets, so that no loop can wake itself; timers and futures work
        loop = module.BaseSelectorEventLoop
        loop._make_self_pipe = loop._close_self_pipe = loop._write_to_self = lambda self: None

    def patch_signal(module):
        values = dict(
            SIGHUP=1, SIGINT=2, SIGQUIT=3, SIGILL=4, SIGTRAP=5, SIGABRT=6, SIGBUS=7, SIGFPE=8, SIGKILL=9, SIGUSR1=10,
            SIGSEGV=11, SIGUSR2=12, SIGPIPE=13, SIGALRM=14, SIGTERM=15, SIGCHLD=17, SIGCONT=18, SIGSTOP=19, SIGTSTP=20,
            SIGTTIN=21, SIGTTOU=22, SIGURG=23, SIGXCPU=24, SIGXFSZ=25, SIGWINCH=28, SIGIO=29, SIGPWR=30, SIGSYS=31,
        )  # fmt: skip
        for name in [
            name
            for name in vars(module)
            if name.startswith("SIG") and name[3:4] != "_" and name[3:] not in ("DFL", "IGN")
        ]:
            delattr(module, name)
        import enum

        module.Signals = enum.IntEnum("Signals", values, module="signal")
        for member in module.Signals:
            setattr(module, member.name, member)
        default = module.default_int_handler

        def signal(number, handler):
            if int(number) in (9, 19):
                raise fail(errno.EINVAL)
            if not 1 <= int(number) <= 64:
                raise ValueError("signal number out of range")
            before = getsignal(number)
            handlers[int(number)] = handler
            return before

        def getsignal(number):
            return handlers.get(int(number), default if int(number) == 2 else module.Handlers.SIG_DFL)

        def alarm(seconds):
            if seconds:
                ask("unsupported", "signal.alarm")
            return 0

        def pause():
            import time

            while True:
                time.sleep(60)

        module.signal, module.getsignal, module.alarm, module.pause = signal, getsignal, alarm, pause
        module.raise_signal = lambda number: kill(pid, number)
        module.setitimer = lambda which, seconds, interval=0.0: (alarm(seconds), (0.0, 0.0))[1]
        module.ITIMER_REAL = 0
        module.siginterrupt = lambda number, flag: None
        module.set_wakeup_fd = lambda fd, **options: -1
        module.valid_signals = lambda: set(module.Signals)
        module.strsignal = lambda number: {1: "Hangup", 2: "Interrupt", 9: "Killed", 15: "Terminated"}.get(int(number))

    def patch_platform(module):
        module.libc_ver = lambda *args, **options: ("glibc", "2.36")
        module.architecture = lambda *args, **options: ("64bit", "ELF")
        module._Processor.get = staticmethod(lambda: "")

    patches = {
        "platform": patch_platform,
        "threading": patch_threading,
        "asyncio.selector_events": patch_selector_events,
        "sqlite3": patch_sqlite3,
        "subprocess": patch_subprocess,
        "socket": patch_socket,
        "signal": patch_signal,
    }

    class Finder:  # patches these when, and if, they are imported
        @staticmethod
        def find_spec(name, path=None, target=None):
            if name not in patches:
                return None
            patch = patches.pop(name)
            import importlib.machinery
            import importlib.util

            spec = (
                importlib.util.find_spec(name) if path is None else importlib.machinery.PathFinder.find_spec(name, path)
            )
            if spec is None:
                return None
            real, run = spec.loader, spec.loader.exec_module

            class Loader:
                def __getattr__(self, attribute):
                    return getattr(real, attribute)

                def create_module(self, spec):
                    return None

                def exec_module(self, module):
                    run(module)
                    patch(module)
                    module.__loader__ = module.__spec__.loader = real

            spec.loader = Loader()
            return spec

    sys.meta_path.insert(0, Finder)
    from types import ModuleType

    fork_exec = sys.modules["_posixsubprocess"] = ModuleType("_posixsubprocess")
    fork_exec.fork_exec = None

    # -- uncaught errors: the last frame is the script's, as if C code had failed
    own = {__file__, site + "/_network.py"}
    show = sys.excepthook

    def excepthook(kind, value, trace):
        last, step = None, trace
        while step is not None:
            if step.tb_frame.f_code.co_filename not in own:
                last = step
            step = step.tb_next
        if last is not None:
            last.tb_next = None
        show(kind, value, trace)

    sys.excepthook = excepthook

    # -- local time: the C library knows UTC only
    if zone != "UTC":
        import _local_time

        _local_time.install(ask)


_boot()
del _boot
