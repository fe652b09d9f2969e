"""The Jinja2 environment of the page: everything is escaped, an unknown name is an error."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api import presentation

__all__ = ["render"]

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters.update(
    money=presentation.money_text,
    count=presentation.count_text,
    when=presentation.when_text,
    since=presentation.since_text,
    days=presentation.days_text,
    break_name=presentation.break_name,
    break_meaning=presentation.break_meaning,
    record_id=presentation.record_id,
    reason=presentation.reason_text,
)
_environment.globals.update(can_sign_out=False, refresh_seconds=None)


def render(name: str, **values: object) -> str:
    """The page `name` with `values`."""
    return _environment.get_template(name).render(**values)
