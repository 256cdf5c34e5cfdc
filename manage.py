#!/usr/bin/env python3
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # PYTHONSAFEPATH leaves it out

from wschat_project.__main__ import manage

if __name__ == "__main__":
    manage(sys.argv)
