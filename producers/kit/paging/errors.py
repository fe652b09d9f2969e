"""Errors of paging; anything else that is wrong with a listing is a `ContractChangeError`.

```
producers.errors.TransientError
└── ListingShrankError     retryable  records went away while their listing was read
```
"""

from producers.errors import TransientError

__all__ = ["ListingShrankError"]


class ListingShrankError(TransientError):
    """A listing got shorter while it was read, so records may have moved over the edge of a page that was read already."""
