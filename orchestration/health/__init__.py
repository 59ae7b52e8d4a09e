"""Is this month on its way, and if not, what is to be done: told as data, as a page, and as metrics."""
