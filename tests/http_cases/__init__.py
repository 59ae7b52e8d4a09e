"""The corpus of answers over HTTP, in parts."""

from __future__ import annotations

from tests.http_cases.documents import NOT_JSON, NOT_THE_CONTRACT
from tests.http_cases.good import GOOD_IN_SPITE
from tests.http_cases.pages import PAGED
from tests.http_cases.wire import ON_THE_WIRE, REFUSED

CASES = (*NOT_JSON, *NOT_THE_CONTRACT, *REFUSED, *ON_THE_WIRE, *PAGED, *GOOD_IN_SPITE)
