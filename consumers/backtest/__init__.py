"""Back-tests: what other rules would have decided about the stored history. Nothing here writes."""
