"""Folders by date, depth, patterns and quotas; one file that may not be read holds up no other."""

from dataclasses import replace

from paramiko.sftp import SFTP_PERMISSION_DENIED

from deploy.local.sftp import SftpAccess
from deploy.local.sftp_server import FolderInterface
from tests.fixtures.drop_feeds import Drop, content
from tests.fixtures.ssh_servers import ssh_server


def paths(pages):
    return [row["path"] for page in pages for row in page.files]


def test_date_placeholders_name_only_the_days_that_matter(drop: Drop):
    drop.access = replace(drop.access, url=drop.access.url + "/{yyyy}/{MM}")
    drop.put("2026/01/a.xml", content())
    drop.put("2026/02/b.xml", content("R2", opening=500), modified=1_769_000_100)
    drop.put("2025/12/old.xml", content("R0"))
    assert paths(drop.settle()) == ["2026/01/a.xml", "2026/02/b.xml"]


def test_folders_are_looked_into_as_deep_as_the_feed_says(drop: Drop):
    drop.put("top.xml", content())
    drop.put("one/day.xml", content("R1", opening=500), modified=1_769_000_001)
    drop.put("one/two/day.xml", content("R2", opening=1000), modified=1_769_000_002)
    drop.put("one/archive/day.xml", content("R3"))
    (drop.folder / "loop").symlink_to(drop.folder)
    options = {"max_depth": 1, "exclude": ("*/archive/*",)}
    assert paths(drop.settle(**options)) == ["top.xml", "one/day.xml"]
    assert paths(drop.settle(**options | {"max_depth": 2})) == ["one/two/day.xml"]


def test_quotas_spread_a_backlog_over_rounds(drop: Drop):
    for number in range(5):
        drop.put(f"{number}.xml", content(f"R{number}", opening=500 * number), modified=1_769_000_000 + number)
    drop.poll()
    assert paths(drop.poll(files_per_round=2)) == ["0.xml", "1.xml"]
    size = len(content("R2", opening=1000))
    assert paths(drop.poll(bytes_per_round=size - 1)) == ["2.xml"]
    assert paths(drop.poll()) == ["3.xml", "4.xml"]


def test_a_file_that_may_not_be_read_holds_up_no_other(tmp_path, monkeypatch):
    (tmp_path / "root" / "in").mkdir(parents=True)
    allowed = FolderInterface.open
    monkeypatch.setattr(
        FolderInterface,
        "open",
        lambda self, path, *rest: SFTP_PERMISSION_DENIED if "secret" in path else allowed(self, path, *rest),
    )
    with ssh_server(tmp_path / "root") as server:
        access = SftpAccess(
            url=f"sftp://me@127.0.0.1:{server.port}/in",
            private_key=server.key,
            known_hosts=server.pin(tmp_path / "known_hosts"),
            folder=tmp_path / "root" / "in",
        )
        drop = Drop(access)
        drop.put("a_secret.xml", content("R0"))
        drop.put("b.xml", content())
        assert paths(drop.settle()) == ["b.xml"]
        assert list(drop.cursor["waiting"]) == ["a_secret.xml"]
