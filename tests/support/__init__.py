"""What the integration tests share: projects, runs of the entry point, the engine, the registry."""
