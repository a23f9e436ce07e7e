"""Reading a script from left to right: blanks, comments, operators, words as written, redirections, here-documents."""

from __future__ import annotations

import re

from simenv.shell.errors import SyntaxFault
from simenv.shell.parser import tree
from simenv.shell.parser.braces import expand_braces
from simenv.shell.parser.build import make_assignment, quoted
from simenv.shell.parser.words import bracket_end, scan_text, scan_word, skip_unit, unquoted

_OPERATOR = re.compile(r"&&|\|\||;;&|;;|;&|\|&|&>>|&>|<<<|<<-|<<|<&|<>|>>|>&|>\||[;&|<>()\n]")
_REDIRECT = re.compile(r"(\d+|\{[A-Za-z_]\w*\})?(&>>|&>|<<<|<<-|<<|<&|<>|<(?!\()|>>|>&|>\||>(?!\())")
_BLANKS = re.compile(r"(?:[ \t]|\\\n)+")
_PLAIN = re.compile(r"[^\s;&|<>()\\'\"`$@?*+!\[]+")
_ARRAY = re.compile(r"[A-Za-z_]\w*\+?=\(")
_ELEMENT = re.compile(r"[A-Za-z_]\w*\[")
_DESCRIPTOR = re.compile(r"\d+-?\Z|-\Z")
_MAX_DESCRIPTOR = 1023


class Reader:
    """A position in a script, and what can be read from there.

    Attributes:
        text: the script.
        at: position of the next character.
        unfinished: delimiters of here-documents that end with the script.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.unfinished: list[str] = []
        self._documents: list[tuple[tree.Redirect, str, bool, bool]] = []
        self._counted = 0
        self._number = 1

    def line(self) -> int:
        """Return the number of the present line."""
        self._number += self.text.count("\n", self._counted, self.at)
        self._counted = self.at
        return self._number

    def blanks(self) -> None:
        """Skip blanks, continued lines and a comment."""
        if found := _BLANKS.match(self.text, self.at):
            self.at = found.end()
        if self.text[self.at : self.at + 1] == "#":
            end = self.text.find("\n", self.at)
            self.at = len(self.text) if end < 0 else end

    def newlines(self) -> None:
        """Skip blanks, comments and newlines; here-documents that were announced start after the first of these."""
        self.blanks()
        while self.text[self.at : self.at + 1] == "\n":
            self.at += 1
            if self._documents:
                self._read_documents()
            self.blanks()

    def finish(self) -> None:
        """Read the here-documents that were announced on the last line of all."""
        if self._documents:
            self._read_documents()

    def operator(self) -> str:
        """Return the operator at the next token; empty if it is a word or the end."""
        self.blanks()
        found = _OPERATOR.match(self.text, self.at)
        if found is None or (found.group()[-1] in "<>" and self.text.startswith("(", found.end())):
            return ""
        return found.group()

    def take(self, operator: str) -> bool:
        """Skip an operator if it is the next token; return whether it was."""
        if self.operator() != operator:
            return False
        self.at += len(operator)
        return True

    def expect(self, operator: str) -> None:
        """Skip an operator.

        Raises:
            SyntaxFault: something else follows.
        """
        if not self.take(operator):
            raise self.unexpected()

    def unexpected(self) -> SyntaxFault:
        """Return the fault that the next token does not fit."""
        self.blanks()
        if self.at >= len(self.text):
            return SyntaxFault("end", "")
        token = self.operator() or self.peek_word() or self.text[self.at]
        return SyntaxFault("ERROR", "newline" if token == "\n" else token[:40])

    # -- words ---------------------------------------------------------------------------------------------------

    def peek_word(self, *, arrays: bool = False) -> str:
        """Return the word that is the next token, as written; empty if there is none."""
        self.blanks()
        return self.text[self.at : self._word_end(arrays=arrays)]

    def raw_word(self, *, arrays: bool = False) -> str:
        """Return the next word as written, and skip it.

        Raises:
            SyntaxFault: no word follows, or one that does not end.
        """
        word = self.peek_word(arrays=arrays)
        if not word:
            raise self.unexpected()
        self.at += len(word)
        return word

    def _word_end(self, *, arrays: bool) -> int:
        text, at = self.text, self.at
        if arrays and (found := _ARRAY.match(text, at)):
            return min(bracket_end(text, found.end() - 1), len(text))
        if arrays and (found := _ELEMENT.match(text, at)):
            at = self._subscript_end(found.end() - 1)
        while at < len(text):
            if found := _PLAIN.match(text, at):
                at = found.end()
                continue
            char = text[at]
            if (char in "<>" and text[at + 1 : at + 2] == "(") or (
                char in "@?*+!" and text[at + 1 : at + 2] == "(" and not self._is_function(at)
            ):
                at = bracket_end(text, at + 1)
            elif char in " \t\n;&|<>()":
                break
            else:
                at = skip_unit(text, at)
        return min(at, len(text))

    def _is_function(self, at: int) -> bool:
        return self.text[at + 1 : at + 3] == "()"

    def _subscript_end(self, at: int) -> int:
        """Return the end of ``[index]=`` in ``name[index]=…``; `at` itself if it is no assignment."""
        try:
            end = bracket_end(self.text, at)
        except SyntaxFault:
            return at
        return end if self.text.startswith(("=", "+="), end) else at

    def words(self) -> tuple[tree.Word, ...]:
        """Return the words up to the next operator, braces expanded."""
        found: list[tree.Word] = []
        while raw := self.peek_word():
            self.at += len(raw)
            found += map(scan_word, expand_braces(raw))
        return tuple(found)

    def assignment(self, raw: str) -> tree.Assignment | None:
        """Return the assignment that a word is, or None."""
        return make_assignment(raw)

    # -- redirections --------------------------------------------------------------------------------------------

    def redirects(self) -> tuple[tree.Redirect, ...]:
        """Return the redirections that follow."""
        found: list[tree.Redirect] = []
        while one := self.redirect():
            found.append(one)
        return tuple(found)

    def redirect(self) -> tree.Redirect | None:
        """Return the redirection that is the next token, or None.

        Raises:
            SyntaxFault: it has no target, or its descriptor is a variable.
        """
        self.blanks()
        found = _REDIRECT.match(self.text, self.at)
        if found is None:
            return None
        descriptor, operator = found.groups()
        if descriptor and descriptor[0] == "{":
            raise SyntaxFault("file_redirect", found.group(), supported=False)
        self.at = found.end()
        fd = int(descriptor[:6]) if descriptor else 0 if operator[0] == "<" else 1
        if fd > _MAX_DESCRIPTOR:
            raise SyntaxFault("descriptor", str(fd), supported=False)
        if operator in ("<<", "<<-"):
            return self._announce(fd, strip=operator == "<<-")
        raw = self.raw_word()
        if operator == "<<<":
            return tree.Redirect(fd, "text", (*quoted(scan_word(raw)), tree.Literal("\n", True)))
        options = expand_braces(raw)
        word = scan_word(raw if len(options) > 1 else options[0])
        if operator[0] == "&" or (operator == ">&" and not descriptor and not _DESCRIPTOR.match(raw) and raw[0] != "$"):
            return tree.Redirect(-1, ">>" if operator == "&>>" else ">", word)
        return tree.Redirect(fd, operator, word)

    def _announce(self, fd: int, *, strip: bool) -> tree.Redirect:
        raw = self.raw_word()
        delimiter = unquoted(raw)
        redirect = tree.Redirect(fd, "text", ())
        self._documents.append((redirect, delimiter, delimiter != raw, strip))
        return redirect

    def _read_documents(self) -> None:
        for redirect, delimiter, verbatim, strip in self._documents:
            body = self._document_body(delimiter, strip=strip, joined=not verbatim)
            word = (tree.Literal(body, True),) if verbatim else scan_text(body)
            object.__setattr__(redirect, "target", word)  # its text comes after the command that it belongs to
        self._documents.clear()

    def _document_body(self, delimiter: str, *, strip: bool, joined: bool) -> str:
        lines: list[str] = []
        while self.at < len(self.text):
            end = self.text.find("\n", self.at)
            end = len(self.text) if end < 0 else end
            line = self.text[self.at : end]
            line = line.lstrip("\t") if strip else line
            self.at = min(end + 1, len(self.text))
            continued = joined and lines and lines[-1].endswith("\\\n") and not lines[-1].endswith("\\\\\n")
            if line == delimiter and not continued:
                return "".join(lines)
            lines.append(line + "\n")
        self.unfinished.append(delimiter)
        return "".join(lines)
