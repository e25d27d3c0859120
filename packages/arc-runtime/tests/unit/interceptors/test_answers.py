"""What is kept of an answer."""

from typing import Any

from arc_runtime.interceptors.answers import plain_answer
from arc_runtime.snapshot import MAX_SCALARS, freeze


class Model:
    """Like an answer of an SDK; its own dump would copy all of it, which blocks an event loop for long answers."""

    model_fields: Any = ()

    def __init__(self, **fields: Any) -> None:
        self.__dict__.update(fields)
        self.model_fields_set = {name for name in fields if name != "unset"}
        self.__pydantic_extra__ = {"unknown": "kept"}

    def model_dump(self, **options: Any) -> Any:
        raise AssertionError("dumped")


def test_an_answer_is_copied_field_by_field_as_far_as_it_was_given() -> None:
    choice = Model(text="hi")
    assert plain_answer(Model(choices=[choice], unset=None)) == {
        "choices": [{"text": "hi", "unknown": "kept"}],
        "unknown": "kept",
    }


def test_a_long_answer_is_cut_and_says_so() -> None:
    kept = plain_answer(Model(data=[Model(embedding=[0.5] * 1_536) for _ in range(100)]))
    assert len(str(kept)) < 10 * MAX_SCALARS
    assert not freeze(kept).complete


def test_what_is_no_model_is_not_kept() -> None:
    for answer in (b"bytes", None, "text", {"a": 1}, Model):
        assert plain_answer(answer) is None
