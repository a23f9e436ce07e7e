"""Conversion of tree-sitter's nodes into our syntax tree."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from tree_sitter import Node

from simenv.shell.errors import SyntaxFault
from simenv.shell.parser import tree
from simenv.shell.parser.braces import expand_braces
from simenv.shell.parser.conditions import conditional_tokens
from simenv.shell.parser.heredocs import Body
from simenv.shell.parser.words import bracket_end, scan_text, scan_word, skip_unit, split_words

_MAX_NESTING = 60
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)(\[)?")
_DECLARATIONS = ("export", "declare", "local", "typeset", "readonly")
_BLIND = ("echo", "printf", "pwd", ":", "true", "false")
_RESERVED = ("then", "else", "elif", "fi", "do", "done", "esac", "}")
_DUPLICATES = {">&", "<&", ">&-", "<&-"}
_DESCRIPTOR = re.compile(r"\d|-$")


class Converter:
    """Converts the tree of one script; the tree's byte positions are character positions of `source`."""

    def __init__(self, source: str, bodies: Mapping[str, Body]) -> None:
        self._source = source
        self._bodies = bodies
        self._depth = 0

    def text(self, node: Node) -> str:
        """Return the source of a node."""
        return self._between(node.start_byte, node.end_byte)

    def _between(self, start: int, end: int) -> str:
        return self._source[start:end]

    def sequence(self, children: Sequence[Node]) -> tree.Node:
        """Convert statements that stand one after the other, separators among them."""
        items: list[tree.Node] = []
        for index, child in enumerate(children):
            if not child.is_named or child.type in ("comment", "heredoc_body", "heredoc_end"):
                if child.type in (";;", "&&", "||"):
                    raise SyntaxFault("ERROR", child.type)
                continue
            item = self.node(child)
            follower = children[index + 1] if index + 1 < len(children) else None
            if follower is not None and follower.type == "&":
                items.append(tree.Background(item, self.text(child)))
            else:
                items.append(item)
        return items[0] if len(items) == 1 else tree.Sequence(tuple(items))

    def node(self, node: Node) -> tree.Node:
        """Convert one statement."""
        convert = _CONVERT.get(node.type)
        if convert is None:
            raise SyntaxFault(node.type, self.text(node), supported=False)
        self._depth += 1
        if self._depth > _MAX_NESTING:
            raise SyntaxFault("nesting", self.text(node))
        try:
            return convert(self, node)
        finally:
            self._depth -= 1

    # -- words ---------------------------------------------------------------------------------------------------

    def words(self, nodes: Sequence[Node]) -> tuple[tree.Word, ...]:
        """Convert argument nodes to words; nodes that touch each other are one word."""
        return tuple(scan_word(text) for raw in self._raw_words(nodes) for text in expand_braces(raw))

    def _raw_words(self, nodes: Sequence[Node]) -> list[str]:
        spans: list[list[int]] = []
        for node in nodes:
            if node.type == "process_substitution" and self.text(node).startswith(">"):
                raise SyntaxFault(node.type, self.text(node), supported=False)
            if spans and spans[-1][1] == node.start_byte:
                spans[-1][1] = node.end_byte
            else:
                spans.append([node.start_byte, node.end_byte])
        return [self._between(start, end) for start, end in spans]

    def command(self, node: Node) -> tree.Node:
        """Convert a simple command."""
        assignments, words, redirects = [], [], []
        for child in node.children:
            kind = child.type
            if kind == "variable_assignment":
                assignments.append(self.assignment(self.text(child)))
            elif kind.endswith("_redirect"):
                found, more = self.redirect(child)
                redirects += found
                words += more
            elif kind == "command_name":
                if self.text(child) in _RESERVED:
                    raise SyntaxFault("ERROR", self.text(child))
                words.append(child)
            elif kind == "subshell":
                raise SyntaxFault("ERROR", "(")
            else:
                words.append(child)
        return make_command(self.words(words), tuple(assignments), tuple(redirects))

    def declaration(self, node: Node) -> tree.Node:
        """Convert ``export x=1`` and its like, whose assignments are not split into words."""
        words: list[tree.Word] = []
        arrays: list[tree.Node] = []
        for raw in self._raw_words(node.children):
            found = _ASSIGNMENT.match(raw)
            if words and found and raw[found.end() : found.end() + 2] == "=(":
                words.append((tree.Literal(found.group(1), True),))
                arrays.append(make_command((), (self.assignment(raw),)))
            elif words and found and raw[found.end() : found.end() + 1] in ("=", "+"):
                words.append(quoted(scan_word(raw)))
            else:
                words += [scan_word(text) for text in expand_braces(raw)]
        command = make_command(tuple(words))
        return tree.Sequence((command, *arrays)) if arrays else command

    def assignments(self, node: Node) -> tree.Node:
        """Convert assignments without a command."""
        children = node.children if node.type == "variable_assignments" else [node]
        return make_command((), tuple(self.assignment(self.text(child)) for child in children))

    def assignment(self, text: str) -> tree.Assignment:
        """Convert ``name=value`` as written."""
        found = _ASSIGNMENT.match(text)
        if found is None:
            raise SyntaxFault("variable_assignment", text)
        at, index = found.end(1), None
        if found.group(2):
            end = bracket_end(text, at)
            index = scan_text(text[at + 1 : end - 1])
            at = end
        append = text.startswith("+=", at)
        value = text[at + (2 if append else 1) :]
        if value.startswith("(") and value.endswith(")") and index is None:
            raw = [word for part in split_words(value[1:-1]) for word in expand_braces(part)]
            return tree.Assignment(found.group(1), (), append, None, tuple(scan_word(word) for word in raw))
        return tree.Assignment(found.group(1), quoted(scan_word(value)), append, index)

    # -- redirections --------------------------------------------------------------------------------------------

    def redirect(self, node: Node) -> tuple[list[tree.Redirect], list[Node]]:
        """Convert one redirection; the words after its target are arguments of the command."""
        if node.type != "file_redirect":
            raise SyntaxFault(node.type, self.text(node), supported=False)
        descriptor = [int(self.text(c)) for c in node.children if c.type == "file_descriptor"]
        operator = next((c.type for c in node.children if not c.is_named), "?")
        targets = [c for c in node.children if c.is_named and c.type != "file_descriptor"]
        return self._file_redirects(operator, descriptor, targets)

    def _file_redirects(
        self, operator: str, descriptor: list[int], targets: list[Node]
    ) -> tuple[list[tree.Redirect], list[Node]]:
        if operator == "<" and targets and (body := self._bodies.get(self.text(targets[0]))):
            return [tree.Redirect(0, "text", _here(body))], targets[1:]
        word = self.words(targets[:1])[0] if targets else (tree.Literal("-", True),)
        if operator in ("&>", "&>>"):
            return [tree.Redirect(-1, operator[1:], word)], targets[1:]
        fd = descriptor[0] if descriptor else 0 if operator.startswith("<") else 1
        if operator == ">&" and not descriptor and targets and not _DESCRIPTOR.match(self.text(targets[0])):
            return [tree.Redirect(-1, ">", word)], targets[1:]
        if operator in _DUPLICATES:
            return [tree.Redirect(fd, operator[:2], word)], targets[1:]
        if operator not in ("<", ">", ">>", ">|", "<>"):
            raise SyntaxFault("file_redirect", operator, supported=False)
        return [
            tree.Redirect(fd, ">" if operator == ">|" else operator[0] if operator == "<>" else operator, word)
        ], targets[1:]

    def redirected(self, node: Node) -> tree.Node:
        """Convert a statement with redirections; they belong to the last command of a list."""
        redirects: list[tree.Redirect] = []
        extra: list[Node] = []
        for child in node.children:
            if child.type.endswith("_redirect"):
                found, more = self.redirect(child)
                redirects += found
                extra += more
        body = next((c for c in node.children if not c.type.endswith("_redirect")), None)
        if body is None:
            return make_command(self.words(extra), (), tuple(redirects))
        return _attach(self.node(body), tuple(redirects), self.words(extra))

    # -- lists and compound commands -----------------------------------------------------------------------------

    def pipeline(self, node: Node) -> tree.Node:
        """Convert ``a | b``; ``! a | b`` negates the whole."""
        commands = [self.node(c) for c in node.children if c.is_named and c.type != "comment"]
        joins = tuple(c.type == "|&" for c in node.children if not c.is_named and c.type in ("|", "|&"))
        first = commands[0]
        if isinstance(first, tree.Not):
            return tree.Not(tree.Pipeline((first.body, *commands[1:]), joins))
        if isinstance(first, tree.AndOr):
            return tree.AndOr(first.left, first.both, tree.Pipeline((first.right, *commands[1:]), joins))
        return tree.Pipeline(tuple(commands), joins)

    def both_or_either(self, node: Node) -> tree.Node:
        """Convert ``a && b`` and ``a || b``."""
        left, right = [c for c in node.children if c.is_named and c.type != "comment"]
        return tree.AndOr(self.node(left), any(c.type == "&&" for c in node.children), self.node(right))

    def negated(self, node: Node) -> tree.Node:
        """Convert ``! a``."""
        return tree.Not(self.node(node.children[-1]))

    def group(self, node: Node) -> tree.Node:
        """Convert ``{ a; b; }`` and ``(( expression ))``."""
        if node.children[0].type == "((":
            return tree.Evaluate(scan_text(self.text(node)[2:-2]))
        body = self.sequence(node.children[1:-1])
        return body if isinstance(body, tree.Sequence) else tree.Sequence((body,))

    def subshell(self, node: Node) -> tree.Node:
        """Convert ``( a; b )``."""
        return tree.Subshell(self.sequence(node.children[1:-1]))

    def test(self, node: Node) -> tree.Node:
        """Convert ``[ … ]`` to the command `[`, and ``[[ … ]]`` to a conditional."""
        text = self.text(node)
        if text.startswith("[["):
            return tree.Conditional(conditional_tokens(text[2:-2]))
        if text.startswith("(("):
            return tree.Evaluate(scan_text(text[2:-2]))
        return make_command(tuple(scan_word(word) for raw in split_words(text) for word in expand_braces(raw)))

    def choice(self, node: Node) -> tree.Node:
        """Convert ``if``."""
        branches: list[tuple[tree.Node, tree.Node]] = []
        otherwise: tree.Node | None = None
        main = [c for c in node.children if c.type not in ("elif_clause", "else_clause")]
        branches.append(self._branch(main))
        for child in node.children:
            if child.type == "elif_clause":
                branches.append(self._branch(child.children))
            elif child.type == "else_clause":
                otherwise = self.sequence(child.children[1:])
        return tree.If(tuple(branches), otherwise)

    def _branch(self, children: Sequence[Node]) -> tuple[tree.Node, tree.Node]:
        then = next((i for i, c in enumerate(children) if c.type == "then"), 0)
        return self.sequence(children[1:then]), self.sequence(children[then + 1 :])

    def each(self, node: Node) -> tree.Node:
        """Convert ``for name in words``."""
        if node.children[0].type == "select":
            raise SyntaxFault("select_statement", self.text(node), supported=False)
        name = node.child_by_field_name("variable")
        body = node.child_by_field_name("body")
        assert name is not None and body is not None
        listed = any(c.type == "in" for c in node.children)
        values = [c for i, c in enumerate(node.children) if node.field_name_for_child(i) == "value" and c.is_named]
        return tree.For(self.text(name), self.words(values) if listed else None, self.node(body))

    def count(self, node: Node) -> tree.Node:
        """Convert ``for ((start; test; step))``."""
        body = node.child_by_field_name("body")
        opening = next(c for c in node.children if c.type == "((")
        closing = next(c for c in node.children if c.type == "))")
        parts = self._between(opening.end_byte, closing.start_byte).split(";")
        if len(parts) != 3 or body is None:
            raise SyntaxFault("c_style_for_statement", self.text(node))
        start, test, step = (scan_text(part) for part in parts)
        return tree.CountingFor(start, test, step, self.node(body))

    def loop(self, node: Node) -> tree.Node:
        """Convert ``while`` and ``until``."""
        do = next(i for i, c in enumerate(node.children) if c.type == "do_group")
        test = self.sequence(node.children[1:do])
        return tree.While(test, self.node(node.children[do]), node.children[0].type == "until")

    def do_group(self, node: Node) -> tree.Node:
        """Convert ``do … done``."""
        return self.sequence(node.children[1:-1])

    def case(self, node: Node) -> tree.Node:
        """Convert ``case … esac``."""
        value = node.child_by_field_name("value")
        assert value is not None
        items = tuple(self._case_item(child) for child in node.children if child.type == "case_item")
        return tree.Case(scan_word(self.text(value)), items)

    def _case_item(self, node: Node) -> tree.CaseItem:
        closing = next(i for i, c in enumerate(node.children) if c.type == ")")
        first = 1 if node.children[0].type == "(" else 0
        written = self._between(node.children[first].start_byte, node.children[closing].start_byte)
        last = node.children[-1].type
        end = last if last in (";;", ";&", ";;&") else ""
        body = node.children[closing + 1 : len(node.children) - (1 if end else 0)]
        patterns = tuple(scan_word(part.strip()) for part in _split_patterns(written))
        return tree.CaseItem(patterns, self.sequence(body), end or ";;")

    def function(self, node: Node) -> tree.Node:
        """Convert a function definition."""
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        assert name is not None and body is not None
        redirects = [r for c in node.children if c.type.endswith("_redirect") for r in self.redirect(c)[0]]
        converted = self.node(body)
        return tree.Function(self.text(name), tree.Redirected(converted, tuple(redirects)) if redirects else converted)


def _here(body: Body) -> tree.Word:
    if body.word:
        return (*quoted(scan_word(body.text)), tree.Literal("\n", True))
    return (tree.Literal(body.text, True),) if body.quoted else scan_text(body.text)


def _split_patterns(text: str) -> list[str]:
    parts, start, at = [], 0, 0
    while at < len(text):
        if text[at] == "|":
            parts.append(text[start:at])
            start = at + 1
        at = skip_unit(text, at)
    return [*parts, text[start:]]


def quoted(word: tree.Word) -> tree.Word:
    """Return the word with expansions that are not split; a leading ``~`` stays special."""
    return tuple(_quote(part) for part in word)


def _quote(part: tree.Part) -> tree.Part:
    if isinstance(part, tree.Parameter):
        index, name = part.index, part.name
        return tree.Parameter(name, part.operator, part.argument, part.replacement, index, quoted=True)
    if isinstance(part, tree.Substitution):
        return tree.Substitution(part.script, True)
    if isinstance(part, tree.Arithmetic):
        return tree.Arithmetic(part.expression, True)
    if isinstance(part, tree.ProcessInput) or part.text.startswith("~") or part.quoted:
        return part
    return tree.Literal(part.text, True)


def make_command(
    words: tuple[tree.Word, ...],
    assignments: tuple[tree.Assignment, ...] = (),
    redirects: tuple[tree.Redirect, ...] = (),
) -> tree.Command:
    """Return a simple command, with its words expanded if that can be done beforehand."""
    constants = [_constant(word) for word in words]
    known = tuple(text for text in constants if text is not None)
    blind = bool(known) and (known[0] in _BLIND or known == ("cat",))
    return tree.Command(words, known if len(known) == len(words) else None, assignments, redirects, blind)


def _constant(word: tree.Word) -> str | None:
    for part in word:
        if not isinstance(part, tree.Literal):
            return None
        if (
            not part.quoted
            and (part.text.startswith("~") or any(char in part.text for char in "*?["))
            and part.text != "["
        ):
            return None
    return "".join(part.text for part in word if isinstance(part, tree.Literal))


def _attach(node: tree.Node, redirects: tuple[tree.Redirect, ...], words: tuple[tree.Word, ...]) -> tree.Node:
    """Put redirections where bash has them: on the last command of a list or pipeline."""
    if isinstance(node, tree.Command):
        return make_command((*node.words, *words), node.assignments, (*node.redirects, *redirects))
    if isinstance(node, tree.AndOr):
        return tree.AndOr(node.left, node.both, _attach(node.right, redirects, words))
    if isinstance(node, tree.Pipeline):
        return tree.Pipeline((*node.commands[:-1], _attach(node.commands[-1], redirects, words)), node.joins)
    if isinstance(node, tree.Not):
        return tree.Not(_attach(node.body, redirects, words))
    return tree.Redirected(node, redirects)


_CONVERT: Mapping[str, Callable[[Converter, Node], tree.Node]] = {
    "command": Converter.command,
    "declaration_command": Converter.declaration,
    "unset_command": Converter.declaration,
    "variable_assignment": Converter.assignments,
    "variable_assignments": Converter.assignments,
    "redirected_statement": Converter.redirected,
    "pipeline": Converter.pipeline,
    "list": Converter.both_or_either,
    "negated_command": Converter.negated,
    "compound_statement": Converter.group,
    "subshell": Converter.subshell,
    "test_command": Converter.test,
    "if_statement": Converter.choice,
    "for_statement": Converter.each,
    "c_style_for_statement": Converter.count,
    "while_statement": Converter.loop,
    "do_group": Converter.do_group,
    "case_statement": Converter.case,
    "function_definition": Converter.function,
}
