"""Commands, options, variables, metrics and modules that the documentation names exist, and those that exist are named."""

import importlib.util
import re
from collections.abc import Mapping
from pathlib import Path

import click
import pytest
import typer

from consumers.quarantining import DlqLimit
from producers.kit.topics import TopicSettings
from producers.supervisor.settings import SupervisorSettings
from producers.webhooks.settings import RelaySettings
from reconduit.authorisation.journal import JournalSettings
from reconduit.cli import app
from reconduit.settings import Settings
from reconduit.vault.settings import VaultSettings

ROOT = Path(__file__).parents[3]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
TEXT = {page.relative_to(ROOT).as_posix(): page.read_text(encoding="utf-8") for page in PAGES}
EVERYTHING = "\n".join(TEXT.values())
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
PACKAGES = "api|benchmarks|consumers|deploy|producers|reconciler|reconduit|schemas"


def commands() -> Mapping[str, click.Command]:
    """Every command by the words that call it: `match`, `rules diff`."""
    found: dict[str, click.Command] = {}
    for name, command in typer.main.get_group(app).commands.items():
        inner = getattr(command, "commands", None)
        found |= {name: command} if inner is None else {f"{name} {word}": one for word, one in inner.items()}
    return found


def called(name: str, rest: str) -> str:
    """The words that call a command, of the one after `reconduit` and what follows it."""
    grouped = {words.split()[0] for words in commands() if " " in words}
    return f"{name} {rest.split()[0]}" if name in grouped and rest.split() else name


def options_of(command: click.Command) -> set[str]:
    return {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)} | {"--help"}


def code_calls(text: str) -> list[tuple[str, str]]:
    """`reconduit COMMAND ...` in code: inline or in a block of shell."""
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    code = "\n".join([*blocks, *inline])
    lines = [line.partition("  #")[0] for line in code.splitlines()]
    return [call for line in lines for call in re.findall(r"(?:^|/|-m )reconduit ([a-z]+)\b(.*)$", line)]


@pytest.mark.parametrize("page", sorted(TEXT))
def test_commands_and_options_exist(page: str) -> None:
    known = commands()
    for first, rest in code_calls(TEXT[page]):
        name = called(first, rest)
        assert name in known, f"{page}: there is no command {name!r}"
        unknown = set(OPTION.findall(rest)) - options_of(known[name])
        assert not unknown, f"{page}: {name} has no {unknown}"


def test_calls_are_found_at_all() -> None:
    found = code_calls("Use `reconduit nonsense --flag`:\n\n```sh\n.venv/bin/reconduit match a b --json -  # why\n```\n")
    assert found == [("match", " a b --json -"), ("nonsense", " --flag")]


def test_every_command_and_option_is_on_the_page_of_commands() -> None:
    page = TEXT["docs/cli.md"]
    for name, command in commands().items():
        assert re.search(rf"\breconduit {name}\b", page), f"docs/cli.md does not show {name}"
        for option in options_of(command) - {"--help"}:
            if not option.startswith("--") or option.startswith("--no-") or f"--no-{option[2:]}" in page:
                continue
            assert option in page, f"docs/cli.md does not show {option} of {name}"


def test_make_commands_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    code = re.findall(r"`make ([a-z-]+)", EVERYTHING) + re.findall(r"^make ([a-z-]+)", EVERYTHING, re.MULTILINE)
    assert set(code) <= targets
    assert {"demo", "test", "bench"} <= set(code)


def test_every_setting_is_on_the_page_of_operations() -> None:
    kinds = (Settings, SupervisorSettings, RelaySettings, TopicSettings, VaultSettings, JournalSettings)
    aliases = {field.alias for kind in kinds for field in kind.model_fields.values()}
    assert [name for name in sorted(filter(None, aliases)) if f"`{name}`" not in TEXT["docs/operations.md"]] == []


def test_variables_that_are_named_exist() -> None:
    sources = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in PACKAGES.split("|")
        for path in (ROOT / folder).rglob("*.py")
    )  # fmt: skip
    for name in set(re.findall(r"\b(?:RECONDUIT|SFTP|KAFKA|SCHEMA)_[A-Z_]+\b", EVERYTHING)):
        assert f'"{name}"' in sources, f"no process reads {name}"


def test_metrics_of_the_alerts_are_exported() -> None:
    files = [path for folder in PACKAGES.split("|") for path in (ROOT / folder).rglob("metrics.py")]
    ours = "".join(path.read_text(encoding="utf-8") for path in files)
    named = set(re.findall(r"\brecon_[a-z_]+", TEXT["docs/operations.md"]))
    assert len(named) >= 8
    for name in named:
        told = f'"{name}"' in ours or f'"{name.removesuffix("_total")}"' in ours
        # One family per count, `recon_source_{field}`; a counter's name ends in _total when it is exposed.
        counted = re.fullmatch(r"recon_source_(fetched|published|quarantined)_total", name) and '"recon_source_{field}"' in ours
        assert told or counted, f"nobody exports {name}"


def test_the_way_out_of_a_halted_partition_is_below_the_limit() -> None:
    page, limit = TEXT["docs/operations.md"], DlqLimit()
    assert f"at least {limit.min_messages} messages" in page
    rows = re.search(r"^reconduit consume --rows (\d+)$", page, re.MULTILINE)
    assert rows is not None
    assert limit.exceeded(limit.min_messages, limit.min_messages)
    assert not limit.exceeded(int(rows[1]), int(rows[1]))


def test_modules_that_are_named_exist() -> None:
    named = set(re.findall(rf"`((?:{PACKAGES})(?:\.[a-z_0-9]+)+)(?:\.[A-Z]\w+)?`", EVERYTHING))
    assert len(named) > 20
    for name in sorted(named):
        if _is_module(name):
            continue
        parent, _, attribute = name.rpartition(".")
        module = importlib.import_module(parent) if _is_module(parent) else None
        assert module is not None and hasattr(module, attribute), f"there is no {name}"


def test_folders_that_are_named_exist() -> None:
    named = set(re.findall(rf"`((?:{PACKAGES}|docs|tests)/[\w./-]+)`", EVERYTHING))
    assert len(named) > 10
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False
