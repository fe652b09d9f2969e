"""From the template `sources.yaml` to the sources of one run: its addresses, its credentials."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from deploy.local.sftp import SftpAccess

__all__ = ["render_sources"]

_TEMPLATE = Path(__file__).with_name("sources.yaml")


def render_sources(target: Path, *, sandbox_url: str, credentials: Path, sftp: SftpAccess) -> None:
    """Write the run's sources file.

    Args:
        target: file to write.
        sandbox_url: where the sandbox listens.
        credentials: folder in which the sandbox put one folder of secrets per provider.
        sftp: the server of the statement drops.
    """
    document = yaml.safe_load(_TEMPLATE.read_text(encoding="utf-8"))
    for source in document["sources"]:
        placeholder = urlsplit(source["base_url"])
        server = sftp.url.rstrip("/") if placeholder.scheme == "sftp" else sandbox_url
        source["base_url"] = server + placeholder.path
        _point_at_files(source, credentials, sftp)
    target.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


def _point_at_files(source: dict[str, Any], credentials: Path, sftp: SftpAccess) -> None:
    for secret in source.get("secrets", {}).values():
        secret["file"] = str(sftp.private_key if secret["file"].startswith("sftp/") else credentials / secret["file"])
    options = source.get("options", {})
    if "known_hosts" in options:
        options["known_hosts"] = str(sftp.known_hosts)
