"""Truth of ``test``, ``[ … ]`` and ``[[ … ]]``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from simenv.kernel import Delays
from simenv.machine.nodes import EXECUTE, READ, WRITE, normal
from simenv.shell.budget import Streams
from simenv.shell.devices import DEVICES
from simenv.shell.errors import ExpansionFault, SyntaxFault, UsageFault
from simenv.shell.expansion.arithmetic import evaluate
from simenv.shell.expansion.parameters import expand_pattern, expand_text
from simenv.shell.parser import tree
from simenv.shell.pattern.regex import compile_glob, compile_regex
from simenv.shell.pattern.syntax import PatternError
from simenv.shell.state import Session

_INTEGER = re.compile(r"\s*[-+]?\d{1,18}\s*\Z")
_COMPARE: Mapping[str, Callable[[int, int], bool]] = {
    "-eq": lambda a, b: a == b,
    "-ne": lambda a, b: a != b,
    "-lt": lambda a, b: a < b,
    "-le": lambda a, b: a <= b,
    "-gt": lambda a, b: a > b,
    "-ge": lambda a, b: a >= b,
}
_BINARY = frozenset(("=", "==", "!=", "<", ">", "-nt", "-ot", "-ef", "=~", *_COMPARE))


def unary(shell: Session, operator: str, operand: str) -> bool:
    """Return the truth of ``-f path``, ``-z text`` and their like.

    Raises:
        UsageFault: there is no such operator.
    """
    if operator == "-z":
        return not operand
    if operator == "-n":
        return bool(operand)
    if operator == "-v":
        return _is_set(shell, operand)
    if operator == "-R":
        return "n" in shell.attributes.get(operand, "")
    if operator == "-o":
        return bool(getattr(shell.options, operand, False))
    if operator in ("-t", "-b", "-c", "-p", "-S"):
        return operator == "-c" and operand in DEVICES
    if operator in ("-L", "-h"):
        link = shell.host.files.get(normal(operand, shell.cwd))
        return link is not None and link.kind == "link" and operand[-1:] != "/"
    if operator not in _OF_NODE:
        raise UsageFault(f"bash: test: {operator}: unary operator expected", 2)
    node = shell.node(operand) if operand else None
    if node is not None and operand[-1:] == "/" and node.kind != "dir":
        return False
    return node is not None and _OF_NODE[operator](shell, node)


def _is_set(shell: Session, operand: str) -> bool:
    name, bracket, rest = operand.partition("[")
    if not bracket:
        return shell.parameter(operand) is not None
    index = rest.removesuffix("]")
    if index in ("@", "*"):
        return bool(shell.elements(name))
    return shell.get_value(name, shell.subscript(name, index)) is not None


_OF_NODE: Mapping[str, Callable[..., bool]] = {
    "-e": lambda shell, node: True,
    "-a": lambda shell, node: True,
    "-f": lambda shell, node: node.kind == "file",
    "-d": lambda shell, node: node.kind == "dir",
    "-s": lambda shell, node: node.kind == "dir" or node.bytes > 0,
    "-r": lambda shell, node: shell.host.files.may(shell.account, node, READ),
    "-w": lambda shell, node: shell.host.files.may(shell.account, node, WRITE),
    "-x": lambda shell, node: shell.host.files.may(shell.account, node, EXECUTE),
    "-O": lambda shell, node: node.owner == shell.account.user,
    "-G": lambda shell, node: node.group in (shell.account.user, *shell.account.groups),
    "-u": lambda shell, node: bool(node.mode & 0o4000),
    "-g": lambda shell, node: bool(node.mode & 0o2000),
    "-k": lambda shell, node: bool(node.mode & 0o1000),
    "-N": lambda shell, node: False,
}


def binary(shell: Session, left: str, operator: str, right: str) -> bool:
    """Return the truth of ``left operator right``, as ``test`` has it.

    Raises:
        UsageFault: a number was expected.
    """
    if operator in _COMPARE:
        for text in (left, right):
            if not _INTEGER.match(text):
                raise UsageFault(f"bash: [: {text}: integer expression expected", 2)
        return _COMPARE[operator](int(left), int(right))
    if operator in ("-nt", "-ot", "-ef"):
        return _compare_files(shell, left, operator, right)
    if operator in ("<", ">"):
        return left < right if operator == "<" else left > right
    return (left == right) == (operator != "!=")


def _compare_files(shell: Session, left: str, operator: str, right: str) -> bool:
    one, other = shell.node(left), shell.node(right)
    if operator == "-ef":
        return one is not None and one == other
    if operator == "-ot":
        one, other = other, one
    return one is not None and (other is None or one.mtime > other.mtime)


class TestParser:
    """The grammar of ``test``: POSIX's rules by number of arguments first, then ``-a -o ! ( )``."""

    def __init__(self, shell: Session, words: Sequence[str]) -> None:
        self._shell = shell
        self._words = words
        self._at = 0
        self._depth = 0

    def value(self) -> bool:
        """Return the truth of the whole.

        Raises:
            UsageFault: it is malformed.
        """
        words, shell = self._words, self._shell
        if not words:
            return False
        if len(words) == 1:
            return bool(words[0])
        if len(words) == 2:
            return not words[1] if words[0] == "!" else unary(shell, words[0], words[1])
        if len(words) == 3 and words[1] in _BINARY:
            return binary(shell, words[0], words[1], words[2])
        if len(words) == 3 and words[1] in ("-a", "-o"):
            return (all if words[1] == "-a" else any)((words[0], words[2]))
        if len(words) == 3 and words[0] == "(" and words[2] == ")":
            return bool(words[1])
        if len(words) in (3, 4) and words[0] == "!":
            return not TestParser(shell, words[1:]).value()
        if len(words) == 4 and words[0] == "(" and words[3] == ")":
            return TestParser(shell, words[1:3]).value()
        result = self._or()
        if self._at < len(words):
            raise UsageFault("bash: [: too many arguments", 2)
        return result

    def _peek(self, ahead: int = 0) -> str | None:
        at = self._at + ahead
        return self._words[at] if at < len(self._words) else None

    def _take(self) -> str:
        word = self._peek()
        if word is None:
            raise UsageFault("bash: [: argument expected", 2)
        self._at += 1
        return word

    def _or(self) -> bool:
        result = self._and()
        while self._peek() == "-o":
            self._take()
            right = self._and()
            result = result or right
        return result

    def _and(self) -> bool:
        result = self._not()
        while self._peek() == "-a":
            self._take()
            right = self._not()
            result = result and right
        return result

    def _not(self) -> bool:
        negated = False
        while self._peek() == "!" and self._peek(1) is not None:
            self._take()
            negated = not negated
        return self._primary() != negated

    def _primary(self) -> bool:
        self._depth += 1
        if self._depth > 100:
            raise UsageFault("bash: [: too many arguments", 2)
        word = self._take()
        following = self._peek()
        if following in _BINARY and self._peek(1) is not None:
            operator = self._take()
            return binary(self._shell, word, operator, self._take())
        if word == "(":
            result = self._or()
            if self._take() != ")":
                raise UsageFault("bash: [: `)' expected", 2)
            return result
        if word[:1] == "-" and len(word) == 2 and following is not None and not self._ends_here(following):
            return unary(self._shell, word, self._take())
        return bool(word)

    def _ends_here(self, following: str) -> bool:
        """Return whether a word that looks like an operator is the last of its operand: what follows joins or closes."""
        return following == ")" or (following in ("-a", "-o") and self._peek(1) is not None)


def holds(shell: Session, tokens: Sequence[str | tree.Word], streams: Streams) -> Delays[int]:
    """Return 0 if ``[[ tokens ]]`` is true, 1 if not, 2 if it is malformed."""
    parser = _Conditional(shell, tokens, streams)
    try:
        return int(not (yield from parser.all()))
    except UsageFault as fault:
        streams.err.write(f"{fault}\n")
        return fault.code
    except PatternError as fault:
        if "not supported" in str(fault):
            raise
        return 2


class _Conditional:
    def __init__(self, shell: Session, tokens: Sequence[str | tree.Word], streams: Streams) -> None:
        self._shell = shell
        self._tokens = tokens
        self._streams = streams
        self._at = 0
        self._depth = 0

    def all(self) -> Delays[bool]:
        result = yield from self._or(True)
        if self._at < len(self._tokens):
            raise SyntaxFault("ERROR", "]]")
        return result

    def _peek(self, ahead: int = 0) -> str | tree.Word | None:
        at = self._at + ahead
        return self._tokens[at] if at < len(self._tokens) else None

    def _take(self) -> str | tree.Word:
        token = self._peek()
        if token is None:
            raise SyntaxFault("ERROR", "]]")
        self._at += 1
        return token

    def _or(self, live: bool) -> Delays[bool]:
        result = yield from self._and(live)
        while self._peek() == "||":
            self._take()
            right = yield from self._and(live and not result)
            result = result or right
        return result

    def _and(self, live: bool) -> Delays[bool]:
        result = yield from self._not(live)
        while self._peek() == "&&":
            self._take()
            right = yield from self._not(live and result)
            result = result and right
        return result

    def _not(self, live: bool) -> Delays[bool]:
        negated = False
        while self._peek() == "!":
            self._take()
            negated = not negated
        return (yield from self._primary(live)) != negated

    def _primary(self, live: bool) -> Delays[bool]:
        self._depth += 1
        if self._depth > 100:
            raise SyntaxFault("nesting", "[[")
        token = self._take()
        if token == "(":
            result = yield from self._or(live)
            if self._take() != ")":
                raise SyntaxFault("ERROR", "]]")
            return result
        following = self._peek()
        if isinstance(following, str) and following in _BINARY:
            return (yield from self._compare(_as_word(token), live))
        if isinstance(token, str) and token.startswith("-") and following is not None:
            operand = yield from self._text(_as_word(self._take()), live)
            return live and unary(self._shell, token, operand)
        return bool((yield from self._text(_as_word(token), live)))

    def _text(self, word: tree.Word, live: bool) -> Delays[str]:
        return (yield from expand_text(self._shell, word, self._streams)) if live else ""

    def _compare(self, left: tree.Word, live: bool) -> Delays[bool]:
        operator = str(self._take())
        right = _as_word(self._take())
        if not live:
            return False
        shell = self._shell
        text = yield from self._text(left, live)
        if operator in ("=", "==", "!="):
            pattern = yield from expand_pattern(shell, right, self._streams)
            glob = compile_glob(pattern, ignore_case=shell.options.nocasematch, extended=True)
            return glob.matches(text, work=shell.budget.charge) == (operator != "!=")
        if operator == "=~":
            return (yield from self._regex(text, right))
        other = yield from self._text(right, live)
        if operator in _COMPARE:
            return _COMPARE[operator](_number(shell, text), _number(shell, other))
        return binary(shell, text, operator, other)

    def _regex(self, text: str, right: tree.Word) -> Delays[bool]:
        shell = self._shell
        pieces: list[str] = []
        for part in right:
            piece = yield from expand_text(shell, (part,), self._streams)
            pieces.append(re.sub(r"([\\.\[\](){}*+?^$|])", r"\\\1", piece) if part.quoted else piece)
        spans = compile_regex("".join(pieces), extended=True, ignore_case=shell.options.nocasematch).search(
            text, work=shell.budget.charge
        )
        shell.set_array("BASH_REMATCH", [] if spans is None else [text[a:b] if a >= 0 else "" for a, b in spans])
        return spans is not None


def _as_word(token: str | tree.Word) -> tree.Word:
    return (tree.Literal(token, True),) if isinstance(token, str) else token


def _number(shell: Session, text: str) -> int:
    try:
        return evaluate(text, shell)
    except ExpansionFault as fault:
        raise UsageFault(f"bash: [[: {fault}", 1) from None
