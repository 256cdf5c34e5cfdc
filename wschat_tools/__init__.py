"""Tools that talk to any server of the family; they run with Django's commands and without."""

from typing import Final

VERSION: Final = "1.1.0"
