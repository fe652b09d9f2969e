"""What is remembered of a record that was published: short digests of its id and of its content, and its revision.

`producers.kit.reading.record_versions` keeps it by booking day and `producers.kit.reading.incremental` by hour, each in the form
that its cursors have.
"""

import hashlib
from dataclasses import dataclass

__all__ = ["KEPT_BYTES", "Published", "id_digest"]

KEPT_BYTES = 6
"""Of each digest. Two of a million ids have the same one with a chance of one in five hundred, and then one of them only has a
revision more than it needs; a change is missed when two contents have the same one, one in 2^48."""


@dataclass(frozen=True, slots=True)
class Published:
    """A record as it was published last.

    Attributes:
        content: text of a digest of its content, KEPT_BYTES long before it was made text.
        revision: that it had.
    """

    content: str
    revision: int

    def revision_for(self, content: str) -> int:
        """The revision of the record with the content that it has now: the next one when that is another."""
        return self.revision if content == self.content else self.revision + 1


def id_digest(txn_id: str) -> bytes:
    """KEPT_BYTES that stand for a record's id."""
    return hashlib.sha256(txn_id.encode("utf-8", "surrogatepass")).digest()[:KEPT_BYTES]
