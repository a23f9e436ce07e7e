"""The users of the machine, as the machine knows them."""

import posix
from collections import namedtuple

struct_passwd = namedtuple("struct_passwd", "pw_name pw_passwd pw_uid pw_gid pw_gecos pw_dir pw_shell")
struct_passwd.__module__ = "pwd"
struct_passwd.__qualname__ = "struct_passwd"


def getpwall():
    rows = [row.split("\n") for row in posix._users()]
    return [struct_passwd(name, "x", int(uid), int(gid), "", home, shell) for name, uid, gid, home, shell in rows]


def getpwnam(name):
    for row in getpwall():
        if row.pw_name == name:
            return row
    raise KeyError(f"getpwnam(): name not found: {name!r}")


def getpwuid(uid):
    for row in getpwall():
        if row.pw_uid == uid:
            return row
    raise KeyError(f"getpwuid(): uid not found: {uid}")
