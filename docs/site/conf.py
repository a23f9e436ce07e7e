"""Sphinx's settings for the documentation site; `make site` builds it from the pages that `stage.py` lays out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, get_origin

from docutils import nodes
from docutils.parsers.rst.states import Inliner
from pydantic import BaseModel
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.domains.python import PyObject, PyXRefRole
from sphinx.environment import BuildEnvironment

import simenv

project = "simenv"
version = release = simenv.__version__
copyright = "the simenv authors"  # as in LICENSE

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 4  # links to a heading, as GitHub makes them
default_role = "named"  # `name` in a docstring: code, and a link if it is the name of something documented

autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_default_options = {"members": True, "exclude-members": "model_config"}
autodoc_typehints_format = "short"
add_module_names = False
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
napoleon_numpy_docstring = False
napoleon_use_ivar = True  # `Attributes:` as one list

html_theme = "furo"
html_title = f"simenv {version}"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#1f5a7a", "color-brand-content": "#1f5a7a"},
    "dark_css_variables": {"color-brand-primary": "#7db9d8", "color-brand-content": "#7db9d8"},
}


for _field in PyObject.doc_field_types:
    if _field.name == "variable":
        _field.label = "Attributes"  # Sphinx says "Variables"


def setup(app: Sphinx) -> None:
    """Connect what follows to Sphinx."""
    app.connect("autodoc-process-docstring", keep_colons, priority=400)  # before napoleon
    app.connect("autodoc-process-signature", shorten_model)
    app.connect("autodoc-skip-member", skip_alias)
    app.add_role("named", named)
    app.connect("doctree-read", look_up_exactly)
    app.connect("missing-reference", find_by_name)


def keep_colons(_app: Sphinx, what: str, _name: str, _documented: Any, _options: Any, lines: list[str]) -> None:
    """Keep napoleon from reading `role → level; empty: none.` as a type and what has it.

    It splits the first line at its colon, so that line becomes an escaped end of line, which shows nothing.
    """
    if what in ("attribute", "data", "property"):
        lines.insert(0, "\\")


def shorten_model(_app: Sphinx, what: str, _name: str, documented: Any, *_: object) -> tuple[str, str | None] | None:
    """Show a pydantic model without its signature: the fields below it say the same, and more."""
    is_model = what == "class" and isinstance(documented, type) and issubclass(documented, BaseModel)
    return ("", None) if is_model else None


def skip_alias(_app: Sphinx, _what: str, _name: str, member: Any, _skip: bool, _options: Any) -> bool | None:
    """Leave out fields of named tuples, which their class lists, and constrained types, whose patterns are no markup."""
    is_field = (getattr(member, "__doc__", "") or "").startswith("Alias for field number")
    return True if is_field or get_origin(member) is Annotated else None


def named(
    role: str, raw: str, text: str, line: int, inliner: Inliner, options: Any = None, content: Sequence[str] = ()
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """Show code; link it if it looks like a name: `Turn`, `simenv.make`, `take()`. A parameter's name is none."""
    if re.fullmatch(r"[A-Za-z_][\w.]*(\(\))?", text) and (text[0].isupper() or "." in text or text.endswith("()")):
        found, messages = PyXRefRole(fix_parens=True)("py:obj", raw, text, line, inliner, options or {}, content)
        return list(found), list(messages)
    return [nodes.literal(raw, text.replace("\x00", ""), classes=["docutils"])], []


def look_up_exactly(_app: Sphinx, doctree: nodes.document) -> None:
    """Leave names that are not exact to `find_by_name`: Sphinx would link any class of the same name."""
    for node in doctree.findall(pending_xref):
        if node.get("refdomain") == "py":
            node.attributes.pop("refspecific", None)


def _place(target: str, node: pending_xref) -> str:
    """Return where to look for a target: in the place that it names, or else in the module that refers to it."""
    if "." in target:
        return target
    return "" if node["reftype"] == "obj" else node.get("py:module") or ""


def find_by_name(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.Element
) -> nodes.Element | None:
    """Resolve a reference by its last name, if one documented thing of that package has it.

    An object is documented in the package that users import it from; type hints name the module that defines it.
    """
    if node.get("refdomain") != "py":
        return None
    target, known = str(node["reftarget"]), env.domains.python_domain.objects
    package, last = ".".join(_place(target, node).split(".")[:2]), target.rpartition(".")[2]
    found = [
        name
        for name, entry in known.items()
        if name.startswith(package) and name.rpartition(".")[2] == last and entry.objtype != "module"
    ]
    if len(found) != 1:
        return None
    return env.domains.python_domain.resolve_xref(env, node["refdoc"], app.builder, "obj", found[0], node, content)
