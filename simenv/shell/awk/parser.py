"""An awk program as a tree, by recursive descent over the grammar of POSIX."""

from __future__ import annotations

from collections.abc import Callable

from simenv.shell.awk import tree
from simenv.shell.awk.lexer import Token, tokenize
from simenv.shell.errors import UsageFault

_MAX_DEPTH = 100
_DEPTH_OF_EXPRESSION = 3
"""An expression in parentheses takes the parser some 16 calls, a statement in a statement 4."""
MAX_TREE = 100
"""How many nodes may stand one within the other."""
_COMPARISONS = ("<", "<=", "==", "!=", ">", ">=")
_ASSIGNMENTS = ("=", "+=", "-=", "*=", "/=", "%=", "^=", "**=")
_STARTS = frozenset(("number", "string", "regex", "name", "call", "builtin", "$", "!", "(", "-", "+", "++", "--"))
_LEAVES = ("break", "continue", "next", "nextfile", "exit", "return")


def parse_program(text: str) -> tree.Program:
    """Return the tree of a program.

    Raises:
        UsageFault: it is not awk; the message is mawk's.
    """
    program = _Parser(tokenize(text)).program()
    if max(map(tree.depth_of, [*program.rules, *program.functions.values()]), default=0) > MAX_TREE:
        raise UsageFault("awk: program too deeply nested", 2)
    return program


class _Parser:
    """Reads words one by one; `_no_greater` holds while ``>`` ends an expression (after ``print``)."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0
        self._no_greater = False
        self._in_function = False

    # -- words ---------------------------------------------------------------------------------------------------

    @property
    def _kind(self) -> str:
        return self._tokens[self._at].kind

    def _take(self) -> Token:
        token = self._tokens[self._at]
        self._at += token.kind != "end"
        return token

    def _accept(self, *kinds: str) -> str:
        return self._take().kind if self._kind in kinds else ""

    def _expect(self, kind: str) -> Token:
        if self._kind != kind:
            raise self._fault(kind)
        return self._take()

    def _fault(self, missing: str = "") -> UsageFault:
        token = self._tokens[self._at]
        if token.kind == "end":
            where = "line" if missing in (")", "]") else "file"
            return UsageFault(f"awk: line {token.line}: missing {missing or '}'} near end of {where}", 2)
        near = "end of line" if token.kind == "newline" else token.text
        where = f"missing {missing} near" if missing in (")", "]", "}") else "syntax error at or near"
        return UsageFault(f"awk: line {token.line}: {where} {near}", 2)

    def _skip_newlines(self) -> None:
        while self._accept("newline"):
            pass

    def _skip_ends(self) -> None:
        while self._accept("newline", ";"):
            pass

    # -- rules and statements ------------------------------------------------------------------------------------

    def program(self) -> tree.Program:
        program = tree.Program()
        self._skip_ends()
        while self._kind != "end":
            if self._accept("function"):
                function = self._function()
                program.functions[function.name] = function
            else:
                program.rules.append(self._rule())
            self._skip_ends()
        return program

    def _function(self) -> tree.Function:
        name = self._take()
        if name.kind not in ("name", "call"):
            raise self._fault()
        self._expect("(")
        parameters: list[str] = []
        while self._kind == "name":
            parameters.append(self._take().text)
            if not self._accept(","):
                break
            self._skip_newlines()
        self._expect(")")
        self._skip_newlines()
        self._in_function = True
        body = self._block()
        self._in_function = False
        return tree.Function(name.text, tuple(parameters), body)

    def _rule(self) -> tree.Rule:
        start: tree.Expression | str | None = None
        end: tree.Expression | None = None
        if self._kind in ("BEGIN", "END"):
            start = self._take().kind
            if self._kind != "{":
                raise self._fault("{")
        elif self._kind != "{":
            start = self._expression()
            if self._accept(","):
                self._skip_newlines()
                end = self._expression()
        return tree.Rule(start, end, self._block() if self._kind == "{" else None)

    def _block(self) -> tree.Block:
        self._expect("{")
        statements: list[tree.Statement] = []
        self._skip_ends()
        while not self._accept("}"):
            statements.append(self._statement())
            self._skip_ends()
        return tree.Block(tuple(statements))

    def _deeper(self, steps: int = 1) -> None:
        self._depth += steps
        if self._depth > _MAX_DEPTH:
            raise UsageFault(f"awk: line {self._tokens[self._at].line}: program too deeply nested", 2)

    def _statement(self) -> tree.Statement:
        self._deeper()
        parse: dict[str, Callable[[], tree.Statement]] = {
            "{": self._block, "if": self._if, "while": self._while, "do": self._do, "for": self._for,
        }  # fmt: skip
        found = parse.get(self._kind)
        if self._accept(";"):
            statement: tree.Statement = tree.Block(())
        elif found is not None:
            statement = found()
        else:
            statement = self._simple()
            self._end_statement()
        self._depth -= 1
        return statement

    def _end_statement(self) -> None:
        if not self._accept(";", "newline") and self._kind not in ("}", "end"):
            raise self._fault()

    def _simple(self) -> tree.Statement:
        if self._kind in ("print", "printf"):
            return self._print()
        if self._accept("delete"):
            name = self._expect("name").text
            return tree.Delete(name, self._keys() if self._accept("[") else ())
        if self._kind in _LEAVES:
            token = self._take()
            if token.kind == "return" and not self._in_function:
                raise UsageFault(f"awk: line {token.line}: return outside function body", 2)
            takes_value = token.kind in ("exit", "return") and self._kind in _STARTS
            return tree.Leave(token.kind, self._expression() if takes_value else None)
        return tree.Simple(self._expression())

    def _body(self) -> tree.Statement:
        self._skip_newlines()
        return self._statement()

    def _test(self) -> tree.Expression:
        self._expect("(")
        test = self._expression()
        self._expect(")")
        return test

    def _if(self) -> tree.Statement:
        self._take()
        test = self._test()
        then = self._body()
        before = self._at
        self._skip_ends()
        if self._accept("else"):
            return tree.If(test, then, self._body())
        self._at = before
        return tree.If(test, then, None)

    def _while(self) -> tree.Statement:
        self._take()
        return tree.Loop(None, self._test(), None, self._body())

    def _do(self) -> tree.Statement:
        self._take()
        body = self._body()
        self._skip_ends()
        self._expect("while")
        test = self._test()
        self._end_statement()
        return tree.Loop(None, test, None, body, is_do=True)

    def _for(self) -> tree.Statement:
        self._take()
        self._expect("(")
        if (found := self._for_in()) is not None:
            return found
        first = None if self._kind == ";" else self._simple()
        self._expect(";")
        self._skip_newlines()
        test = None if self._kind == ";" else self._expression()
        self._expect(";")
        self._skip_newlines()
        step = None if self._kind == ")" else self._simple()
        self._expect(")")
        return tree.Loop(first, test, step, self._body())

    def _for_in(self) -> tree.Statement | None:
        kinds = [token.kind for token in self._tokens[self._at : self._at + 4]]
        if kinds != ["name", "in", "name", ")"]:
            return None
        key = tree.Variable(self._take().text)
        self._take()
        array = self._take().text
        self._take()
        return tree.ForIn(key, array, self._body())

    def _print(self) -> tree.Statement:
        is_formatted = self._take().kind == "printf"
        values, self._no_greater = self._printed(), False
        redirect = self._accept(">", ">>", "|")
        self._no_greater = bool(redirect)
        target = self._expression() if redirect else None
        self._no_greater = False
        if is_formatted and not values:
            raise self._fault()
        return tree.Print(is_formatted, values, redirect, target)

    def _printed(self) -> tuple[tree.Expression, ...]:
        if self._kind not in _STARTS:
            return ()
        before = self._at
        if self._accept("("):
            values = self._list(")")
            self._expect(")")
            if self._kind in (">", ">>", "|", ";", "newline", "}", "end"):
                return values
            self._at = before
        self._no_greater = True
        return self._list("")

    def _list(self, end: str) -> tuple[tree.Expression, ...]:
        values: list[tree.Expression] = []
        if end and self._kind == end:
            return ()
        kept, self._no_greater = self._no_greater, self._no_greater and not end
        while True:
            values.append(self._expression())
            if not self._accept(","):
                self._no_greater = kept
                return tuple(values)
            self._skip_newlines()

    def _keys(self) -> tuple[tree.Expression, ...]:
        keys = self._list("]")
        self._expect("]")
        return keys

    # -- expressions, from the loosest to the tightest -------------------------------------------------------------

    def _expression(self) -> tree.Expression:
        self._deeper(_DEPTH_OF_EXPRESSION)
        found = self._or()
        if self._accept("?"):
            found = self._conditional(found)
        self._depth -= _DEPTH_OF_EXPRESSION
        return found

    def _conditional(self, test: tree.Expression) -> tree.Expression:
        self._skip_newlines()
        yes = self._expression()
        self._skip_newlines()
        self._expect(":")
        self._skip_newlines()
        return tree.Conditional(test, yes, self._expression())

    def _or(self) -> tree.Expression:
        left = self._and()
        while self._accept("||"):
            self._skip_newlines()
            left = tree.Binary("||", left, self._and())
        return left

    def _and(self) -> tree.Expression:
        left = self._in()
        while self._accept("&&"):
            self._skip_newlines()
            left = tree.Binary("&&", left, self._in())
        return left

    def _in(self) -> tree.Expression:
        left = self._match()
        while self._accept("in"):
            left = tree.Within((left,), self._expect("name").text)
        return left

    def _match(self) -> tree.Expression:
        left = self._comparison()
        while operator := self._accept("~", "!~"):
            left = tree.Binary(operator, left, self._comparison())
        return left

    def _comparison(self) -> tree.Expression:
        left = self._concatenation()
        if self._kind in _COMPARISONS and not (self._no_greater and self._kind == ">"):
            left = tree.Binary(self._take().kind, left, self._concatenation())
        if self._kind == "|" and self._tokens[self._at + 1].kind == "getline":
            left = self._piped(left)
        return left

    def _piped(self, command: tree.Expression) -> tree.Expression:
        while self._kind == "|" and self._tokens[self._at + 1].kind == "getline":
            self._take()
            self._take()
            command = tree.Getline("|", command, self._target())
        if self._kind in _COMPARISONS and not (self._no_greater and self._kind == ">"):
            return tree.Binary(self._take().kind, command, self._concatenation())
        return command

    def _concatenation(self) -> tree.Expression:
        parts = [self._additive()]
        # A sign never starts the next operand: `a -1` is a difference.
        while self._kind in _STARTS and self._kind not in ("-", "+"):
            parts.append(self._additive())
        return parts[0] if len(parts) == 1 else tree.Concatenation(tuple(parts))

    def _binary(self, operators: tuple[str, ...], operand: Callable[[], tree.Expression]) -> tree.Expression:
        left = operand()
        while operator := self._accept(*operators):
            left = tree.Binary(operator, left, operand())
        return left

    def _additive(self) -> tree.Expression:
        return self._binary(("+", "-"), self._multiplicative)

    def _multiplicative(self) -> tree.Expression:
        return self._binary(("*", "/", "%"), self._unary)

    def _unary(self) -> tree.Expression:
        self._deeper()
        operator = self._accept("!", "-", "+")
        found = tree.Unary(operator, self._unary()) if operator else self._power()
        self._depth -= 1
        return found

    def _power(self) -> tree.Expression:
        base = self._postfix()
        if not self._accept("^", "**"):
            return base
        # The exponent binds to the right, and may have a sign.
        return tree.Binary("^", base, self._exponent())

    def _exponent(self) -> tree.Expression:
        operator = self._accept("-", "+", "!")
        return tree.Unary(operator, self._exponent()) if operator else self._power()

    def _postfix(self) -> tree.Expression:
        if step := self._accept("++", "--"):
            return tree.Increment(1.0 if step == "++" else -1.0, self._must_be_target(self._primary()), is_before=True)
        operand = self._primary()
        if not isinstance(operand, tree.Variable | tree.Field | tree.Element):
            return operand
        if step := self._accept("++", "--"):
            return tree.Increment(1.0 if step == "++" else -1.0, operand, is_before=False)
        if self._kind in _ASSIGNMENTS:
            # What stands before `=` can only be its target, wherever it is met: `NR == 1 && x = 5`.
            operator = self._take().kind.removesuffix("=")
            self._skip_newlines()
            return tree.Assign("^" if operator == "**" else operator, operand, self._expression())
        return operand

    def _must_be_target(self, operand: tree.Expression) -> tree.Target:
        if isinstance(operand, tree.Variable | tree.Field | tree.Element):
            return operand
        raise self._fault()

    def _primary(self) -> tree.Expression:
        token = self._take()
        if token.kind == "number":
            return tree.Number(float(int(token.text, 16)) if token.text[:2] in ("0x", "0X") else float(token.text))
        if token.kind in ("string", "regex"):
            return tree.String(token.text) if token.kind == "string" else tree.RegexNode(token.text)
        if token.kind == "$":
            return tree.Field(self._increment_or_primary())
        if token.kind == "(":
            return self._parenthesized()
        if token.kind in ("name", "call", "builtin"):
            return self._named(token)
        if token.kind == "getline":
            return self._getline()
        self._at -= token.kind != "end"
        raise self._fault()

    def _increment_or_primary(self) -> tree.Expression:
        if self._kind in ("-", "+", "!"):
            return tree.Unary(self._take().kind, self._increment_or_primary())
        if step := self._accept("++", "--"):
            return tree.Increment(1.0 if step == "++" else -1.0, self._must_be_target(self._primary()), is_before=True)
        return self._primary()

    def _parenthesized(self) -> tree.Expression:
        values = self._list(")")
        self._expect(")")
        if len(values) == 1:
            return tree.Grouping(values[0])
        self._expect("in")
        return tree.Within(values, self._expect("name").text)

    def _named(self, token: Token) -> tree.Expression:
        if token.kind == "name":
            return tree.Element(token.text, self._keys()) if self._accept("[") else tree.Variable(token.text)
        if token.kind == "builtin" and self._kind != "(":
            if token.text == "length":
                return tree.Call("length", (), is_builtin=True)
            raise self._fault("(")
        self._expect("(")
        self._skip_newlines()
        arguments = self._list(")")
        self._skip_newlines()
        self._expect(")")
        return tree.Call(token.text, arguments, is_builtin=token.kind == "builtin")

    def _getline(self) -> tree.Expression:
        target = self._target()
        if self._accept("<"):
            return tree.Getline("<", self._postfix(), target)
        return tree.Getline("", None, target)

    def _target(self) -> tree.Target | None:
        return self._must_be_target(self._primary()) if self._kind in ("name", "$") else None
