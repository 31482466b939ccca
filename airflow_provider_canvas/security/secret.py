"""Secrets in memory: their text does not show where a program is displayed, as in an error tracker's frames."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, repr=False)
class Secret:
    """A secret text. It is displayed as ``***``, and false if it is empty.

    It is no ``str``, so that it cannot become part of another text by mistake. Code that sends it calls
    :meth:`reveal`, without keeping the result in a variable.

    :param text: The text.
    """

    text: str = field()

    def reveal(self) -> str:
        """Return the text."""
        return self.text

    def __bool__(self) -> bool:
        return bool(self.text)

    def __repr__(self) -> str:
        return "***"


class SecretField:
    """A field of a dataclass whose text is kept as a :class:`Secret`. It accepts either."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._attribute = f"_{name}"

    def __get__(self, instance: object, owner: type) -> Secret:
        if instance is None:
            raise AttributeError  # the field has no default
        secret: Secret = getattr(instance, self._attribute)
        return secret

    def __set__(self, instance: object, value: str | Secret) -> None:
        # Frozen dataclasses refuse assignments.
        object.__setattr__(instance, self._attribute, value if isinstance(value, Secret) else Secret(value))
