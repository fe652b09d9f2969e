"""Speed and memory of the statement parsers beside the libraries that read the same format."""
