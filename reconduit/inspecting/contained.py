"""What a path of `reconduit inspect` holds: a file, or the files of a .zip or .gz, each unpacked and inspected by itself."""

from pathlib import Path
from tempfile import TemporaryDirectory

from producers.errors import ArchiveError
from producers.formats.contract import ParseOptions
from producers.kit.files.archives import ArchiveLimits, archive_kind, unpack
from reconduit.inspecting.file_report import FileReport, inspect_file

__all__ = ["inspect_path"]


def inspect_path(path: str, options: ParseOptions, *, most_entries: int | None) -> list[FileReport]:
    """A report for the file, or for each member of the archive, in its order; members are named `archive.zip!member`.

    Args:
        path: its name, or `-` for standard input, which is not looked at for archives.
        options: what a file may leave out.
        most_entries: how many entries of each statement are kept to be shown, None for all.
    """
    if path == "-" or not Path(path).is_file():
        return [inspect_file(path, options, most_entries=most_entries)]
    try:
        if archive_kind(Path(path)) is None:
            return [inspect_file(path, options, most_entries=most_entries)]
        with TemporaryDirectory(prefix="reconduit-inspect-") as landing:
            return [
                inspect_file(str(member.path), options, most_entries=most_entries, name=f"{path}!{member.name}")
                for member in unpack(Path(path), path, Path(landing), ArchiveLimits())
            ]
    except OSError as error:
        return [FileReport(path, error=f"cannot be read: {error.strerror or error}")]
    except ArchiveError as error:
        return [FileReport(path, error=str(error))]
