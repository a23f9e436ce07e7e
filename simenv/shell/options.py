"""Command-line options, read as getopt reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from simenv.shell.errors import UsageFault
from simenv.shell.synopses import answer


class Spec(NamedTuple):
    """The options of a program.

    Attributes:
        flags: letters without a value.
        values: letters with a value.
        long: long names, ``name:letter`` separated by blanks; the letter says whether there is a value.
        code: exit code of a usage error.
        permute: options may follow operands, as GNU has it.
    """

    flags: str = ""
    values: str = ""
    long: str = ""
    code: int = 1
    permute: bool = True


class Options(NamedTuple):
    """What was given: letters with their last value (empty for flags), and the operands."""

    given: Mapping[str, str]
    operands: tuple[str, ...]


_NONE: Mapping[str, str] = MappingProxyType({})


def parse_options(argv: Sequence[str], spec: Spec) -> Options:
    """Return the options and operands of `argv`.

    Raises:
        UsageFault: an option is unknown, or its value is missing.
    """
    for argument in argv:
        if argument[:1] == "-" and len(argument) > 1:
            return _parse(tuple(argv), spec)[0]
    return Options(_NONE, tuple(argv[1:]))


def all_values(argv: Sequence[str], spec: Spec, letter: str) -> list[str]:
    """Return the values of an option that may be given several times. Raises UsageFault."""
    return [value for name, value in _parse(tuple(argv), spec)[1] if name == letter]


@lru_cache(maxsize=4096)
def _parse(argv: tuple[str, ...], spec: Spec) -> tuple[Options, tuple[tuple[str, str], ...]]:
    listed: list[tuple[str, str]] = []
    operands: list[str] = []
    rest = list(argv[:0:-1])
    while rest:
        argument = rest.pop()
        if argument == "--":
            operands += reversed(rest)
            break
        if argument.startswith("--"):
            _take_long(argv[0], argument, rest, spec, listed)
        elif argument[:1] == "-" and len(argument) > 1:
            _take_short(argv[0], argument, rest, spec, listed)
        else:
            operands.append(argument)
            if not spec.permute:
                operands += reversed(rest)
                break
    given: dict[str, str] = {}
    for letter, value in listed:
        given.pop(letter, None)  # a flag's place is that of its last mention
        given[letter] = value
    return Options(MappingProxyType(given), tuple(operands)), tuple(listed)


def _take_short(name: str, argument: str, rest: list[str], spec: Spec, listed: list[tuple[str, str]]) -> None:
    for at, letter in enumerate(argument[1:], start=1):
        if letter in spec.flags:
            listed.append((letter, ""))
        elif letter in spec.values:
            missing = f"{name}: option requires an argument -- '{letter}'"
            listed.append((letter, argument[at + 1 :] or _next(missing, rest, spec)))
            return
        else:
            raise UsageFault(
                f"{name}: invalid option -- '{letter}'\nTry '{name} --help' for more information.", spec.code
            )


def _take_long(name: str, argument: str, rest: list[str], spec: Spec, listed: list[tuple[str, str]]) -> None:
    word, equals, value = argument[2:].partition("=")
    letter = _long_names(spec.long).get(word)
    if letter is None and word == "help":
        raise UsageFault(answer((name, "--help")).rstrip("\n"), 0)
    if letter is None:
        raise UsageFault(
            f"{name}: unrecognized option '{argument}'\nTry '{name} --help' for more information.", spec.code
        )
    if letter in spec.values:
        value = value if equals else _next(f"{name}: option '--{word}' requires an argument", rest, spec)
    listed.append((letter, value))


@lru_cache(maxsize=256)
def _long_names(text: str) -> Mapping[str, str]:
    pairs = (item.rpartition(":") for item in text.split())
    return {name: letter for name, _, letter in pairs}


def _next(message: str, rest: list[str], spec: Spec) -> str:
    if not rest:
        raise UsageFault(message, spec.code)
    return rest.pop()
