"""The groups of the machine, as the machine knows them."""

import posix
from collections import namedtuple

struct_group = namedtuple("struct_group", "gr_name gr_passwd gr_gid gr_mem")
struct_group.__module__ = "grp"
struct_group.__qualname__ = "struct_group"


def getgrall():
    rows = [row.split("\n") for row in posix._groups()]
    return [struct_group(name, "x", int(gid), members.split(",") if members else []) for name, gid, members in rows]


def getgrnam(name):
    for row in getgrall():
        if row.gr_name == name:
            return row
    raise KeyError(f"getgrnam(): name not found: {name!r}")


def getgrgid(gid):
    for row in getgrall():
        if row.gr_gid == gid:
            return row
    raise KeyError(f"getgrgid(): gid not found: {gid}")
