from tabulate import tabulate


def handle(event: str) -> str:
    return tabulate([line.split(",") for line in event.splitlines()], tablefmt="github") + "\n"
