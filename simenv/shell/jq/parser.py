"""jq programs, parsed: each operator binds as jq's grammar has it."""

from __future__ import annotations

from functools import lru_cache

from simenv.shell.jq import tree
from simenv.shell.jq.lexer import JqSyntaxError, Token, tokens

_ASSIGNMENTS = ("=", "|=", "+=", "-=", "*=", "/=", "%=", "//=")
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
_KEYWORDS = frozenset(
    (
        *("def", "if", "then", "elif", "else", "end", "as", "reduce", "foreach"),
        *("try", "catch", "label", "and", "or", "import", "include"),
    )
)
_CONSTANTS = {"null": None, "true": True, "false": False}
_MAX_DEPTH = 100


class _Parser:
    def __init__(self, words: list[Token]) -> None:
        self._words = words
        self._at = 0
        self._depth = 0

    # -- words -----------------------------------------------------------------------------------------------------

    def _peek(self) -> Token:
        return self._words[self._at] if self._at < len(self._words) else Token("end", "")

    def _next(self) -> Token:
        word = self._peek()
        self._at += 1
        return word

    def _is(self, *texts: str) -> bool:
        word = self._peek()
        return word.kind in ("operator", "name") and word.text in texts

    def _take(self, text: str) -> bool:
        found = self._is(text)
        self._at += found
        return found

    def _expect(self, text: str) -> None:
        if not self._take(text):
            raise self._fault()

    def _fault(self) -> JqSyntaxError:
        word = self._peek()
        if word.kind == "end":
            return JqSyntaxError("syntax error, unexpected end of file (Unix shell quoting issues?)")
        return JqSyntaxError(f"syntax error, unexpected {word.text or 'QQSTRING_START'} (Unix shell quoting issues?)")

    # -- expressions -----------------------------------------------------------------------------------------------

    def all(self) -> tree.Node:
        node = self._pipe() if self._words else tree.Identity()
        if self._at < len(self._words):
            raise self._fault()
        return node

    def _pipe(self) -> tree.Node:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise JqSyntaxError("too many levels of nesting")
        node = self._pipe_here()
        self._depth -= 1
        return node

    def _pipe_here(self) -> tree.Node:
        if self._is("def"):
            name, parameters, definition = self._definition()
            rest = self._pipe() if self._peek().kind != "end" and not self._is(")", "]", "}") else tree.Identity()
            return tree.Define(name, parameters, definition, rest)
        if self._take("label"):
            name = self._variable()
            self._expect("|")
            return tree.Label(name, self._pipe())
        left = self._comma()
        if self._take("as"):
            pattern = self._pattern()
            self._expect("|")
            return tree.Bind(left, pattern, self._pipe())
        return tree.Pipe(left, self._pipe()) if self._take("|") else left

    def _comma(self) -> tree.Node:
        node = self._alternative()
        while self._take(","):
            node = tree.Comma(node, self._alternative())
        return node

    def _alternative(self) -> tree.Node:
        node = self._assignment()
        return tree.Alternative(node, self._alternative()) if self._take("//") else node

    def _assignment(self) -> tree.Node:
        node = self._or()
        if self._is(*_ASSIGNMENTS):
            return tree.Assign(self._next().text, node, self._alternative())
        return node

    def _or(self) -> tree.Node:
        node = self._and()
        while self._take("or"):
            node = tree.Logic("or", node, self._and())
        return node

    def _and(self) -> tree.Node:
        node = self._comparison()
        while self._take("and"):
            node = tree.Logic("and", node, self._comparison())
        return node

    def _comparison(self) -> tree.Node:
        node = self._sum()
        return tree.Operate(self._next().text, node, self._sum()) if self._is(*_COMPARISONS) else node

    def _sum(self) -> tree.Node:
        node = self._product()
        while self._is("+", "-"):
            node = tree.Operate(self._next().text, node, self._product())
        return node

    def _product(self) -> tree.Node:
        node = self._unary()
        while self._is("*", "/", "%"):
            node = tree.Operate(self._next().text, node, self._unary())
        return node

    def _unary(self) -> tree.Node:
        if self._take("-"):
            return tree.Negate(self._postfix())
        node = self._postfix()
        if self._is("as"):  # binds what follows the next bar, however tight its surroundings are
            self._at += 1
            pattern = self._pattern()
            self._expect("|")
            return tree.Bind(node, pattern, self._pipe())
        return node

    def _postfix(self) -> tree.Node:
        node = self._term()
        while True:
            word = self._peek()
            if word.kind == "field":
                self._at += 1
                node = tree.Index(node, tree.Constant(word.text[1:]))
            elif self._take("?"):
                node = tree.Try(node)
            elif self._take("["):
                node = self._bracket(node)
            elif self._is(".") and self._at + 1 < len(self._words) and self._follows():
                self._at += 1
                node = self._bracket(node) if self._take("[") else tree.Index(node, self._string())
            else:
                return node

    def _follows(self) -> bool:
        word = self._words[self._at + 1]
        return word.kind == "string" or word.text == "["

    def _bracket(self, term: tree.Node) -> tree.Node:
        if self._take("]"):
            return tree.Iterate(term)
        if self._take(":"):
            high = self._pipe()
            self._expect("]")
            return tree.Slice(term, None, high)
        key = self._pipe()
        if self._take(":"):
            high_or_none = None if self._is("]") else self._pipe()
            self._expect("]")
            return tree.Slice(term, key, high_or_none)
        self._expect("]")
        return tree.Index(term, key)

    # -- terms -----------------------------------------------------------------------------------------------------

    def _term(self) -> tree.Node:
        word = self._peek()
        if word.kind in ("string", "format"):
            return self._string()
        self._at += 1
        if word.kind == "number":
            value = float(word.text)
            return tree.Constant(int(word.text) if word.text.isdecimal() and len(word.text) < 18 else value)
        if word.kind == "field":
            return tree.Index(tree.Identity(), tree.Constant(word.text[1:]))
        if word.kind == "variable":
            return tree.Variable(word.text[1:])
        if word.kind == "operator":
            return self._bracketed(word.text)
        if word.kind == "name":
            return self._named(word.text)
        self._at -= 1
        raise self._fault()

    def _bracketed(self, text: str) -> tree.Node:
        if text == ".":
            return tree.Index(tree.Identity(), self._string()) if self._peek().kind == "string" else tree.Identity()
        if text == "..":
            return tree.RecurseAll()
        if text == "(":
            node = self._pipe()
            self._expect(")")
            return node
        if text == "[":
            if self._take("]"):
                return tree.Collect(None)
            node = self._pipe()
            self._expect("]")
            return tree.Collect(node)
        if text == "{":
            return self._object()
        self._at -= 1
        raise self._fault()

    def _named(self, name: str) -> tree.Node:
        special = {"if": self._if, "try": self._try, "reduce": self._reduce, "foreach": self._foreach}.get(name)
        if special is not None:
            return special()
        if name == "break":
            return tree.Break(self._variable())
        if name == "def":
            self._at -= 1
            return self._pipe()
        if name in _KEYWORDS:
            self._at -= 1
            raise self._fault()
        if name in _CONSTANTS and not self._is("("):
            return tree.Constant(_CONSTANTS[name])
        return tree.Call(name, self._arguments())

    def _arguments(self) -> tuple[tree.Node, ...]:
        if not self._take("("):
            return ()
        arguments = [self._pipe()]
        while self._take(";"):
            arguments.append(self._pipe())
        self._expect(")")
        return tuple(arguments)

    def _variable(self) -> str:
        word = self._next()
        if word.kind != "variable":
            self._at -= 1
            raise self._fault()
        return word.text[1:]

    def _string(self) -> tree.Node:
        word = self._next()
        form = ""
        if word.kind == "format":
            form = word.text
            if self._peek().kind != "string":
                return tree.Call(form, ())
            word = self._next()
        parts = tuple(part if isinstance(part, str) else _Parser(part).all() for part in word.parts)
        if all(isinstance(part, str) for part in parts):
            return tree.Constant("".join(str(part) for part in parts))
        return tree.Text(parts, form)

    def _object(self) -> tree.Node:
        entries = []
        while not self._take("}"):
            entries.append(self._entry())
            if not self._is("}"):
                self._expect(",")
        return tree.Build(tuple(entries))

    def _entry(self) -> tuple[tree.Node, tree.Node]:
        word = self._peek()
        key: tree.Node
        if word.kind == "variable":
            self._at += 1
            return tree.Constant(word.text[1:]), tree.Variable(word.text[1:])
        if word.kind in ("name", "number"):
            self._at += 1
            key = tree.Constant(word.text)
        elif self._take("("):
            key = self._pipe()
            self._expect(")")
        else:
            key = self._string()
        if not self._take(":"):
            return key, tree.Index(tree.Identity(), key)
        return key, self._value()

    def _value(self) -> tree.Node:
        """Read the value of an entry: anything without a comma outside brackets."""
        node = self._alternative()
        while self._take("|"):
            node = tree.Pipe(node, self._alternative())
        return node

    def _if(self) -> tree.Node:
        test = self._pipe()
        self._expect("then")
        then = self._pipe()
        if self._take("elif"):
            return tree.If(test, then, self._if())
        otherwise: tree.Node = tree.Identity()
        if self._take("else"):
            otherwise = self._pipe()
        self._expect("end")
        return tree.If(test, then, otherwise)

    def _try(self) -> tree.Node:
        body = self._postfix()
        return tree.Try(body, self._postfix() if self._take("catch") else None)

    def _reduce(self) -> tree.Node:
        source = self._postfix()
        self._expect("as")
        pattern = self._pattern()
        start, update = self._folded(2)
        return tree.Reduce(source, pattern, start, update)

    def _foreach(self) -> tree.Node:
        source = self._postfix()
        self._expect("as")
        pattern = self._pattern()
        start, update, *extract = self._folded(3)
        return tree.Foreach(source, pattern, start, update, extract[0] if extract else None)

    def _folded(self, most: int) -> list[tree.Node]:
        self._expect("(")
        parts = [self._pipe()]
        while self._take(";"):
            parts.append(self._pipe())
        self._expect(")")
        if not 2 <= len(parts) <= most:
            raise self._fault()
        return parts

    def _pattern(self) -> tree.Pattern:
        if self._take("["):
            items = [self._pattern()]
            while self._take(","):
                items.append(self._pattern())
            self._expect("]")
            return tree.ArrayPattern(tuple(items))
        if self._take("{"):
            entries = [self._pattern_entry()]
            while self._take(","):
                entries.append(self._pattern_entry())
            self._expect("}")
            return tree.ObjectPattern(tuple(entries))
        return tree.Variable(self._variable())

    def _pattern_entry(self) -> tuple[tree.Node, str, tree.Pattern | None]:
        word = self._peek()
        if word.kind == "variable":
            self._at += 1
            name = word.text[1:]
            return tree.Constant(name), name, self._pattern() if self._take(":") else None
        key: tree.Node
        if word.kind == "name":
            self._at += 1
            key = tree.Constant(word.text)
        elif self._take("("):
            key = self._pipe()
            self._expect(")")
        else:
            key = self._string()
        self._expect(":")
        return key, "", self._pattern()

    def _definition(self) -> tuple[str, tuple[str, ...], tree.Node]:
        self._expect("def")
        name = self._next().text
        parameters: list[str] = []
        if self._take("("):
            while not self._take(")"):
                word = self._next()
                if word.kind not in ("name", "variable"):
                    raise self._fault()
                parameters.append(word.text)
                self._take(";")
        self._expect(":")
        body = self._pipe()
        self._expect(";")
        return name, tuple(parameters), body


@lru_cache(maxsize=256)
def parse_jq(text: str) -> tree.Node:
    """Return a program as a tree. Raises JqSyntaxError."""
    return _Parser(tokens(text)).all()
