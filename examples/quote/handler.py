from markupsafe import escape


def handle(event: str) -> str:
    return f"<blockquote>{escape(event)}</blockquote>\n"
