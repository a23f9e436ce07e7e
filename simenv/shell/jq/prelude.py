"""The functions of jq that are written in jq itself."""

from __future__ import annotations

from functools import lru_cache

from simenv.shell.jq import tree
from simenv.shell.jq.evaluate import Closure, Scope
from simenv.shell.jq.parser import parse_jq

_TEXT = r"""
def select(f): if f then . else empty end;
def map(f): [.[] | f];
def map_values(f): .[] |= f;
def recurse(f): def r: ., (f | r); r;
def recurse(f; cond): def r: ., (f | select(cond) | r); r;
def recurse_down: recurse;
def values: select(. != null);
def nulls: select(. == null);
def booleans: select(type == "boolean");
def numbers: select(type == "number");
def strings: select(type == "string");
def arrays: select(type == "array");
def objects: select(type == "object");
def iterables: select(type | . == "array" or . == "object");
def scalars: select(type | . != "array" and . != "object");
def to_entries: [keys_unsorted[] as $k | {key: $k, value: .[$k]}];
def from_entries: reduce .[] as $x ({};
    . + { ($x | if type == "object" then (if has("key") then .key elif has("k") then .k elif has("name") then .name
            elif has("Name") then .Name elif has("Key") then .Key else .K end) else . end
            | if type == "string" then . elif . == null then "null" else tojson end):
          ($x | if type == "object" then (if has("value") then .value elif has("v") then .v else .Value end) else null end) });
def with_entries(f): to_entries | map(f) | from_entries;
def in(o): . as $k | o | has($k);
def inside(o): . as $v | o | contains($v);
def add(f): reduce f as $x (null; . + $x);
def add: add(.[]);
def any(f): reduce (.[] | f) as $x (false; . or $x);
def any(g; f): reduce (g | f) as $x (false; . or $x);
def any: any(.);
def all(f): reduce (.[] | f) as $x (true; . and $x);
def all(g; f): reduce (g | f) as $x (true; . and $x);
def all: all(.);
def isvalid(f): try (f | true) catch false;
def first(f): label $out | f | ., break $out;
def first: .[0];
def last(f): reduce f as $x (null; $x);
def last: .[-1];
def nth($n): .[$n];
def nth($n; f): if $n < 0 then error("Out of bounds negative array index") else last(limit($n + 1; f)) end;
def limit($n; f): if $n > 0 then label $out | foreach f as $x (0; . + 1; $x, if . >= $n then break $out else empty end)
    elif $n == 0 then empty else f end;
def skip($n; f): foreach f as $x ($n; . - 1; if . < 0 then $x else empty end);
def isempty(g): label $out | (g | false, break $out), true;
def until(cond; update): def u: if cond then . else (update | u) end; u;
def while(cond; update): def w: if cond then ., (update | w) else empty end; w;
def repeat(f): def r: ., (f | r); r;
def range($n): range(0; $n);
def join($sep): reduce .[] as $x (null; (if . == null then "" else . + $sep end)
    + ($x | if . == null then "" elif type == "string" then . else tojson end)) // "";
def del(f): delpaths([path(f)]);
def toarray: if type == "array" then . else [.] end;
def paths: path(..) | select(length > 0);
def paths(f): path(.. | select(f)) | select(length > 0);
def leaf_paths: paths(scalars);
def pick(f): . as $top | reduce path(f) as $p (null; setpath($p; $top | getpath($p)));
def walk(f): def w: if type == "object" then map_values(w) elif type == "array" then map(w) else . end | f; w;
def todate: strftime("%Y-%m-%dT%H:%M:%SZ");
def fromdateiso8601: strptime("%Y-%m-%dT%H:%M:%SZ") | mktime;
def fromdate: fromdateiso8601;
def date: todate;
def todateiso8601: todate;
def dateadd(u; n): . + n;
def finites: select(isinfinite or isnan | not);
def normals: select(isnormal);
def combinations: if length == 0 then [] else .[0][] as $x | (.[1:] | combinations) as $w | [$x] + $w end;
def combinations(n): . as $dot | [range(n)] | map($dot) | combinations;
def ascii: [.] | implode;
def transpose: if . == [] then [] else . as $in | (map(length) | max) as $max
    | [range(0; $max) as $j | [range(0; $in | length) as $i | $in[$i][$j]]] end;
def match($re): match($re; null);
def test($re): test($re; null);
def capture($re): capture($re; null);
def capture($re; $flags): match($re; $flags)
    | [.captures | .[] | select(.name != null) | {key: .name, value: .string}] | from_entries;
def scan($re): scan($re; null);
def scan($re; $flags): match($re; "g" + $flags) | if (.captures | length) > 0 then [.captures | .[] | .string] else .string end;
def splits($re): splits($re; null);
def splits($re; $flags): split($re; $flags) | .[];
def sub($re; str): sub($re; str; "");
def gsub($re; str; $flags): sub($re; str; $flags + "g");
def gsub($re; str): sub($re; str; "g");
def halt_error: halt_error(5);
def tostream: path(def r: (.[]? | r), .; r) as $p | getpath($p) | reduce path(.[]?) as $q ([$p, .]; [$p + $q]);
def group_by(f): _group_by([f]);
def unique_by(f): _unique_by([f]);
def sort_by(f): _sort_by([f]);
def min_by(f): _min_by([f]);
def max_by(f): _max_by([f]);
def unique: unique_by(.);
def debug(f): (f | debug | empty), .;
def abs: if type == "number" and . < 0 then -. else . end;
def INDEX(stream; f): reduce stream as $row ({}; .[$row | f | tostring] |= $row);
def INDEX(f): INDEX(.[]; f);
def IN(s): any(s == .; .);
def IN(src; s): any(src == s; .);
"""


@lru_cache(maxsize=1)
def prelude() -> Scope:
    """Return the scope in which every program starts."""
    node = parse_jq(_TEXT)
    functions: dict[tuple[str, int], Closure] = {}
    scope = Scope({}, functions)
    while isinstance(node, tree.Define):
        functions[node.name, len(node.parameters)] = Closure(node.parameters, node.definition, scope)
        node = node.rest
    return scope
