"""Matching every number of an author's text with the certified ones: reading documents and registers, and the rules.

How documents are set or numbers certified doesn't belong here; certified numbers come in as `KnownNumbers`.
May import `reports.figures` and `reports.docx_files`; the names below are all that other rooms may use.
"""

from reports.docx_files import DocumentError
from reports.proofreading.documents import passages_of, read_document, read_text, table_passages
from reports.proofreading.findings import Matched, NotChecked, Proof, ProofFinding, Spot
from reports.proofreading.known_numbers import PLAIN, KnownNumber, KnownNumbers, OwnFigure, Usage
from reports.proofreading.passages import Passage, TextPlace
from reports.proofreading.proof import proofread
from reports.proofreading.quotations import CertifiedSection
from reports.proofreading.registers import RegisterError, read_register, register_rows, sum_faults
from reports.proofreading.rules import ALL_RULES as RULES
from reports.proofreading.vocabulary import reading_words

__all__ = [
    "PLAIN",
    "RULES",
    "CertifiedSection",
    "DocumentError",
    "KnownNumber",
    "KnownNumbers",
    "Matched",
    "NotChecked",
    "OwnFigure",
    "Passage",
    "Proof",
    "ProofFinding",
    "RegisterError",
    "Spot",
    "TextPlace",
    "Usage",
    "passages_of",
    "proofread",
    "read_document",
    "read_register",
    "read_text",
    "reading_words",
    "register_rows",
    "sum_faults",
    "table_passages",
]
