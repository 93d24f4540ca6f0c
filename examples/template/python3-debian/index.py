"""Serve the function's `handle(event)` over HTTP on port 8080, as OpenFaaS expects it."""

from function.handler import handle
from waitress import serve


def application(environ, start_response):
    """Answer one request with what the handler returns for its body."""
    size = int(environ.get("CONTENT_LENGTH") or 0)
    answer = handle(environ["wsgi.input"].read(size).decode())
    start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
    return [answer.encode()]


if __name__ == "__main__":
    serve(application, port=8080)
