from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from chat.config.networks import joined

if TYPE_CHECKING:
    from collections.abc import Mapping

# The prefixes of the widest private networks, by version: 10.0.0.0/8 and fc00::/7.
WIDEST: Final = {4: 8, 6: 7}


def weaknesses(values: Mapping[str, Any]) -> list[str]:
    """Name the values that are well formed, but fence nothing or keep everybody out."""
    hosts = [
        f"WSCHAT_ALLOWED_HOSTS: got {host!r}, expected a host name without scheme and path"
        for host in values.get("allowed_hosts", ())
        if "/" in host
    ]
    origins = [
        f"WSCHAT_ALLOWED_ORIGINS: got {origin!r}, expected one with scheme, such as "
        "https://chat.example.org"
        for origin in values.get("allowed_origins", ())
        if "://" not in origin
    ]
    proxies = [
        f"WSCHAT_TRUSTED_PROXIES: got {network}, by which anybody may say any address"
        for network in joined(values.get("trusted_proxies", ()))
        if network.prefixlen < WIDEST[network.version]
    ]
    return [*hosts, *origins, *proxies]


def contradictions(values: Mapping[str, Any]) -> list[str]:
    """Name the values that do not go together."""
    found = []
    if values.get("debug") and "*" in values.get("allowed_hosts", ()):
        found.append("WSCHAT_DEBUG: on while WSCHAT_ALLOWED_HOSTS is *, which shows all to anybody")
    if values.get("tls_certificate") and not values.get("tls_key"):
        found.append("WSCHAT_TLS_CERTIFICATE: set without WSCHAT_TLS_KEY, expected both or neither")
    if values.get("tls_key") and not values.get("tls_certificate"):
        found.append("WSCHAT_TLS_KEY: set without WSCHAT_TLS_CERTIFICATE, expected both or neither")
    if values.get("database_url") and not values.get("secret_key"):
        found.append(
            "WSCHAT_SECRET_KEY: missing, and the data is not in the data folder, where one is "
            "made: set it to 50 random characters, the same for all processes"
        )
    return found
