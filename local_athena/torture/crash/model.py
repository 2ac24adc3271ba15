"""What must be true after a crash, kept outside of the endpoint.

A `Thing` is anything with a state that one writer changes and everybody can read: an object, a
catalog entry, a set of rows. A change that was answered is its state; one that was not (the server
died) may have happened or not, and the next look decides which.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

State = Any


class Refused(Exception):  # noqa: N818  (an answer, not a defect)
    """The endpoint answered that it did nothing."""


@dataclass
class Thing:
    """One writer's thing; `look` reads its state through the endpoint."""

    look: Callable[..., State]
    state: State = None
    doubt: list[State] = field(default_factory=list)


class Model:
    """All things by name."""

    def __init__(self) -> None:
        self.things: dict[Hashable, Thing] = {}
        self.answered = 0
        self.in_doubt = 0

    def thing(self, name: Hashable, look: Callable[..., State]) -> Thing:
        """The thing of that name."""
        return self.things.setdefault(name, Thing(look))

    @contextmanager
    def change(self, thing: Thing, state: State) -> Iterator[None]:
        """Around a change to `state`: certain when the block ends, refused by Refused."""
        thing.doubt.append(state)
        try:
            yield
        except Refused:
            thing.doubt.remove(state)
            return
        thing.doubt.remove(state)
        thing.state = state
        self.answered += 1

    def check(self, clients: Any) -> list[str]:
        """Look at everything; what is not as it must be. Doubts are over then."""
        wrong: list[str] = []
        for name, thing in self.things.items():
            found = thing.look(clients)
            if found != thing.state and found not in thing.doubt:
                wrong.append(f"{name}: {found!r}, not {thing.state!r} (in doubt: {thing.doubt!r})")
            self.in_doubt += len(thing.doubt)
            thing.doubt.clear()
            thing.state = found
        return wrong
