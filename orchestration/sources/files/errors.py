"""What may be wrong with dropped files, as faults.toml words it."""

from orchestration.sources.contract import FaultTable

fault = FaultTable(__file__)
