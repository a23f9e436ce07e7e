"""Integer arithmetic as in ``$((…))``: 64 bits, C's operators, variables by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from simenv.shell.errors import ExpansionFault
from simenv.shell.variables import Variables

_TOKEN = re.compile(
    r"\s*(?:(0[xX][0-9a-fA-F]+|\d+#\w+|\d+)|([A-Za-z_]\w*)|(<<=|>>=|\*\*|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||"
    r"[-+*/%&|^]=|[-+*/%<>=!~&|^?:(),\[\]])|$)"
)
_LEVELS: Mapping[str, int] = {
    "||": 3, "&&": 4, "|": 5, "^": 6, "&": 7, "==": 8, "!=": 8, "<": 9, ">": 9, "<=": 9, ">=": 9,
    "<<": 10, ">>": 10, "+": 11, "-": 11, "*": 12, "/": 12, "%": 12, "**": 13,
}  # fmt: skip
_ASSIGN = frozenset(["=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="])
_MAX_DEPTH = 40
_MAX_TEXT = 10_000

Tree = tuple[Any, ...]


def evaluate(text: str, variables: Variables, depth: int = 0) -> int:
    """Return the value of an expression, having made its assignments.

    Raises:
        ExpansionFault: it is malformed, divides by zero or goes too deep.
    """
    stripped = text.strip()
    if stripped.isdecimal() and len(stripped) < 18 and (stripped[0] != "0" or len(stripped) == 1):
        return int(stripped)
    if not stripped:
        return 0
    if depth > _MAX_DEPTH:
        raise ExpansionFault(f"{text[:40]}: expression recursion level exceeded")
    return _Evaluator(variables, stripped, depth).value(_parse(stripped))


@lru_cache(maxsize=2048)
def _parse(text: str) -> Tree:
    if len(text) > _MAX_TEXT:
        raise ExpansionFault("arithmetic expression too long")
    return _Parser(text).all()


def _wrap(number: int) -> int:
    return (number + (1 << 63)) % (1 << 64) - (1 << 63)


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[str] = []
        self._starts: list[int] = []
        at = 0
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None or found.end() == at:
                raise self._fault(text[at:])
            if found.lastindex:
                self._tokens.append(found.group(found.lastindex))
                self._starts.append(found.start(found.lastindex))
            at = found.end()
        self._at = 0
        self._depth = 0

    def _fault(self, token: str) -> ExpansionFault:
        return ExpansionFault(
            f'{self._text[:80]}: syntax error in expression (error token is "{token[:40]}")'
            if not token
            else f'{self._text[:80]}: syntax error: invalid arithmetic operator (error token is "{token[:40]}")'
        )

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self, expected: str = "") -> str:
        token = self._peek()
        if not token or (expected and token != expected):
            raise ExpansionFault(
                f'{self._text[:80]}: syntax error: operand expected (error token is "{token or self._text[-1:]}")'
            )
        self._at += 1
        return token

    def all(self) -> Tree:
        tree = self._comma()
        if self._peek():
            raise ExpansionFault(f'{self._text[:80]}: syntax error in expression (error token is "{self._peek()}")')
        return tree

    def _comma(self) -> Tree:
        tree = self._assignment()
        while self._peek() == ",":
            self._take()
            tree = ("comma", tree, self._assignment())
        return tree

    def _assignment(self) -> Tree:
        self._depth += 1
        if self._depth > 4 * _MAX_DEPTH:
            raise ExpansionFault("expression recursion level exceeded")
        tree = self._ternary()
        if self._peek() in _ASSIGN and tree[0] == "name":
            operator = self._take()
            tree = ("assign", operator[:-1], tree, self._assignment())
        elif self._peek() in _ASSIGN:
            raise ExpansionFault(
                f'{self._text[:80]}: attempted assignment to non-variable (error token is "{self._peek()}")'
            )
        self._depth -= 1
        return tree

    def _ternary(self) -> Tree:
        test = self._binary(3)
        if self._peek() != "?":
            return test
        self._take()
        yes = self._assignment()
        self._take(":")
        return ("if", test, yes, self._assignment())

    def _binary(self, level: int) -> Tree:
        left = self._unary()
        while (found := _LEVELS.get(self._peek(), 0)) >= level:
            operator = self._take()
            right = self._binary(found if operator == "**" else found + 1)
            left = (operator, left, right) if operator in ("&&", "||") else ("binary", operator, left, right)
        return left

    def _unary(self) -> Tree:
        token = self._peek()
        if token in ("!", "~", "-", "+"):
            self._guard()
            self._take()
            tree: Tree = ("unary", token, self._unary())
            self._depth -= 1
            return tree
        if token in ("++", "--"):
            self._take()
            name = self._primary()
            if name[0] != "name":
                raise ExpansionFault(f"{self._text[:80]}: syntax error: operand expected")
            return ("assign", token[0], name, ("number", 1))
        tree = self._primary()
        if self._peek() in ("++", "--") and tree[0] == "name":
            return ("after", self._take()[0], tree)
        return tree

    def _guard(self) -> None:
        self._depth += 1
        if self._depth > 4 * _MAX_DEPTH:
            raise ExpansionFault("expression recursion level exceeded")

    def _primary(self) -> Tree:
        token = self._take()
        if token == "(":
            tree = self._comma()
            self._take(")")
            return tree
        if token[0].isdigit():
            return ("number", _number(token))
        if not (token[0].isalpha() or token[0] == "_"):
            raise ExpansionFault(f'{self._text[:80]}: syntax error: operand expected (error token is "{token}")')
        if self._peek() != "[":
            return ("name", token, None)
        return ("name", token, self._subscript())

    def _subscript(self) -> str:
        """Return the text between square brackets: what it means depends on the array."""
        start = self._starts[self._at] + 1
        depth = 0
        while True:
            token = self._take()
            depth += (token == "[") - (token == "]")
            if not depth:
                return self._text[start : self._starts[self._at - 1]]


def _number(token: str) -> int:
    try:
        if "#" in token:
            base, digits = token.split("#", 1)
            return _wrap(int(digits, int(base)))
        if token[:2] in ("0x", "0X"):
            return _wrap(int(token, 16))
        return _wrap(int(token[:40], 8 if token[0] == "0" and len(token) > 1 else 10))
    except ValueError:
        raise ExpansionFault(f'{token[:40]}: value too great for base (error token is "{token[:40]}")') from None


class _Evaluator:
    def __init__(self, variables: Variables, text: str, depth: int) -> None:
        self._variables = variables
        self._text = text
        self._depth = depth

    def value(self, tree: Tree) -> int:
        kind = tree[0]
        if kind == "number":
            return int(tree[1])
        if kind == "name":
            return self._read(tree, self._index(tree))
        if kind == "binary":
            return self._binary(tree[1], self.value(tree[2]), self.value(tree[3]))
        if kind == "unary":
            return _UNARY[tree[1]](self.value(tree[2]))
        if kind == "&&":
            return int(self.value(tree[1]) != 0 and self.value(tree[2]) != 0)
        if kind == "||":
            return int(self.value(tree[1]) != 0 or self.value(tree[2]) != 0)
        if kind == "if":
            return self.value(tree[2] if self.value(tree[1]) else tree[3])
        if kind == "comma":
            self.value(tree[1])
            return self.value(tree[2])
        return self._change(tree)

    def _change(self, tree: Tree) -> int:
        name = tree[2]
        index = self._index(name)
        if tree[0] == "after":
            old = self._read(name, index)
            self._write(name, index, _wrap(old + (1 if tree[1] == "+" else -1)))
            return old
        old = self._read(name, index) if tree[1] else 0  # before the right side is evaluated, as bash does
        value = self.value(tree[3])
        if tree[1]:
            value = self._binary(tree[1], old, value)
        self._write(name, index, value)
        return value

    def _index(self, tree: Tree) -> str | None:
        return None if tree[2] is None else self._variables.subscript(tree[1], tree[2])

    def _read(self, tree: Tree, index: str | None) -> int:
        text = self._variables.get_value(tree[1], index)
        if text is None and self._variables.is_strict():
            raise ExpansionFault(f"{tree[1]}: unbound variable", 127, fatal=True)
        return evaluate(text, self._variables, self._depth + 1) if text else 0

    def _write(self, tree: Tree, index: str | None, value: int) -> None:
        self._variables.set_value(tree[1], str(value), index)

    def _binary(self, operator: str, left: int, right: int) -> int:
        if operator in "/%" and right == 0:
            raise ExpansionFault(f'{self._text[:80]}: division by 0 (error token is "{self._text[-1:]}")')
        if operator == "**" and right < 0:
            raise ExpansionFault(f'{self._text[:80]}: exponent less than 0 (error token is "{self._text[-1:]}")')
        return _wrap(_BINARY[operator](left, right))


def _divide(left: int, right: int) -> int:
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


_UNARY: Mapping[str, Callable[[int], int]] = {
    "!": lambda a: int(not a),
    "~": lambda a: ~a,
    "-": lambda a: _wrap(-a),
    "+": lambda a: a,
}
_BINARY: Mapping[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": _divide,
    "%": lambda a, b: a - _divide(a, b) * b,
    "**": lambda a, b: pow(a, b, 1 << 64),
    "<<": lambda a, b: a << (b & 63),
    ">>": lambda a, b: a >> (b & 63),
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
    "<": lambda a, b: int(a < b),
    ">": lambda a, b: int(a > b),
    "<=": lambda a, b: int(a <= b),
    ">=": lambda a, b: int(a >= b),
    "==": lambda a, b: int(a == b),
    "!=": lambda a, b: int(a != b),
}
