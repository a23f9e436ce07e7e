"""What a world file may say: pydantic models, one module per part, and errors that name file, line, field and remedy."""

from simenv.schema.load import examine_world, load_world, resolve_document, validate_resolved, wrong_world
from simenv.schema.source import Source, parse_yaml, read_yaml
from simenv.schema.world import World

__all__ = [
    "Source",
    "World",
    "examine_world",
    "load_world",
    "parse_yaml",
    "read_yaml",
    "resolve_document",
    "validate_resolved",
    "wrong_world",
]
