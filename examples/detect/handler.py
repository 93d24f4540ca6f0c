from pathlib import Path

MODEL = Path(__file__).with_name("model.bin")


def handle(event: str) -> str:
    return f"{len(event)} bytes seen by a model of {MODEL.stat().st_size} bytes\n"
