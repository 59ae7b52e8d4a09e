"""From published facts to printed words: rounding, wording, readiness and the section; knows nothing of Dagster."""
