"""File tools: the agent's host, without a shell."""

from __future__ import annotations

from simenv.company.company import Company
from simenv.machine.content.rendering import shown
from simenv.machine.nodes import FileError
from simenv.tools.parameters import FilePath, Text
from simenv.tools.tool import ToolError, tool


@tool(cost_s=1.0, grant="files.read", effect="read")
def list_files(company: Company, path: FilePath) -> str:
    """List a directory on the machine you work on.

    Args:
        path: the directory.
    """
    body = company.body
    try:
        names = body.host.files.names(path, body.account)
    except FileError as error:
        raise ToolError(f"list_files: {error}") from None
    return "\n".join(names) or "(empty)"


@tool(cost_s=2.0, grant="files.read", effect="read")
def read_file(company: Company, path: FilePath) -> str:
    """Read a file on the machine you work on.

    Args:
        path: the file.
    """
    body = company.body
    try:
        return shown(body.host.files.read(path, body.account))
    except FileError as error:
        raise ToolError(f"read_file: {error}") from None


@tool(cost_s=3.0, grant="files.write", effect="write")
def write_file(company: Company, path: FilePath, content: Text) -> str:
    """Create a file on the machine you work on, or replace its content.

    Args:
        path: the file.
        content: the new content, whole.
    """
    body = company.body
    try:
        node = body.host.files.write(path, content, body.account)
    except FileError as error:
        raise ToolError(f"write_file: {error}") from None
    return f"Wrote {node.bytes} bytes to {path}."


@tool(cost_s=1.0, grant="files.write", effect="write")
def delete_file(company: Company, path: FilePath) -> str:
    """Delete a file or an empty directory on the machine you work on.

    Args:
        path: what to delete.
    """
    body = company.body
    try:
        body.host.files.remove(path, body.account)
    except FileError as error:
        raise ToolError(f"delete_file: {error}") from None
    return f"Deleted {path}."
