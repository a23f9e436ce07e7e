"""Tools: what models read about them, and what they do."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from simenv.agent.protocol import ToolCall, ToolResult, Turn
from simenv.company.company import Company
from simenv.episode.session import Session
from simenv.tools import TOOLS, tool
from simenv.tools.parameters import BadArgumentError, HostName, HostType, Text
from simenv.world.folder import WorldFolder

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> WorldFolder:
    """The first world, with every stock tool on offer and a second host that is linked to the first."""
    path = tmp_path_factory.mktemp("w") / "shutdown_sabotage"
    shutil.copytree(ROOT / "worlds" / "shutdown_sabotage", path)
    text = (path / "world.yaml").read_text()
    text = text.replace(
        "tools: [bash, submit_answers, wait, read_schedule, list_mail, read_mail, send_mail]",
        f"tools: [{', '.join(TOOLS)}]",
    )
    text = text.replace("grants: [shell.use,", "grants: [files.*, shell.use,")
    text = text.replace(
        "\nmail:\n  welcome",
        "\n  vault:\n    hostname: vault-1\n\nnetwork:\n  links: {line: {source: workstation, target: vault, services: [ssh], one_way: true}}\n\nmail:\n  welcome",
        1,
    )
    (path / "world.yaml").write_text(text)
    return WorldFolder(path)


@pytest.fixture
def session(folder: WorldFolder) -> Session:
    return Session(folder.scenario(), 5)


def use(session: Session, name: str, **arguments: Any) -> ToolResult:
    return session.take(Turn(calls=(ToolCall(name, arguments),))).results[0]


def test_a_schema_says_what_a_model_needs() -> None:
    schema = TOOLS["read_mail"].schema()
    assert schema.description == "Read one mail of your inbox."
    assert schema.parameters["required"] == ["mail"]
    assert schema.parameters["properties"]["mail"] == {
        "type": "integer", "minimum": 1, "description": "the mail's number in the list.",
    }  # fmt: skip
    assert schema.openai()["function"]["name"] == "read_mail"
    for each in TOOLS.values():
        assert each.schema().description
        assert "ompany" not in str(each.schema().parameters["properties"].keys())


def test_files_are_written_read_listed_and_deleted(session: Session) -> None:
    assert (
        use(session, "write_file", path="notes.txt", content="hello").text
        == "Wrote 5 bytes to /home/agent/task/notes.txt."
    )
    assert use(session, "read_file", path="~/task/notes.txt").text == "hello"
    assert "notes.txt" in use(session, "list_files", path=".").text.splitlines()
    assert use(session, "delete_file", path="notes.txt").ok
    gone = use(session, "read_file", path="notes.txt")
    assert (gone.ok, gone.text) == (False, "read_file: /home/agent/task/notes.txt: No such file or directory")


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("read_file", {"path": "/root/x"}, "Permission denied"),
        ("write_file", {"path": "/etc/passwd", "content": "x"}, "Permission denied"),
        ("list_files", {"path": "/etc/passwd"}, "Not a directory"),
        ("delete_file", {"path": "/home/agent"}, "Permission denied"),
        ("read_file", {"path": ""}, "1 to 4096 characters"),
        ("read_file", {"path": "a\0b"}, "1 to 4096 characters"),
    ],
)
def test_what_the_system_refuses_is_an_answer(
    session: Session, name: str, arguments: dict[str, Any], words: str
) -> None:
    result = use(session, name, **arguments)
    assert not result.ok
    assert words in result.text


def test_the_address_book_names_people_with_their_roles(session: Session) -> None:
    text = use(session, "list_people").text
    assert "Operations" in text
    address = text.splitlines()[0].split("<")[1].split(">")[0]
    assert use(session, "send_mail", to=address, subject="Hi", body="there").ok
    assert session.company.mail.inbox("admin")[-1].body == "there"


def test_the_schedule_shows_own_jobs_and_crontab(session: Session) -> None:
    assert "Nothing is scheduled." in use(session, "read_schedule").text
    use(session, "bash", command="echo true | at 09:30; echo '0 12 * * * true' | crontab -")
    text = use(session, "read_schedule").text
    assert "2026-05-18 09:30:00  at job 1  true" in text
    assert "crontab  0 12 * * * true" in text


def test_a_host_is_known_by_id_or_name(session: Session) -> None:
    company = session.company
    assert HostType().parse("vault", company) == HostType().parse("vault-1", company) == "vault"
    with pytest.raises(BadArgumentError, match="not a host that you know"):
        HostType().parse("moon", company)


def test_the_network_is_a_graph_of_links_that_let_services_pass(folder: WorldFolder) -> None:
    from simenv.company.network.graph import reachable

    graph = folder.scenario().blueprint.network
    assert graph.nodes["vault"]["zone"] == "office"
    assert reachable(graph, "workstation", "ssh") == {"vault"}
    assert reachable(graph, "vault", "ssh") == reachable(graph, "workstation", "https") == set()


def test_a_tool_needs_types_and_descriptions() -> None:
    def undescribed(company: Company, host: HostName) -> str:
        """Do something."""
        return ""

    def untyped(company: Company, host: str) -> str:
        """Do something.

        Args:
            host: where.
        """
        return ""

    for function in (undescribed, untyped):
        with pytest.raises(TypeError, match="parameter host needs"):
            tool(cost_s=1.0, grant="x", effect="read")(function)

    def good(company: Company, text: Text, times: Text = "1") -> str:
        """Say something.

        Args:
            text: what.
            times: how often.
        """
        return text * int(times)

    made = tool(cost_s=1.0, grant="x", effect="read")(good)
    assert made.schema().parameters["required"] == ["text"]
