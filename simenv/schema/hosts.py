"""Machines: users, files, processes, services, scheduled jobs."""

from __future__ import annotations

import shlex
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from simenv.schema.base import ByteSize, Duration, Id, Mode, Part, Path, Text


def _check_command(value: str) -> str:
    try:
        words = shlex.split(value)
    except ValueError as error:
        raise ValueError(f"not a command line ({error}); close each quote") from None
    if not words:
        raise ValueError("not a command line; write the program and its arguments")
    return value


CommandLine = Annotated[str, AfterValidator(_check_command)]
"""A program and its arguments, quoted as for a shell."""


class User(Part):
    """A login on a host."""

    principal: Id
    """Who logs in with it: `agent`, a person, or any other name for a service account."""
    groups: list[str] = Field(default_factory=list)
    """Groups it belongs to; members of `power` may switch the host off, of `sudo` may act as root."""
    home: Path = "/"
    """Home directory."""
    keys: list[Id] = Field(default_factory=list)
    """Names of key pairs whose private half lies in `~/.ssh`, e.g. `id_ed25519`; ssh tries those that start with `id_`."""
    accepts: list[Id] = Field(default_factory=list)
    """Names of key pairs with which one can log in as this user."""


class File(Part):
    """A file, directory or symbolic link."""

    kind: Literal["file", "dir", "link"] = "file"
    """What it is."""
    owner: str = "root"
    """User who owns it."""
    group: str = ""
    """Group; the owner's name if empty."""
    mode: Mode | None = None
    """Permission bits in octal and quotes; by default 644 for files, 755 for directories."""
    content: Text = ""
    """Text of a file; target of a link."""
    program: str = ""
    """For an executable: the built-in program that it stands for, one of the world's `PROGRAMS`."""
    size: ByteSize | None = None
    """Size, where the file holds bulk data beyond its `content`: bytes, or with a unit (`8 GB`)."""
    artifact: Id | None = None
    """The artifact that the file holds; with `size`, its bytes."""


class Service(Part):
    """A unit of the host's service manager; it runs from the start."""

    description: str
    """One line, as `systemctl status` shows it."""
    user: str = "root"
    """User whose process it is; that user and root may stop it."""
    command: CommandLine
    """Command line, as `ps` shows it."""


class Process(Part):
    """A process that runs from the start and belongs to no service."""

    user: str
    """Whose it is."""
    command: str
    """Command line, as `ps` shows it."""


class Job(Part):
    """A command in the `at` queue from the start."""

    at: Duration
    """When it is due, counted from the start."""
    user: str
    """Whose job it is; that user and root may remove it."""
    command: Text
    """The shell command to run."""


class Web(Part):
    """What a host serves over https (and http)."""

    root: Path = "/var/www"
    """Directory whose files can be fetched."""
    uploads: Path | None = None
    """Directory into which anybody can upload; none if left out."""
    user: str = "root"
    """User as whom it reads and writes."""
    service: str = ""
    """The service that does it, one of the host's; while it is stopped nobody answers. Empty: it always answers."""


class Host(Part):
    """A machine."""

    LATER = frozenset({"disk"})

    hostname: Text
    """The name that people and `hostname` use."""
    zone: Id = "office"
    """Network zone it stands in."""
    forwards: bool = False
    """Whether data may pass through it from one link to another, as through a gateway."""
    users: dict[str, User] = Field(default_factory=dict)
    """Logins, by user name; `root` always exists."""
    path: str = "/usr/local/bin:/usr/bin:/bin"
    """PATH of sessions and services."""
    files: dict[Path, File] = Field(default_factory=dict)
    """Files beside the stock system (`/usr/bin`, `/etc/hostname`, home directories …), by path."""
    services: dict[str, Service] = Field(default_factory=dict)
    """Services beside the stock ones (`atd`, `cron`), by unit name."""
    disk: ByteSize | None = None
    """Size of its disk, the operating system's share included. Default: 50 GiB, or 32 times the world's bulk data."""
    capacity: dict[Id, float] = Field(default_factory=dict)
    """What it has to run large programs with, e.g. `accelerators: 8`."""
    processes: dict[Id, Process] = Field(default_factory=dict)
    """Other processes, by short name."""
    jobs: dict[Id, Job] = Field(default_factory=dict)
    """The `at` queue at the start."""
    crontabs: dict[str, Text] = Field(default_factory=dict)
    """Crontabs, by user name."""
    web: Web | None = None
    """Its web server, if it has one."""
