"""The same day's table as each of the usual programs and libraries saves it, in what formats it has."""
