"""One setting: a field of a dataclass, read from a text; msgspec holds its bounds and choices.

The error texts are ours: msgspec's name the one bound that was passed, not all that is allowed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Final,
    Literal,
    get_args,
    get_origin,
    get_type_hints,
)

from msgspec import Meta, ValidationError, convert

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

PREFIX: Final = "WSCHAT_"
_WORDS: Final = {
    **dict.fromkeys(("true", "on", "yes", "y", "ok", "1"), True),
    **dict.fromkeys(("false", "off", "no", "n", "0", ""), False),
}


def setting(  # noqa: PLR0913 - all but two by name
    default: Any,
    meaning: str,
    *,
    least: float = 0,
    most: float = 2**53,
    variable: str = "",
    read: Callable[[str], Any] | None = None,
) -> Any:
    """Return a field with its default and what it means, in a sentence.

    `least` and `most` bound a number; words that are allowed stand in the type, a `Literal`. `read`
    makes the value in place of the type, or raises a ValueError that says all.
    """
    bounds = Meta(ge=least, le=most)
    metadata = {
        "meaning": meaning,
        "bounds": bounds,
        "variable_given": variable,
        "custom_read": read,
    }
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class Setting:
    """What is known of one; `name` is that of its field."""

    name: str
    kind: Any
    default: Any
    variable_given: str
    meaning: str
    bounds: Meta
    custom_read: Callable[[str], Any] | None

    @property
    def variable(self) -> str:
        """Its environment variable."""
        return self.variable_given or PREFIX + self.name.upper()

    def read(self, text: str) -> Any:
        """Return the value; ValueError says what was got and what is allowed."""
        if self.custom_read is not None:
            return self.custom_read(text)
        try:
            kind = Annotated[self.kind, self.bounds] if self._is_number else self.kind
            return convert(self._cast(text), kind)
        except (ValueError, ValidationError):
            raise ValueError(f"got {text!r}, expected {self._expected}") from None

    @property
    def _is_number(self) -> bool:
        return self.kind in (int, float)

    def _cast(self, text: str) -> Any:
        """Return the text as msgspec takes it, which knows neither lists nor all words for yes."""
        if self._is_number:
            return self.kind(text)
        if self.kind is bool:
            return _WORDS.get(text.strip().lower())
        if get_origin(self.kind) is tuple:
            return [part.strip() for part in text.split(",") if part.strip()]
        choices = {choice.lower(): choice for choice in _choices(self.kind)}
        return choices.get(text.strip().lower(), text)

    @property
    def _expected(self) -> str:
        if self._is_number:
            return f"a number from {self.bounds.ge} to {self.bounds.le}"
        if self.kind is bool:
            return "true or false"
        if get_origin(self.kind) is tuple:
            return f"any of {', '.join(_choices(get_args(self.kind)[0]))}, separated by commas"
        choices = _choices(self.kind)
        return f"one of {', '.join(choices)}" if len(choices) > 2 else " or ".join(choices)


def _choices(kind: Any) -> tuple[str, ...]:
    return get_args(kind) if get_origin(kind) is Literal else ()


def settings_of(conf: type) -> tuple[Setting, ...]:
    """Return the settings among the fields of a dataclass, in their order."""
    kinds = get_type_hints(conf)
    return tuple(
        Setting(name=entry.name, kind=kinds[entry.name], default=entry.default, **entry.metadata)
        for entry in fields(conf)
        if entry.metadata
    )


def read_settings(
    settings: Iterable[Setting], variables: Mapping[str, str]
) -> tuple[dict[str, Any], list[str]]:
    """Return the values that can be used, by field, and a line for each that cannot."""
    values: dict[str, Any] = {}
    problems: list[str] = []
    for each in settings:
        if each.variable in variables:
            try:
                values[each.name] = each.read(variables[each.variable])
            except ValueError as error:
                problems.append(f"{each.variable}: {error}")
    return values, problems
