"""How a source shows who it is: OAuth, keys, signed and encrypted envelopes."""
