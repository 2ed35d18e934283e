"""What is asked twice in one process is made once, by the value of the question.

For what comes out small. Not here: what a refresh takes over from an earlier one (`ami`).
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def remembered(last: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """The `last` answers of a function are given again where all it is given is as it was.

    Two questions are one where their arguments are written alike: frames and arrays by their
    content. Who gets an answer shares it and leaves it as it is.
    """

    def decorated(make: Callable[P, T]) -> Callable[P, T]:
        kept: OrderedDict[bytes, T] = OrderedDict()

        @wraps(make)
        def answer(*args: P.args, **kwargs: P.kwargs) -> T:
            question = sha256(pickle.dumps((args, kwargs))).digest()
            if question not in kept:
                kept[question] = make(*args, **kwargs)
                if len(kept) > last:
                    kept.popitem(last=False)
            return kept[question]

        return answer

    return decorated
