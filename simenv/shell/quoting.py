"""Words quoted so that bash reads them as they are."""

from __future__ import annotations

import re

_PLAIN = re.compile(r"[\w./:=@%+,\[\]-]+\Z", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NAMES = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\a": "\\a", "\b": "\\b", "\f": "\\f", "\v": "\\v", "\033": "\\E"}


def quote_word(word: str) -> str:
    """Return a word as ``set -x`` shows it: quoted only if it has to be.

    >>> print(quote_word("a b"), quote_word("plain"))
    'a b' plain
    """
    return word if _PLAIN.match(word) else quote(word)


def quote(word: str) -> str:
    r"""Return a word in quotes, as ``${x@Q}`` does.

    >>> print(quote("it's"), quote("a\n"))
    'it'\''s' $'a\n'
    """
    return _ansi(word) if _CONTROL.search(word) else "'" + word.replace("'", "'\\''") + "'"


def double_quote(word: str) -> str:
    r"""Return a word in double quotes, as ``declare -p`` shows values.

    >>> print(double_quote('say "$x"'))
    "say \"\$x\""
    """
    return _ansi(word) if _CONTROL.search(word) else '"' + re.sub(r'([$`"\\])', r"\\\1", word) + '"'


def escape(word: str) -> str:
    r"""Return a word with backslashes, as ``printf %q`` does.

    >>> print(escape("a b"), escape(""))
    a\ b ''
    """
    if _CONTROL.search(word):
        return _ansi(word)
    quoted = re.sub(r"([^\w./:=@%+~#\-\u0080-\U0010ffff])", r"\\\1", word, flags=re.ASCII)
    return "\\" + quoted if quoted[:1] in ("~", "#") else quoted or "''"


def _ansi(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("'", "\\'")
    return "$'" + _CONTROL.sub(lambda found: _NAMES.get(found.group()) or f"\\{ord(found.group()):03o}", escaped) + "'"
