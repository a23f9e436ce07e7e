"""ssl for guests: no connection of theirs is encrypted, since none leaves the simulation."""


class SSLError(OSError):
    pass


class SSLWantReadError(SSLError):
    pass


class SSLWantWriteError(SSLError):
    pass


class SSLSyscallError(SSLError):
    pass


class SSLEOFError(SSLError):
    pass


class SSLZeroReturnError(SSLError):
    pass


class MemoryBIO:
    pass


class SSLObject:
    pass


class SSLSocket:
    pass


class Purpose:
    SERVER_AUTH = CLIENT_AUTH = None


class SSLCertVerificationError(SSLError, ValueError):
    pass


CERT_NONE, CERT_OPTIONAL, CERT_REQUIRED = 0, 1, 2
PROTOCOL_TLS = PROTOCOL_TLS_CLIENT = 16
OPENSSL_VERSION = "OpenSSL 3.0.11 19 Sep 2023"


class SSLContext:
    def __init__(self, protocol=None):
        self.check_hostname = True
        self.verify_mode = 2
        self.post_handshake_auth = None

    def wrap_socket(self, sock, *args, **options):
        sock._secure = True
        return sock

    def __getattr__(self, n):
        return lambda *a, **k: None


def create_default_context(*a, **k):
    return SSLContext()


_create_unverified_context = _create_default_https_context = _create_stdlib_context = create_default_context
