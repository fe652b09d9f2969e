"""`reconduit rules diff` and `reconduit rules list`: what a change of rules would do, and which versions there are."""
