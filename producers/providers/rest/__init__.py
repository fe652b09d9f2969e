"""A source that a file describes: where a REST API lists its records, how it is paged, and what its fields mean. No code."""
