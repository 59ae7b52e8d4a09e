"""Alerts: what deserves one, what each channel was told, one message for all news, sent through Apprise."""
