"""The rules of proofreading: each a small function with its name and its sentences, in the order of the modules.

Adding a rule takes its function in one of the modules, and its pairs of sentences in
tests/proofreading_texts/rules.toml.
"""

from importlib import import_module

from reports.proofreading.rules.table import PASSAGE_RULES, READING_RULES, TEXT_RULES, Fault, ProofRule, ReadPassage

_MODULES = (
    *("quotations", "counts", "changes", "shares", "months", "sums", "reckoning"),
    *("dates", "ordinals", "writing", "punctuation"),
)
for _module in _MODULES:
    import_module(f"{__name__}.{_module}")

ALL_RULES = (*READING_RULES, *PASSAGE_RULES, *TEXT_RULES)

__all__ = ["ALL_RULES", "PASSAGE_RULES", "READING_RULES", "TEXT_RULES", "Fault", "ProofRule", "ReadPassage"]
