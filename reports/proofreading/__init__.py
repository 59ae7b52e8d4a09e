"""Proofreading: every numeral of an author's edited text is matched with a certified number, or told apart."""

from reports.docx_files import DocumentError
from reports.proofreading.documents import passages_of, read_document
from reports.proofreading.findings import Matched, NotChecked, Proof, ProofFinding, Spot
from reports.proofreading.known import Known, KnownNumber, OwnFigure
from reports.proofreading.passages import Passage, TextPlace
from reports.proofreading.proof import proofread
from reports.proofreading.registers import RegisterError, read_register, sum_faults

__all__ = [
    "DocumentError",
    "Known",
    "KnownNumber",
    "Matched",
    "NotChecked",
    "OwnFigure",
    "Passage",
    "Proof",
    "ProofFinding",
    "RegisterError",
    "Spot",
    "TextPlace",
    "passages_of",
    "proofread",
    "read_document",
    "read_register",
    "sum_faults",
]
