"""The command line: `yuebao`."""
