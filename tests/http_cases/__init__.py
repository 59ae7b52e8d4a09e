"""The corpus of answers over HTTP, in parts."""

from __future__ import annotations

from tests.http_cases.documents import NOT_JSON, NOT_THE_CONTRACT, SAYS_THAT_IT_FAILED
from tests.http_cases.good import GOOD_IN_SPITE
from tests.http_cases.judged import JUDGED
from tests.http_cases.pages import PAGED
from tests.http_cases.questions import QUESTIONS
from tests.http_cases.wire import ON_THE_WIRE, REFUSED

CASES = (
    *NOT_JSON,
    *NOT_THE_CONTRACT,
    *SAYS_THAT_IT_FAILED,
    *REFUSED,
    *ON_THE_WIRE,
    *PAGED,
    *JUDGED,
    *GOOD_IN_SPITE,
    *QUESTIONS,
)
