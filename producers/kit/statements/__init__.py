"""Banks that give rows of a statement by day: one flow, one reader of rows, references in narrations."""
