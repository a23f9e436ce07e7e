"""The functions of jq that match patterns, which are Perl's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from simenv.shell.jq.evaluate import Evaluator, Native, Result, Scope
from simenv.shell.jq.tree import Json, Node
from simenv.shell.jq.values import JqError, kind, shown
from simenv.shell.pattern.backtrack import Spans
from simenv.shell.pattern.perl import PerlRegex, compile_perl
from simenv.shell.pattern.syntax import PatternError


def _compiled(pattern: Json, flags: Json) -> tuple[PerlRegex, bool]:
    """Return the matcher, and whether all matches are wanted; a pattern may come with its flags in an array."""
    if isinstance(pattern, list):
        pattern, flags = pattern[0], (pattern[1] if len(pattern) > 1 else None)
    if not isinstance(pattern, str):
        raise JqError(f"{kind(pattern)} ({shown(pattern)}) cannot be matched, as it is not a string")
    letters = flags or ""
    if any(letter not in "gimnpslx" for letter in letters):
        raise JqError(f"{letters} is not a valid modifier string")
    kept = "".join(letter for letter in letters if letter in "ix") + ("s" if "s" in letters or "p" in letters else "")
    try:
        return compile_perl(pattern, kept), "g" in letters
    except PatternError as error:
        raise JqError(f"{pattern} (at offset 0) is not a valid regex: {error}") from None


def _matches(ev: Evaluator, text: Json, pattern: Json, flags: Json) -> Iterator[tuple[PerlRegex, Spans]]:
    if not isinstance(text, str):
        raise JqError(f"{kind(text)} ({shown(text)}) cannot be matched, as it is not a string")
    regex, every = _compiled(pattern, flags)
    for spans in regex.all(text, work=ev.charge):
        yield regex, spans
        if not every:
            return


def _described(text: str, regex: PerlRegex, spans: Spans) -> Json:
    names = {number: name for name, number in regex.names.items()}
    captures = [
        {
            "offset": start,
            "length": max(0, end - start),
            "string": text[start:end] if start >= 0 else None,
            "name": names.get(index),
        }
        for index, (start, end) in enumerate(spans[1:], start=1)
    ]
    start, end = spans[0]
    return {"offset": start, "length": end - start, "string": text[start:end], "captures": captures}


def _match(ev: Evaluator, scope: Scope, at: Result, arguments: tuple[Node, ...]) -> Iterator[Result]:
    for flags in ev.values(arguments[1], scope, at.value):
        for pattern in ev.values(arguments[0], scope, at.value):
            for regex, spans in _matches(ev, at.value, pattern, flags):
                yield Result(_described(at.value, regex, spans))


def _test(ev: Evaluator, scope: Scope, at: Result, arguments: tuple[Node, ...]) -> Iterator[Result]:
    for flags in ev.values(arguments[1], scope, at.value):
        for pattern in ev.values(arguments[0], scope, at.value):
            yield Result(any(True for _ in _matches(ev, at.value, pattern, flags)))


def _split(ev: Evaluator, scope: Scope, at: Result, arguments: tuple[Node, ...]) -> Iterator[Result]:
    for flags in ev.values(arguments[1], scope, at.value):
        for pattern in ev.values(arguments[0], scope, at.value):
            parts, last = [], 0
            for _, spans in _matches(ev, at.value, pattern, f"g{flags or ''}"):
                start, end = spans[0]
                parts.append(at.value[last:start])
                last = end
            yield Result([*parts, at.value[last:]])


def _sub(ev: Evaluator, scope: Scope, at: Result, arguments: tuple[Node, ...]) -> Iterator[Result]:
    pattern_of, replacement, flags_of = arguments
    for flags in ev.values(flags_of, scope, at.value):
        for pattern in ev.values(pattern_of, scope, at.value):
            pieces, last = [], 0
            for regex, spans in _matches(ev, at.value, pattern, flags):
                groups = {name: _held(at.value, spans[number]) for name, number in regex.names.items()}
                new = next(ev.values(replacement, scope, groups), None)
                if not isinstance(new, str):
                    raise JqError(f"{kind(groups)} ({shown(groups)}) cannot be added to a string")
                start, end = spans[0]
                pieces += [at.value[last:start], new]
                last = end
            yield Result("".join(pieces) + at.value[last:])


def _held(text: str, span: tuple[int, int]) -> Json:
    return text[span[0] : span[1]] if span[0] >= 0 else None


REGEX: Mapping[tuple[str, int], Native] = {
    ("match", 2): _match,
    ("test", 2): _test,
    ("split", 2): _split,
    ("sub", 3): _sub,
}
