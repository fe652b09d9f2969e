"""The stage `probabilistic`: pairs items whose evidence is weak each by itself, with weights learnt from the book without labels.

Scores and probabilities are floats; amounts stay integer minor units, and ratios of amounts are evidence, never money.
"""
