"""Batches made in a thread, one or two before they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Any, TypeVar

T = TypeVar("T")

AHEAD = 2
"""How many are made before they are asked for."""
PATIENCE = 0.1
"""Seconds after which the thread looks whether anybody still wants what it made."""


class _Failure:
    """What went wrong in the thread."""

    def __init__(self, error: BaseException):
        self.error = error


def ahead(made: Iterator[T], kept: Callable[[T], T], count: int = AHEAD) -> Iterator[T]:
    """What `made` gives, in its order, made in a thread. `kept` gives something that stays as it is when the next one
    is made. What `made` raises is raised here, where it would have been. The thread ends with this generator."""
    queue: Queue[Any] = Queue(count)
    over, end = Event(), object()

    def put(item: Any) -> None:
        while not over.is_set():
            try:
                queue.put(item, timeout=PATIENCE)
            except Full:
                continue
            return

    def work() -> None:
        try:
            for item in made:
                put(kept(item))
                if over.is_set():
                    return
        except BaseException as error:
            put(_Failure(error))
        put(end)

    thread = Thread(target=work, name="cnndsl-ahead", daemon=True)
    thread.start()
    try:
        while (item := queue.get()) is not end:
            if isinstance(item, _Failure):
                raise item.error
            yield item
    finally:
        over.set()
        _emptied(queue)
        thread.join()


def _emptied(queue: Queue[Any]) -> None:
    while True:
        try:
            queue.get_nowait()
        except Empty:
            return
