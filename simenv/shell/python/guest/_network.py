"""Sockets of guests: names and web servers of the simulated network, by way of the machine's own `ping` and `curl`."""

import errno
import io

LOOPBACK = ("localhost", "127.0.0.1", "::1", "0.0.0.0", "")
WEB_PORTS = {80: "http", 443: "https", 8000: "http", 8080: "http", 8443: "https"}
REASONS = {200: "OK", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed"}


def install(module, run, hostname, fail, unsupported):
    """Replace what the socket module of WASI lacks.

    `run(argv, stdin)` runs a program of the machine and returns its code and both outputs; None if there is no such program.
    """
    names = {}  # address → the name that it was resolved from

    def unknown(code=-2, text="Name or service not known"):
        return module.gaierror(code, text)

    def resolve(host):
        host = host.decode() if isinstance(host, bytes) else host
        if host in LOOPBACK or host is None or host == hostname:
            return "127.0.0.1"
        if host.replace(".", "").isdigit():
            return host
        done = run(["ping", "-c", "1", host], b"")
        if done is None:
            raise unknown(-3, "Temporary failure in name resolution")
        if done[0] == 2:
            raise unknown()
        number = sum(ord(letter) * 31**place for place, letter in enumerate(host)) % 65_024 + 257
        address = f"10.20.{number >> 8}.{number & 255}"
        names[address] = host
        return address

    def getaddrinfo(host, port, family=0, type=0, proto=0, flags=0):
        port = module.getservbyname(port) if isinstance(port, str) and not port.isdigit() else int(port or 0)
        return [(module.AF_INET, type or module.SOCK_STREAM, 6, "", (resolve(host), port))]

    class socket:
        def __init__(self, family=-1, type=-1, proto=-1, fileno=None):
            self.family = module.AF_INET if family == -1 else family
            self.type = module.SOCK_STREAM if type == -1 else type
            self.proto = 0 if proto == -1 else proto
            self._timeout = module.getdefaulttimeout()
            self._peer, self._sent, self._reply, self._secure = None, b"", None, False

        def __enter__(self):
            return self

        def __exit__(self, *ignored):
            self.close()

        def settimeout(self, seconds):
            self._timeout = seconds

        def gettimeout(self):
            return self._timeout

        def setblocking(self, blocks):
            self._timeout = None if blocks else 0.0

        def setsockopt(self, *ignored):
            pass

        def getsockopt(self, *ignored):
            return 0

        def fileno(self):
            return -1

        def close(self):
            pass

        detach = shutdown = lambda self, *ignored: None

        def bind(self, address):
            raise unsupported("socket.bind", errno.EACCES)

        def listen(self, backlog=0):
            raise unsupported("socket.listen", errno.EACCES)

        def connect(self, address):
            if self.family == getattr(module, "AF_UNIX", None) or isinstance(address, (str, bytes)):
                raise fail(errno.ENOENT)
            host, port = address[:2]
            found = resolve(host)
            if found.startswith("127.") or self.type != module.SOCK_STREAM:
                raise fail(errno.ECONNREFUSED)
            if found not in names:
                raise fail(errno.ENETUNREACH)
            if port not in WEB_PORTS:
                raise fail(errno.ECONNREFUSED)
            self._peer = (found, port)

        def connect_ex(self, address):
            try:
                self.connect(address)
            except OSError as error:
                return error.errno
            return 0

        def getpeername(self):
            if self._peer is None:
                raise fail(errno.ENOTCONN)
            return self._peer

        def getsockname(self):
            return ("0.0.0.0", 0)

        def send(self, data, flags=0):
            self.getpeername()
            self._sent += bytes(data)
            if self._is_complete():
                self._answer()
            return len(data)

        def _is_complete(self):
            head, end, body = self._sent.partition(b"\r\n\r\n")
            for line in head.lower().split(b"\r\n"):
                if line.startswith(b"content-length:"):
                    return len(body) >= int(line[15:])
                if line.startswith(b"transfer-encoding: chunked"):
                    return body.endswith(b"0\r\n\r\n")
            return bool(end)

        def sendall(self, data, flags=0):
            self.send(data)

        def sendto(self, data, *address):
            raise fail(errno.ENETUNREACH)

        def recv(self, size, flags=0):
            self.getpeername()
            return self._answer().read(size)

        def recv_into(self, room, size=0, flags=0):
            data = self.recv(size or len(room))
            room[: len(data)] = data
            return len(data)

        def recvfrom(self, size, flags=0):
            raise fail(errno.ENOTCONN)

        accept = recvfrom

        def makefile(self, mode="r", buffering=None, **options):
            if "w" in mode:
                return _Sending(self)
            stream = self._answer()
            return stream if "b" in mode else io.TextIOWrapper(stream, **options)

        def _answer(self):
            if self._reply is None:
                self._reply = io.BytesIO(self._exchange())
            return self._reply

        def _exchange(self):
            head, _, body = self._sent.partition(b"\r\n\r\n")
            words = head.split(b"\r\n")[0].decode("latin-1").split(" ")
            if len(words) != 3:
                raise fail(errno.ECONNRESET)
            address, port = self._peer
            scheme = "https" if self._secure else WEB_PORTS[port]
            return _fetch(words[0], f"{scheme}://{names[address]}:{port}{words[1]}", body)

    class _Sending(io.RawIOBase):
        def __init__(self, owner):
            self.owner = owner

        def writable(self):
            return True

        def write(self, data):
            return self.owner.send(data)

    def _fetch(method, url, body):
        argv = ["curl", "-sS", "-f", url]
        if method == "HEAD":
            argv.insert(1, "-I")
        elif method == "PUT":
            argv[1:1] = ["-T", "-"]
        elif method not in ("GET", "OPTIONS"):
            argv[1:1] = ["-X", method, "--data-binary", "@-"]
        done = run(argv, body)
        if done is None or done[0] == 6:
            raise unknown(-3, "Temporary failure in name resolution")
        code, out, err = done
        if code == 22:
            return _response(int(err.split()[-1]), b"")
        if code:
            number = {7: errno.ECONNREFUSED, 28: errno.ETIMEDOUT}.get(code, errno.ECONNRESET)
            raise fail(number)
        if method == "HEAD":
            return out.strip().replace(b"\n", b"\r\n") + b"\r\nConnection: close\r\n\r\n"
        return _response(405 if b"405 Method Not Allowed" in out[:80] else 200, out)

    def _response(status, body):
        head = f"HTTP/1.1 {status} {REASONS.get(status, 'Error')}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        return head.encode() + body

    def create_connection(address, timeout=None, source_address=None, *, all_errors=False):
        made = socket()
        made.settimeout(timeout if isinstance(timeout, (int, float)) else None)
        made.connect(address)
        return made

    def gethostbyaddr(address):
        if address in names:
            return names[address], [], [address]
        raise module.herror(1, "Unknown host")

    services = {"http": 80, "https": 443, "ssh": 22, "smtp": 25, "domain": 53, "ftp": 21}

    def getservbyname(name, protocol="tcp"):
        if name not in services:
            raise OSError("service/proto not found")
        return services[name]

    socket.__module__ = "socket"
    numbers = dict(
        AF_UNSPEC=0, AF_UNIX=1, AF_INET=2, AF_INET6=10, SOCK_STREAM=1, SOCK_DGRAM=2, SOCK_RAW=3, SOL_SOCKET=1, SO_REUSEADDR=2,
        SO_BROADCAST=6, SO_KEEPALIVE=9, SO_REUSEPORT=15, IPPROTO_TCP=6, IPPROTO_UDP=17, TCP_NODELAY=1, SHUT_RD=0, SHUT_WR=1,
        SHUT_RDWR=2, AI_PASSIVE=1, INADDR_ANY=0, SOMAXCONN=4096,
    )  # fmt: skip
    for name, number in numbers.items():
        setattr(module, name, number)  # WASI has others
    for name in ("herror", "gaierror"):
        if not hasattr(module, name):
            setattr(module, name, type(name, (OSError,), {"__module__": "socket"}))
    default = [None]
    module.getdefaulttimeout = lambda: default[0]
    module.setdefaulttimeout = lambda seconds: default.__setitem__(0, seconds)
    module.socket = module.SocketType = socket
    module.create_connection = create_connection
    module.getaddrinfo, module.getservbyname, module.gethostbyaddr = getaddrinfo, getservbyname, gethostbyaddr
    module.gethostbyname = resolve
    module.gethostbyname_ex = lambda host: (host, [], [resolve(host)])
    module.gethostname = lambda: hostname
    module.getfqdn = lambda name="": name or hostname
    module.has_ipv6 = False
