"""Alias substitution: the text of the alias takes the place of the command's first word."""

from __future__ import annotations

from dataclasses import replace

from simenv.shell.parser import tree
from simenv.shell.parser.build import make_command
from simenv.shell.parser.parse import parse_whole
from simenv.shell.state import Session


def substitute(
    shell: Session, text: str, name: str, command: tree.Command, seen: frozenset[str] = frozenset()
) -> tree.Node:
    """Return the command that `command` means when its first word is replaced by `text`."""
    return _protect(_join(_body(text), command), shell, seen | {name})


def _body(text: str) -> tree.Node:
    node = parse_whole(text)
    if not isinstance(node, tree.Script):
        return node
    items = tuple(item.body for item in node.items if isinstance(item, tree.Line))
    return items[0] if len(items) == 1 else tree.Sequence(items)


def _join(node: tree.Node, command: tree.Command) -> tree.Node:
    """Append the arguments of `command` to the last command of `node`."""
    if isinstance(node, tree.Command):
        return make_command(
            (*node.words, *command.words[1:]),
            (*command.assignments, *node.assignments),
            (*node.redirects, *command.redirects),
        )
    if isinstance(node, tree.AndOr):
        return replace(node, right=_join(node.right, command))
    if isinstance(node, tree.Pipeline):
        return replace(node, commands=(*node.commands[:-1], _join(node.commands[-1], command)))
    if isinstance(node, tree.Sequence) and node.items:
        return replace(node, items=(*node.items[:-1], _join(node.items[-1], command)))
    return node


def _protect(node: tree.Node, shell: Session, seen: frozenset[str]) -> tree.Node:
    """Expand aliases in the result, but none twice: its first word is quoted, so that it is taken as it is."""
    if isinstance(node, tree.Command):
        return _protect_command(node, shell, seen)
    if isinstance(node, tree.AndOr):
        return replace(node, left=_protect(node.left, shell, seen), right=_protect(node.right, shell, seen))
    if isinstance(node, tree.Pipeline):
        return replace(node, commands=tuple(_protect(item, shell, seen) for item in node.commands))
    if isinstance(node, tree.Sequence):
        return replace(node, items=tuple(_protect(item, shell, seen) for item in node.items))
    return node


def _protect_command(node: tree.Command, shell: Session, seen: frozenset[str]) -> tree.Node:
    if not node.words or len(node.words[0]) != 1 or not isinstance(part := node.words[0][0], tree.Literal):
        return node
    if not part.quoted and part.text not in seen and (alias := shell.aliases.get(part.text)):
        return substitute(shell, alias.text, part.text, node, seen)
    return make_command(((tree.Literal(part.text, True),), *node.words[1:]), node.assignments, node.redirects)
