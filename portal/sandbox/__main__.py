import argparse
from dataclasses import fields

from .server import serve
from .settings import SandboxSettings


def main() -> None:
    parser = argparse.ArgumentParser(prog="sandbox", description="A BitTitan stand-in.")
    for field in fields(SandboxSettings):
        option = f"--{field.name.replace('_', '-')}"
        if field.type is bool:
            parser.add_argument(option, action=argparse.BooleanOptionalAction, default=field.default)
        else:
            parser.add_argument(option, type=field.type, default=field.default)
    try:
        settings = SandboxSettings(**vars(parser.parse_args()))
    except ValueError as error:
        parser.error(str(error))
    serve(settings)


if __name__ == "__main__":
    main()
