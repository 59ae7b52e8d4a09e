"""Great Expectations, which takes seconds to load: in a process of its own, beside the systems that are asked."""

from orchestration.runtime.worker import Worker


def _prepare() -> None:
    from expectations.validation import warm_up

    warm_up()


VALIDATOR = Worker("great_expectations", _prepare)
