"""The sections of a rules file, each read by a module of its own; errors name file and line."""
