"""What Dagster loads and what the command line runs: everything that pulls, schedules and wires."""
