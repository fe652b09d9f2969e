"""From where to where a source is read, and what of it was published already."""
