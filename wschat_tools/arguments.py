"""The arguments that both tools take: where the server is, and where figures are written."""

from __future__ import annotations

import argparse
import os
import sys
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wschat_tools import VERSION
from wschat_tools.load.address import parse_address
from wschat_tools.load.errors import BadAddressError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wschat_tools.load.address import Address

    Main = Callable[[Sequence[str], str], int]

TO_STDOUT: Final = Path("-")
INTERRUPTED: Final = 130


def printing(main: Main) -> Main:
    """Let a tool say so, and end with 1, where what it prints cannot be written.

    Ctrl-C where nothing of the tool's own takes it, as while it prints, ends it with 130.
    """

    @wraps(main)
    def guarded(arguments: Sequence[str], program: str) -> int:
        try:
            try:
                return main(arguments, program)
            finally:
                sys.stdout.flush()
        except KeyboardInterrupt:
            return INTERRUPTED
        except OSError as error:  # of our output: all others are told where they happen
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            if not isinstance(error, BrokenPipeError):  # whose reader has seen enough
                print(f"the output cannot be written: {error.strerror}", file=sys.stderr)
            return 1

    return guarded


def make_parser(program: str, description: str, examples: str) -> argparse.ArgumentParser:
    """Return a parser with the common arguments; its help begins with examples."""
    parser = argparse.ArgumentParser(
        prog=program,
        description=f"{examples.replace('PROGRAM', program)}\n{description}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("address", metavar="ADDRESS", nargs="?", help="ws://HOST:PORT, wss://… or unix:///SOCKET")
    add("--ca", type=Path, metavar="FILE", help="certificates to trust with wss://")
    add("--insecure", action="store_true", help="trust any certificate with wss://")
    add(
        "--json",
        nargs="?",
        const="-",
        metavar="FILE",
        help="write everything as JSON; without FILE, or with -, print that and nothing else",
    )
    add("--version", action="version", version=f"%(prog)s {VERSION}")
    return parser


def parse(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> argparse.Namespace:
    """Return the options; an address right behind `--json` is the address, and no file."""
    options = parser.parse_args(arguments)
    if options.address is None and options.json and "://" in options.json:
        options.address, options.json = options.json, "-"
    try:
        options.json = options.json and writable(options.json)
    except argparse.ArgumentTypeError as error:
        parser.error(f"--json: {error}")
    to_stdout = [
        f"--{name}"
        for name in ("json", "html", "markdown")
        if getattr(options, name, None) == TO_STDOUT
    ]
    to_stdout += ["--time"] if getattr(options, "time", False) else []
    if len(to_stdout) > 1:
        parser.error(f"got {' and '.join(to_stdout)}, expected one of them to print, or a FILE")
    return options


def read_address(parser: argparse.ArgumentParser, options: argparse.Namespace) -> Address:
    """Return where the server is; an address that is none is wrong usage.

    Raises:
        ConnectError: its host does not resolve.

    """
    if options.address is None:
        parser.error("the address is missing, expected ws://HOST:PORT")
    try:
        return parse_address(options.address, ca=options.ca, insecure=options.insecure)
    except BadAddressError as error:
        parser.error(str(error))


def writable(name: str) -> Path:
    """Return the path of a file that can be written, "-" being our own output.

    Raises:
        ArgumentTypeError: it cannot; better told now than after a long run.

    """
    path = Path(name)
    try:
        if path != TO_STDOUT:
            is_new = not path.exists()
            path.open("a").close()
            if is_new:  # an empty file would look like a report until there is one, if ever
                path.unlink()
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{name} cannot be written: {error.strerror}") from None
    return path


def write(path: Path, text: str) -> None:
    """Write a file, or print the text if that is what was asked for.

    Raises:
        SystemExit: it cannot be written any more; a sentence says why not.

    """
    if path == TO_STDOUT:
        sys.stdout.write(text)
        return
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        sys.exit(f"{path} cannot be written: {error.strerror}")
