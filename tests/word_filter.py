"""A word filter as a developer writes it, and a way to have a server use it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chat.consumers import ChatConsumer
from chat.room.background import run_in_background

if TYPE_CHECKING:
    from pathlib import Path

WORD: Final = "darn"
ANSWER: Final = f"please do not say {WORD}"

# Python runs this before anything else in every process whose PYTHONPATH has its folder.
_SITE: Final = """
import sys
from importlib.machinery import PathFinder


class Finder(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name != "chat.routing":
            return None
        spec = super().find_spec(name, path, target)
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            from tests.word_filter import WordFilter
            module.ChatConsumer = WordFilter

        spec.loader.exec_module = exec_module
        return spec


sys.meta_path.insert(0, Finder)
"""


class WordFilter(ChatConsumer):
    """Drops messages with a word, and tells the sender alone."""

    def chat(self, contents: str) -> None:
        """Send a chat to everyone, unless it contains the word."""
        if WORD in contents:
            message = {"sender": "system", "action": "chat", "contents": ANSWER, "timestamp": 0}
            run_in_background(self.send_json(message))
        else:
            super().chat(contents)


def use_word_filter(folder: Path) -> dict[str, str]:
    """Return the environment of a server whose consumers are `WordFilter`s."""
    (folder / "sitecustomize.py").write_text(_SITE, encoding="utf-8")
    return {"PYTHONPATH": str(folder)}
