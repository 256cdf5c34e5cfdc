from typing import Final

# What happened within one minute has an order, and servers of a room may stand in several zones.
DATETIME_FORMAT: Final = "Y-m-d H:i:s T"
SHORT_DATETIME_FORMAT: Final = DATETIME_FORMAT
