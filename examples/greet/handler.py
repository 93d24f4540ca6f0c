def handle(event: str) -> str:
    return f"Hello, {event.strip() or 'world'}!\n"
