import sys

from wschat_tools.conformance.command import main

sys.exit(main(sys.argv[1:], "python -m wschat_tools.conformance"))
