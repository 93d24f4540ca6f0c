"""Help for the end-to-end tests: act, and stand-ins for what it cannot fetch."""
