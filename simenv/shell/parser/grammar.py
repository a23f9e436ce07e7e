"""The grammar of bash, by recursive descent over the words and operators that `Reader` reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from simenv.shell.errors import SyntaxFault
from simenv.shell.parser import tree
from simenv.shell.parser.braces import expand_braces
from simenv.shell.parser.build import assigned, make_assignment, make_command
from simenv.shell.parser.conditions import Conditions
from simenv.shell.parser.words import bracket_end, scan_text, scan_word

_MAX_NESTING = 60
_DECLARATIONS = frozenset(("export", "declare", "local", "typeset", "readonly"))
_CLOSING = frozenset(("then", "else", "elif", "fi", "do", "done", "esac", "}", "in"))
_NAME = re.compile(r"[A-Za-z_]\w*\Z")
_FUNCTION = re.compile(r"[^\s;&|<>()$'\"`\\=]+[ \t]*\([ \t]*\)")
_ENDS = (";;", ";&", ";;&")


class Grammar(Conditions):
    """Reads a script into syntax trees."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0

    def script(self) -> tree.Node:
        """Return the whole script; where it goes wrong, a `Malformed` node ends it, and what is before stays."""
        items: list[tree.Line | tree.Unfinished | tree.Malformed] = []
        while True:
            try:
                self.newlines()
                if self.at >= len(self.text):
                    break
                start = self.at
                item = self._line()
            except SyntaxFault as fault:
                items.append(tree.Malformed(fault.construct, fault.text, fault.supported, self.line()))
                break
            items += [tree.Unfinished(delimiter) for delimiter in self.unfinished]
            self.unfinished.clear()
            items.append(tree.Line(item, self.text[start : self.at]))
        return tree.Script(tuple(items))

    def _line(self) -> tree.Node:
        items: list[tree.Node] = []
        while True:
            items.append(self._item())
            separated = self.operator() in (";", "&")
            self.at += separated
            if self.operator() == "\n" or self.at >= len(self.text):
                break
            if not separated:
                raise self.unexpected()
        self.newlines()
        self.finish()
        return items[0] if len(items) == 1 else tree.Sequence(tuple(items))

    def _item(self) -> tree.Node:
        """Return a list of ``&&`` and ``||``, in the background if ``&`` follows, which is left for the caller."""
        self.blanks()
        start = self.at
        item = self._and_or()
        end = self.at
        return tree.Background(item, self.text[start:end].strip()) if self.operator() == "&" else item

    def _block(self, *closing: str) -> tree.Node:
        """Return the commands up to a reserved word or operator of `closing`, which is left where it stands."""
        items: list[tree.Node] = []
        while True:
            self.newlines()
            if self.at >= len(self.text):
                raise SyntaxFault("end", "")
            if self.operator() in closing or self.peek_word() in closing:
                break
            items.append(self._item())
            operator = self.operator()
            if operator in (";", "&"):
                self.at += 1
            elif operator != "\n" and operator not in closing and self.peek_word() not in closing:
                raise self.unexpected()
        if not items:
            raise self.unexpected()
        return items[0] if len(items) == 1 else tree.Sequence(tuple(items))

    def _and_or(self) -> tree.Node:
        left = self._pipeline()
        while (operator := self.operator()) in ("&&", "||"):
            self.at += 2
            self.newlines()
            left = tree.AndOr(left, operator == "&&", self._pipeline())
        return left

    def _pipeline(self) -> tree.Node:
        negated = False
        timed: bool | None = None
        while (word := self.peek_word()) in ("!", "time") or (word[:2] == "!(" and not word.startswith("!()")):
            self.at += 1 if word[0] == "!" else 4
            negated = negated != (word[0] == "!")
            if word == "time":
                timed = self.peek_word() == "-p"
                self.at += 2 if timed else 0
            elif word != "!":
                break
        if self.operator() in ("\n", ";", "&") or self.at >= len(self.text):
            empty = negated or timed is not None
            node: tree.Node = make_command(()) if empty else self._command()
        else:
            node = self._piped()
        node = node if timed is None else tree.Timed(node, timed)
        return tree.Not(node) if negated else node

    def _piped(self) -> tree.Node:
        commands = [self._command()]
        joins: list[bool] = []
        while (operator := self.operator()) in ("|", "|&"):
            self.at += len(operator)
            joins.append(operator == "|&")
            self.newlines()
            commands.append(self._command())
        return commands[0] if not joins else tree.Pipeline(tuple(commands), tuple(joins))

    def _command(self) -> tree.Node:
        self._depth += 1
        if self._depth > _MAX_NESTING:
            raise SyntaxFault("nesting", self.text[self.at : self.at + 40])
        try:
            return self._compound() or self._function() or self._simple()
        finally:
            self._depth -= 1

    def _compound(self) -> tree.Node | None:
        if self.operator() == "(":
            node = self._evaluate() or self._subshell()
        else:
            word = self.peek_word()
            read = _COMPOUND.get(word)
            if read is None:
                if word in _CLOSING and word != "in":
                    raise self.unexpected()
                return None
            self.at += len(word)
            node = read(self)
        redirects = self.redirects()
        return tree.Redirected(node, redirects) if redirects else node

    # -- simple commands -----------------------------------------------------------------------------------------

    def _simple(self) -> tree.Node:
        assignments: list[tree.Assignment] = []
        arrays: list[tree.Assignment] = []
        words: list[tree.Word] = []
        redirects: list[tree.Redirect] = []
        declares = False
        self.blanks()
        line = self.line()
        while True:
            if redirect := self.redirect():
                redirects.append(redirect)
                continue
            raw = self.peek_word(arrays=not words or declares)
            if not raw:
                break
            self.at += len(raw)
            assignment = make_assignment(raw) if not words or declares else None
            if assignment is None:
                words += map(scan_word, expand_braces(raw))
                declares = declares or (len(words) == 1 and raw in _DECLARATIONS)
            elif not words:
                assignments.append(assignment)
            elif assignment.array is None:
                head, equals, value = raw.partition("=")
                words.append((tree.Literal(head + equals, True), *assigned(value)))
            else:
                words.append((tree.Literal(assignment.name, True),))
                arrays.append(assignment)
        if not (words or assignments or redirects) or self.operator() == "(":
            raise self.unexpected()
        return make_command(tuple(words), tuple(assignments), tuple(redirects), tuple(arrays), line)

    def _function(self) -> tree.Node | None:
        self.blanks()
        found = _FUNCTION.match(self.text, self.at)
        if found is None:
            return None
        start = self.at
        self.at = found.end()
        return self._definition(found.group().partition("(")[0].strip(), start)

    def _definition(self, name: str, start: int) -> tree.Node:
        self.newlines()
        body = self._compound()
        if body is None:
            raise self.unexpected()
        return tree.Function(name, body, self.text[start : self.at])

    def _named_function(self) -> tree.Node:
        start = self.at - len("function")
        name = self.raw_word()
        if self.take("("):
            self.expect(")")
        return self._definition(name, start)

    # -- compound commands ---------------------------------------------------------------------------------------

    def _close(self, word: str) -> None:
        if self.peek_word() != word:
            raise self.unexpected()
        self.at += len(word)

    def _evaluate(self) -> tree.Node | None:
        expression = self._double_brackets()
        return None if expression is None else tree.Evaluate(scan_text(expression))

    def _double_brackets(self) -> str | None:
        """Return the inside of ``(( … ))``, skipped; None if something else is there."""
        if not self.text.startswith("((", self.at):
            return None
        try:
            end = bracket_end(self.text, self.at)
        except SyntaxFault:
            return None
        if not self.text.startswith("))", end - 2) or bracket_end(self.text, self.at + 1) != end - 1:
            return None
        start, self.at = self.at + 2, end
        return self.text[start : end - 2]

    def _subshell(self) -> tree.Node:
        self.expect("(")
        body = self._block(")")
        self.expect(")")
        return tree.Subshell(body)

    def _group(self) -> tree.Node:
        body = self._block("}")
        self._close("}")
        return body if isinstance(body, tree.Sequence) else tree.Sequence((body,))

    def _if(self) -> tree.Node:
        branches: list[tuple[tree.Node, tree.Node]] = []
        otherwise: tree.Node | None = None
        while True:
            test = self._block("then")
            self._close("then")
            branches.append((test, self._block("elif", "else", "fi")))
            word = self.raw_word()
            if word == "else":
                otherwise = self._block("fi")
                self._close("fi")
            if word != "elif":
                return tree.If(tuple(branches), otherwise)

    def _body(self) -> tree.Node:
        self.newlines()
        opening = self.peek_word()
        if opening not in ("do", "{"):
            raise self.unexpected()
        self.at += len(opening)
        closing = "done" if opening == "do" else "}"
        body = self._block(closing)
        self._close(closing)
        return body

    def _for(self) -> tree.Node:
        self.blanks()
        expression = self._double_brackets()
        if expression is not None:
            return self._counting_for(expression)
        name, values = self._loop_head()
        return tree.For(name, values, self._body())

    def _select(self) -> tree.Node:
        name, values = self._loop_head()
        return tree.Select(name, values, self._body())

    def _loop_head(self) -> tuple[str, tuple[tree.Word, ...] | None]:
        name = self.raw_word()
        if not _NAME.match(name):
            raise SyntaxFault("name", name)
        self.newlines()
        values = None
        if self.peek_word() == "in":
            self.at += 2
            values = self.words()
            if self.operator() not in (";", "\n"):
                raise self.unexpected()
        self.take(";")
        return name, values

    def _counting_for(self, expression: str) -> tree.Node:
        parts = expression.split(";")
        if len(parts) != 3:
            raise SyntaxFault("ERROR", "((")
        self.take(";")
        start, test, step = map(scan_text, parts)
        return tree.CountingFor(start, test, step, self._body())

    def _while(self, *, until: bool = False) -> tree.Node:
        test = self._block("do")
        return tree.While(test, self._body(), until)

    def _until(self) -> tree.Node:
        return self._while(until=True)

    def _case(self) -> tree.Node:
        subject = scan_word(self.raw_word())
        self.newlines()
        self._close("in")
        items: list[tree.CaseItem] = []
        while True:
            self.newlines()
            if self.peek_word() == "esac":
                self.at += len("esac")
                return tree.Case(subject, tuple(items))
            items.append(self._case_item())

    def _case_item(self) -> tree.CaseItem:
        self.take("(")
        patterns = [scan_word(self.raw_word())]
        while self.take("|"):
            patterns.append(scan_word(self.raw_word()))
        self.expect(")")
        self.newlines()
        body: tree.Node = tree.Sequence(())
        if self.operator() not in _ENDS and self.peek_word() != "esac":
            body = self._block(*_ENDS, "esac")
        end = self.operator() if self.operator() in _ENDS else ""
        self.at += len(end)
        return tree.CaseItem(tuple(patterns), body, end or ";;")

    def _coproc(self) -> tree.Node:
        raise SyntaxFault("coproc", self.text[self.at : self.at + 40], supported=False)


_COMPOUND: Mapping[str, Callable[[Grammar], tree.Node]] = {
    "if": Grammar._if,
    "for": Grammar._for,
    "while": Grammar._while,
    "until": Grammar._until,
    "case": Grammar._case,
    "select": Grammar._select,
    "function": Grammar._named_function,
    "{": Grammar._group,
    "[[": Grammar.conditional,
    "coproc": Grammar._coproc,
}
