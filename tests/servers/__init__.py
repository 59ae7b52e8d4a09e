"""Real servers for tests: each starts on loopback when a test asks for it, and is stopped after."""
