"""Random scripts from a seed: quoting, expansions, arithmetic, globs, redirections, functions, arrays, traps, pipelines."""

from __future__ import annotations

from random import Random

_VALUES = ("abc", "a b  c", "", "12", "-7", "x/y/z.tar.gz", "*", "a,b,,c", "~", "Hello World", "  pad  ")
_NAMES = ("x", "y", "z")
_PATTERNS = ("a", "*", "?", "b*", "*/", "*.", "[a-c]", "[!a]", "%", "l", "o*", "")
_FILTERS = (
    "sort", "sort -r", "sort -n", "sort -u", "uniq", "uniq -c", "head -n 2", "tail -n 2", "tail +2", "wc -l", "wc -w", "rev", "tac",
    "cut -c1-3", "cut -d, -f2", "tr a-z A-Z", "tr -d aeiou", "tr -s ' '", "grep a", "grep -v b", "grep -c e", "grep -n o", "grep -o '[a-z]*'",
    "sed s/a/b/", "sed 's/o/0/g'", "sed -n 2p", "sed 1d", "sed '$d'", "sed 's/\\(.\\)\\(.\\)/\\2\\1/'", "nl", "cat -n", "cat -A", "paste -s -d,",
    "xargs", "xargs -n1 echo x", "while read -r l; do echo \"<$l>\"; done", "base64", "md5sum", "sed G", "paste - -", "nl -ba",
)  # fmt: skip
_SOURCES = (
    "printf '%s\\n' b a c a", "seq 5", "cat a.txt", "cat b.csv", "echo one two three", "cat *.txt", "printf 'x y\\nz\\n'", "seq 3 -1 -2", "ls",
    "echo", "cat nope 2>/dev/null", "printf ''", "tac a.txt", "head -n 1 b.csv",
)  # fmt: skip
SETUP = r"""
printf 'hello\nworld\nfoo bar\n' > a.txt; printf 'n,v\n1,one\n2,two\n' > b.csv; mkdir -p d src logs; echo deep > d/e.txt; echo z > 's p.txt'
printf '%s\n' '2026-03-01 09:00:01 INFO start pid=12' '2026-03-01 09:00:05 WARN disk 91%' '2026-03-01 09:01:00 ERROR timeout host=db1' \
  '2026-03-01 09:02:10 INFO retry 1' '2026-03-01 09:02:40 ERROR timeout host=db2' > logs/app.log
printf 'server:\n  host: 10.0.0.5\n  port: 8080\nshutdown:\n  enabled: true\n  at: "18:00"\n' > config.yaml
printf '#!/bin/bash\nset -euo pipefail\nTARGET=${1:-staging}\necho "deploying to $TARGET"\n' > deploy.sh; chmod 755 deploy.sh
printf 'import os\n\ndef main():\n    print(os.name)\n# TODO: fix\n' > src/main.py; printf 'x = 1\n# TODO: later\n' > src/util.py
printf 'alice:1001:admin\nbob:1002:dev\ncarol:1003:dev\n' > users.txt
"""


class Scripts:
    """A grammar over one stream of random numbers."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def script(self) -> str:
        """Return a script: values, then one to four statements, then what became of the variables."""
        start = "; ".join(f"{name}={self._quoted(self._pick(_VALUES))}" for name in _NAMES)
        body = "; ".join(self.statement(0) for _ in range(self._random.randint(1, 4)))
        switch = self._pick(("", "", "", "set -e; ", "set -u; ", "set -o pipefail; ", "set -eu; trap 'echo bye $?' EXIT; ",
                             "trap 'echo err' ERR; "))  # fmt: skip
        return f'{start}; {switch}{body}; echo "$? $x|$y|$z"'

    def _pick(self, options: tuple[str, ...]) -> str:
        return self._random.choice(options)

    def _quoted(self, text: str) -> str:
        return f"'{text}'"

    def statement(self, depth: int) -> str:
        """Return one statement."""
        kinds = [
            self._echo,
            self._echo,
            self._pipeline,
            self._assign,
            self._test,
            self._redirect,
            self._array,
            self._printf,
        ]
        if depth < 2:
            kinds += [
                self._if,
                self._for,
                self._while,
                self._case,
                self._function,
                self._list,
                self._subshell,
                self._counting,
            ]
        kind = self._random.choice(kinds)
        return kind(depth)

    def _word(self) -> str:
        return self._random.choice(
            (self._plain, self._expansion, self._expansion, self._substitution, self._arithmetic)
        )()

    def _plain(self) -> str:
        return self._pick(
            ("a", "'b c'", '"d  e"', "*.txt", "{a,b}1", "{1..3}", "\\$x", "$'q\\tr'", "~+", "[ab]*", "''", "d/*")
        )

    def _expansion(self) -> str:
        name = self._pick(_NAMES)
        operator = self._pick(("", ":-d", "-d", ":+alt", "#{p}", "##{p}", "%{p}", "%%{p}", "/{p}/R", "//{p}/R", "/#{p}/R", "/%{p}/R", ":1",
                               ":1:2", ": -2", "^", "^^", ",", ",,", "@Q", "@U"))  # fmt: skip
        operator = operator.replace("{p}", self._pick(_PATTERNS))
        text = "${#" + name + "}" if self._random.random() < 0.1 else "${" + name + operator + "}"
        return f'"{text}"' if self._random.random() < 0.6 else text

    def _substitution(self) -> str:
        inner = self._pick(("echo i j", "echo $x", "printf 'a\\nb\\n\\n'", "false", "seq 2 | tr '\\n' ,", "cat a.txt"))
        text = f"$({inner})"
        return f'"{text}"' if self._random.random() < 0.5 else text

    def _expression(self, depth: int = 0) -> str:
        if depth > 1 or self._random.random() < 0.3:
            return self._pick(("1", "2", "7", "i", "j", "0x1f", "010", "i++", "--j", "3"))
        operator = self._pick(("+", "-", "*", "/", "%", "<<", "&", "|", "^", "<", ">=", "==", "&&", "||", "**", ","))
        return f"({self._expression(depth + 1)} {operator} {self._expression(depth + 1)})"

    def _arithmetic(self) -> str:
        return f"$(({self._expression()}))"

    def _echo(self, depth: int) -> str:
        return "echo " + " ".join(self._word() for _ in range(self._random.randint(1, 3)))

    def _printf(self, depth: int) -> str:
        form = self._pick(("%s|", "%d,", "%5s|", "%-5s|", "%05d ", "%x ", "%q ", "%b|", "[%s]\\n", "%.2f ", "%3d%%"))
        return f"printf '{form}' {self._word()} {self._word()} 2>/dev/null; echo"

    def _assign(self, depth: int) -> str:
        name = self._pick(_NAMES)
        return self._random.choice((f"{name}={self._word()}", f"{name}+={self._expansion()}", f"unset {name}; {name}=u", f"i=5 j=3; ((i {self._pick(('+=', '-=', '*=', '<<='))} {self._expression()})); echo $? $i $j",
                                    f"read -r {name} y <<< {self._expansion()}"))  # fmt: skip

    def _condition(self) -> str:
        left, right = self._expansion(), self._pick(("abc", "''", "12", '"$y"'))
        return self._random.choice((
            "true", "false", f"[ {self._dq()} = {right} ]", f"[[ {left} == {self._pick(('a*', '*c', 'abc', '?'))} ]]", f"[ -f {self._pick(('a.txt', 'nope', 'd'))} ]",
            f"((i > {self._random.randint(0, 3)}))", "[[ $x =~ ^[a-z]+$ ]]", "grep -q foo a.txt", "[ ! -d d ]", f"[ -n {self._dq()} -a 1 -lt 2 ]",
            f"! [[ -z {left} ]]", "test 3 -gt 2",
        ))  # fmt: skip

    def _dq(self) -> str:
        return f'"${self._pick(_NAMES)}"'

    def _test(self, depth: int) -> str:
        return f"{self._condition()}; echo $?"

    def _redirect(self, depth: int) -> str:
        return self._random.choice((
            f"{self._echo(depth)} > o.tmp; cat o.tmp", f"{self._echo(depth)} >> o.tmp; wc -c < o.tmp", f"{{ echo out; echo err >&2; }} 2>&1 | {self._pick(_FILTERS)}",
            f"cat <<E\n{self._pick(('$x', 'a $((1+2)) b', '`echo q`', 'plain'))}\nE\n:", f"cat <<'E' | {self._pick(_FILTERS)}\n$x y\nE\n:", f"sort <(echo b) <(echo {self._word()})",
            "exec 3> o.tmp; echo three >&3; exec 3>&-; cat o.tmp", "ls nope 2> /dev/null; echo $?", "(set -C; echo 1 > a.txt) 2>/dev/null; cat a.txt", "cat < a.txt | head -n1",
        ))  # fmt: skip

    def _array(self, depth: int) -> str:
        start = self._random.choice(
            (
                f"a=({self._word()} 'q r' {self._word()})",
                "a=([2]=x [5]=y)",
                "a=()",
                'declare -A m=([k]=1 [j]=2); a=("${!m[@]}")',
                "a=(1 2 3); unset 'a[1]'",
            )
        )
        use = self._random.choice(
            (
                'echo "${a[@]}"',
                "echo ${#a[@]} ${!a[@]}",
                'for e in "${a[@]}"; do echo "<$e>"; done',
                'echo "${a[@]:1:2}"',
                "a+=(new); echo ${a[*]}",
                'echo "${a[*]/a/X}"',
                'IFS=,; echo "${a[*]}"; unset IFS',
            )
        )
        return f"{start}; {use}"

    def _pipeline(self, depth: int) -> str:
        filters = [self._pick(_FILTERS) for _ in range(self._random.randint(1, 3))]
        return " | ".join([self._pick(_SOURCES), *filters]) + '; echo "${PIPESTATUS[*]}"' * (
            self._random.random() < 0.3
        )

    def _if(self, depth: int) -> str:
        other = f"else {self.statement(depth + 1)}; " if self._random.random() < 0.6 else ""
        return f"if {self._condition()}; then {self.statement(depth + 1)}; {other}fi"

    def _for(self, depth: int) -> str:
        return f"for v in {self._word()} {self._word()}; do {self.statement(depth + 1)}; {self._pick(('', 'break; ', 'continue; '))}done"

    def _counting(self, depth: int) -> str:
        n = f"n{depth}"
        return f"for (({n}=0; {n}<{self._random.randint(0, 3)}; {n}++)); do {self.statement(depth + 1)}; done"

    def _while(self, depth: int) -> str:
        n = f"n{depth}"
        word = self._pick((f"while [ ${n} -lt 2 ]", f"until [ ${n} -ge 2 ]"))
        return f"{n}=0; {word}; do {n}=$(({n}+1)); {self.statement(depth + 1)}; done"

    def _case(self, depth: int) -> str:
        end = self._pick((";;", ";;", ";&", ";;&"))
        return f"case {self._expansion()} in a*|'') {self.statement(depth + 1)}{end} *[0-9]) echo digit;; *) echo other;; esac"

    def _function(self, depth: int) -> str:
        return f"f() {{ local x=in; {self.statement(depth + 1)}; return {self._random.randint(0, 2)}; }}; f {self._word()} 2; echo $?"

    def _list(self, depth: int) -> str:
        return f"{self._condition()} {self._pick(('&&', '||'))} {{ {self.statement(depth + 1)}; }}"

    def _subshell(self, depth: int) -> str:
        return f"( {self.statement(depth + 1)}; exit {self._random.randint(0, 3)} ); echo $?"
