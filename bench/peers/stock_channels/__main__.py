"""Serve the stock recipe through Daphne's own command line, without its log of every request.

Usage: python -m bench.peers.stock_channels HOST:PORT
"""

from daphne.cli import CommandLineInterface

from bench.peers.message import address_argument

APPLICATION = "bench.peers.stock_channels.asgi:application"

host, port = address_argument()
CommandLineInterface().run(["-v", "0", "-b", host, "-p", str(port), APPLICATION])
