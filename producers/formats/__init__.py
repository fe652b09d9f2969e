"""Statement file formats: each parser streams from a binary file to statements, entries and findings."""
