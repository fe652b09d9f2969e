"""One module (or package) per provider."""
