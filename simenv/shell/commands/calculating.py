"""Programs that calculate: bc, expr."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import ROUND_DOWN, Context, Decimal, InvalidOperation, localcontext

from simenv.machine.program import Program
from simenv.shell.errors import UsageFault
from simenv.shell.invocation import Invocation
from simenv.shell.options import Spec
from simenv.shell.pattern.regex import compile_regex

_MAX_DIGITS = 2_000
_MAX_DEPTH = 50
_TOKEN = re.compile(r"\s*(\d*\.\d+|\d+\.?|[a-z_][a-z_0-9]*|<=|>=|==|!=|&&|\|\||[-+*/%^()=<>!])")
_COMPARE: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


def bc(inv: Invocation) -> int:
    """Calculate with decimals: ``+ - * / % ^``, comparisons, ``sqrt``, variables, ``scale``; ``-l`` has a scale of 20."""
    given, operands = inv.options(Spec("lqsiw", long="mathlib:l quiet:q"))
    variables = {"scale": Decimal(20 if "l" in given else 0)}
    text = "".join(content for _, content in inv.inputs(operands)) + ("" if not operands else inv.stdin)
    text = re.sub(r"/\*.*?\*/", " ", text.replace("\\\n", ""), flags=re.S)
    with localcontext(Context(prec=2 * _MAX_DIGITS, traps=[InvalidOperation])):
        for number, line in enumerate(text.splitlines(), start=1):
            for statement in line.partition("#")[0].split(";"):
                if statement.strip() in ("quit", "halt"):
                    return 0
                if statement.strip():
                    _calculate(inv, statement, variables, number)
    return 0


def _calculate(inv: Invocation, statement: str, variables: dict[str, Decimal], line: int) -> None:
    inv.shell.budget.charge(50 * len(statement))
    try:
        shown, value = _Calculator(statement, variables, inv.shell.budget.charge).statement()
    except UsageFault as fault:
        inv.err(f"(standard_in) {line}: {fault}\n" if str(fault) == "syntax error" else f"{fault}\n")
        return
    if shown:
        inv.out(_plain(value) + "\n")


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    sign, digits = ("-", text[1:]) if text[0] == "-" else ("", text)
    digits = digits.removeprefix("0") if digits.startswith("0.") else digits
    return "0" if not digits.strip("0.") else sign + digits


def _scale(value: Decimal) -> int:
    return max(0, -int(value.as_tuple().exponent))


def _cut(value: Decimal, scale: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-scale), rounding=ROUND_DOWN)


class _Calculator:
    """Reads and evaluates one statement of ``bc``."""

    def __init__(self, text: str, variables: dict[str, Decimal], charge: Callable[[int], None]) -> None:
        self._tokens: list[str] = []
        self._variables = variables
        self._charge = charge
        self._depth = 0
        at = 0
        text = text.rstrip()
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None or len(found.group(1)) > _MAX_DIGITS:
                raise UsageFault("syntax error")
            self._tokens.append(found.group(1))
            at = found.end()
        self._tokens.reverse()

    def statement(self) -> tuple[bool, Decimal]:
        """Return whether to print the value, and the value."""
        tokens = self._tokens
        if len(tokens) > 2 and tokens[-2] == "=" and tokens[-1][0].isalpha():
            name = tokens.pop()
            tokens.pop()
            value = self._whole()
            self._variables[name] = (
                max(Decimal(0), min(value.to_integral_value(), Decimal(100))) if name == "scale" else value
            )
            return False, value
        return True, self._whole()

    def _whole(self) -> Decimal:
        try:
            value = self._comparison()
        except (InvalidOperation, OverflowError, ValueError):
            raise UsageFault("Runtime error (func=(main), adr=3): number too large") from None
        if self._tokens:
            raise UsageFault("syntax error")
        return value

    def _peek(self) -> str:
        return self._tokens[-1] if self._tokens else ""

    def _comparison(self) -> Decimal:
        value = self._sum()
        while self._peek() in _COMPARE:
            operator = self._tokens.pop()
            value = Decimal(int(_COMPARE[operator](value, self._sum())))
        return value

    def _sum(self) -> Decimal:
        value = self._product()
        while self._peek() in ("+", "-"):
            value = value + self._product() if self._tokens.pop() == "+" else value - self._product()
        return value

    def _product(self) -> Decimal:
        value = self._power()
        while self._peek() in ("*", "/", "%"):
            operator = self._tokens.pop()
            value = self._multiply(value, operator, self._power())
        return value

    def _multiply(self, left: Decimal, operator: str, right: Decimal) -> Decimal:
        self._charge(1000)
        scale = int(self._variables["scale"])
        if operator == "*":
            scales = (_scale(left), _scale(right))
            return _cut(left * right, min(sum(scales), max(scale, *scales)))
        if right == 0:
            raise UsageFault("Runtime error (func=(main), adr=3): Divide by zero")
        quotient = _cut(left / right, scale)
        return quotient if operator == "/" else left - quotient * right

    def _power(self) -> Decimal:
        base = self._atom()
        if self._peek() != "^":
            return base
        self._tokens.pop()
        exponent = int(self._nested(self._power))
        if abs(exponent) * len(base.as_tuple().digits) > _MAX_DIGITS:
            raise UsageFault("Runtime error (func=(main), adr=3): exponent too large")
        if exponent < 0:
            return self._multiply(Decimal(1), "/", base**-exponent)
        power = base**exponent
        return _cut(power, min(_scale(power), max(int(self._variables["scale"]), _scale(base))))

    def _nested(self, rule: Callable[[], Decimal]) -> Decimal:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise UsageFault("syntax error")
        value = rule()
        self._depth -= 1
        return value

    def _atom(self) -> Decimal:
        token = self._tokens.pop() if self._tokens else ""
        if token == "-":
            return -self._nested(self._atom)
        if token == "!":
            return Decimal(int(self._nested(self._atom) == 0))
        if token == "(":
            return self._closed()
        if token[:1].isdecimal() or token[:1] == ".":
            return Decimal(token.rstrip("."))
        if not token[:1].isalpha():
            raise UsageFault("syntax error")
        if self._peek() != "(":
            return self._variables.get(token, Decimal(0))
        self._tokens.pop()
        return self._function(token, self._closed())

    def _closed(self) -> Decimal:
        value = self._nested(self._comparison)
        if self._peek() != ")":
            raise UsageFault("syntax error")
        self._tokens.pop()
        return value

    def _function(self, name: str, value: Decimal) -> Decimal:
        self._charge(20_000)
        if name == "length":
            return Decimal(len(value.as_tuple().digits))
        if name != "sqrt":
            raise UsageFault(f"Runtime error (func=(main), adr=3): Function {name} not defined.")
        if value < 0:
            raise UsageFault("Runtime error (func=(main), adr=3): Square root of a negative number")
        return _cut(value.sqrt(), max(int(self._variables["scale"]), _scale(value)))


def expr(inv: Invocation) -> int:
    """Evaluate an expression given as arguments: ``| & = < + - * / % :``, ``match substr index length``, brackets."""
    words = [word for number, word in enumerate(inv.argv) if number > 1 or (number == 1 and word != "--")]
    if not words:
        raise UsageFault("expr: missing operand\nTry 'expr --help' for more information.", 2)
    inv.shell.budget.charge(sum(map(len, words)))
    value = _Expression(inv, words).whole()
    inv.out(value + "\n")
    return int(value.lstrip("-").strip("0") == "")


class _Expression:
    """Reads and evaluates the arguments of ``expr``."""

    def __init__(self, inv: Invocation, words: list[str]) -> None:
        self._inv = inv
        self._words = words[::-1]
        self._depth = 0

    def whole(self) -> str:
        """Return the value."""
        value = self._level(0)
        if self._words:
            raise UsageFault(f"expr: syntax error: unexpected argument '{self._words[-1]}'", 2)
        return value

    def _level(self, level: int) -> str:
        levels = (("|",), ("&",), ("=", "==", "!=", "<", "<=", ">", ">="), ("+", "-"), ("*", "/", "%"), (":",))
        if level == len(levels):
            return self._atom()
        value = self._level(level + 1)
        while self._words and self._words[-1] in levels[level]:
            operator = self._words.pop()
            value = self._apply(value, operator, self._level(level + 1))
        return value

    def _apply(self, left: str, operator: str, right: str) -> str:
        if operator == "|":
            return left if left.strip("-0") else right or "0"
        if operator == "&":
            return left if left.strip("-0") and right.strip("-0") else "0"
        if operator == ":":
            return self._match(left, right)
        if operator in ("+", "-", "*", "/", "%"):
            return str(_whole_number(operator, _integer(left), _integer(right)))
        operator = "==" if operator == "=" else operator
        if _INTEGER.match(left) and _INTEGER.match(right):
            return str(int(_COMPARE[operator](Decimal(left), Decimal(right))))
        order = (left > right) - (left < right)
        return str(int(_COMPARE[operator](Decimal(order), Decimal(0))))

    def _match(self, text: str, pattern: str) -> str:
        regex = compile_regex("^" + pattern.removeprefix("^"), extended=False)
        spans = regex.search(text, work=self._inv.shell.budget.charge)
        if spans is None:
            return "" if regex.groups else "0"
        start, end = spans[1] if regex.groups else spans[0]
        return text[start:end] if regex.groups else str(end - start)

    def _atom(self) -> str:
        self._depth += 1
        if not self._words or self._depth > 2000:
            raise UsageFault("expr: syntax error: missing argument", 2)
        word = self._words.pop()
        if word == "(":
            value = self._level(0)
            if not self._words or self._words.pop() != ")":
                raise UsageFault("expr: syntax error: expecting ')'", 2)
            return value
        if word == "length" and self._words:
            return str(len(self._atom()))
        if word in ("match", "index") and len(self._words) > 1:
            text, other = self._atom(), self._atom()
            if word == "match":
                return self._match(text, other)
            return str(next((at for at, char in enumerate(text, start=1) if char in other), 0))
        if word == "substr" and len(self._words) > 2:
            text, first, size = self._atom(), _integer(self._atom()), _integer(self._atom())
            return text[first - 1 : first - 1 + size] if first > 0 and size > 0 else ""
        return word


_INTEGER = re.compile(r"-?\d{1,200}\Z")


def _integer(text: str) -> int:
    if not _INTEGER.match(text):
        raise UsageFault("expr: non-integer argument", 2)
    return int(text)


def _whole_number(operator: str, left: int, right: int) -> int:
    if operator in "+-*":
        if operator == "+":
            return left + right
        return left - right if operator == "-" else left * right
    if right == 0:
        raise UsageFault("expr: division by zero", 2)
    quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
    return quotient if operator == "/" else left - quotient * right


PROGRAMS: Mapping[str, Program] = {"bc": bc, "expr": expr}
