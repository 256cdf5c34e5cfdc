"""What may stand behind `wschat`, as a management command. Imports the standard library alone."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from chat import VERSION
from chat.config.address import AddressError, parse_address, resolve

if TYPE_CHECKING:
    from collections.abc import Sequence


def read_arguments(arguments: Sequence[str]) -> list[str]:
    """Return the management command they stand for; end the process with usage where they do not.

    An address is looked up already here, so that nothing is installed for a typing error.
    """
    if arguments and arguments[0] == "manage":
        return list(arguments[1:]) or ["help"]
    parser = argparse.ArgumentParser(
        prog="wschat",
        usage="wschat ADDRESS | --setup | manage COMMAND ... | --version | --help",
        description="Serve a chat room and its page at an address.",
        epilog="`wschat manage help` lists commands, such as createsuperuser, loadtest and prune. "
        "Settings are WSCHAT_* environment variables: see docs/operations.md.",
    )
    wanted = parser.add_mutually_exclusive_group(required=True)
    wanted.add_argument(
        "address",
        nargs="?",
        metavar="ADDRESS",
        help="127.0.0.1:8000, localhost:8000, [::1]:8000, or :8000 for all interfaces; "
        "with port 0 the kernel picks a free one",
    )
    wanted.add_argument(
        "--setup", action="store_true", help="install, make the tables, and serve nothing"
    )
    parser.add_argument("--version", action="version", version=f"wschat {VERSION}")
    read = parser.parse_args(arguments)
    if read.setup:
        return ["setup"]
    try:
        resolve(parse_address(read.address))
    except AddressError as error:
        parser.error(str(error))
    return ["serve", read.address]
