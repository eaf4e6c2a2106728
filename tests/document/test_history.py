"""Undo and redo against the plainest model: a list of states and a place in it."""

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from latentstudio.document.document import State
from latentstudio.document.history import LIMIT, History
from latentstudio.document.recipe import Recipe, Truncation


def state(number):
    return State(Recipe(truncation=Truncation(number / 100)))


def trail(history):
    """All states from the oldest on, by undoing to the bottom and redoing to the top."""
    while history.undo():
        pass
    found = [history.present]
    while history.redo():
        found.append(history.present)
    return found


def test_a_drag_is_one_step():
    history = History(state(0))
    for number in (1, 2, 3):
        history.push("Truncation", state(number), "psi#1")
    for number in (4, 5):
        history.push("Truncation", state(number), "psi#2")
    assert trail(history) == [state(0), state(3), state(5)]


def test_steps_without_a_key_never_fold():
    history = History(state(0))
    for number in (1, 2, 3):
        history.push("Seed", state(number))
    assert trail(history) == [state(n) for n in range(4)]


def test_another_step_between_closes_the_drag():
    history = History(state(0))
    history.push("a", state(1), "k")
    history.push("b", state(2))
    history.push("a", state(3), "k")
    assert trail(history) == [state(n) for n in range(4)]


def test_undo_and_redo_close_the_drag():
    history = History(state(0))
    history.push("a", state(1), "k")
    assert history.undo()
    assert history.redo()
    history.push("a", state(2), "k")
    assert trail(history) == [state(0), state(1), state(2)]


def test_a_drag_back_to_its_start_leaves_no_step():
    history = History(state(0))
    history.push("a", state(1), "k")
    history.push("a", state(0), "k")
    assert history.undo_label is None
    history.push("a", state(2), "k")
    history.push("a", state(3), "k")
    assert trail(history) == [state(0), state(3)]


def test_a_new_step_drops_what_was_undone():
    history = History(state(0))
    history.push("a", state(1))
    history.push("b", state(2))
    history.undo()
    assert (history.undo_label, history.redo_label) == ("a", "b")
    history.push("c", state(3))
    assert history.redo_label is None
    assert trail(history) == [state(0), state(1), state(3)]


def test_previous_is_what_undo_would_show():
    history = History(state(0))
    assert history.previous is None
    history.push("a", state(1))
    assert history.previous == state(0)


def test_the_oldest_steps_go_first():
    history = History(state(0))
    for number in range(1, LIMIT + 50):
        history.push(str(number), State(Recipe(label=number)))
    states = trail(history)
    assert len(states) == LIMIT
    assert states[-1].recipe.label == LIMIT + 49
    assert states[0].recipe.label == 50
    assert history.undo_label == str(LIMIT + 49)


class HistoryMachine(RuleBasedStateMachine):
    """The model keeps (state, label, key) triples and folds by looking at the last one."""

    def __init__(self):
        super().__init__()
        self.history = History(state(0))
        self.steps = [(state(0), "", None)]
        self.at = 0

    @rule(number=st.integers(0, 4), key=st.sampled_from([None, "k", "l"]))
    def push(self, number, key):
        self.history.push(f"to {number}", state(number), key)
        del self.steps[self.at + 1 :]
        if key is not None and self.at and self.steps[-1][2] == key:
            self.steps.pop()
        if self.steps[-1][0] != state(number):
            self.steps.append((state(number), f"to {number}", key))
        else:
            self.close()
        self.at = len(self.steps) - 1

    def close(self):
        self.steps = [(s, label, None) for s, label, _ in self.steps]

    @rule()
    def undo(self):
        assert self.history.undo() == (self.at > 0)
        if self.at:
            self.at -= 1
            self.close()

    @rule()
    def redo(self):
        possible = self.at < len(self.steps) - 1
        assert self.history.redo() == possible
        if possible:
            self.at += 1
            self.close()

    @invariant()
    def agrees(self):
        assert self.history.present == self.steps[self.at][0]
        assert self.history.undo_label == (self.steps[self.at][1] if self.at else None)
        following = self.steps[self.at + 1 : self.at + 2]
        assert self.history.redo_label == (following[0][1] if following else None)
        assert self.history.previous == (self.steps[self.at - 1][0] if self.at else None)


TestHistoryMachine = HistoryMachine.TestCase
TestHistoryMachine.settings = settings(max_examples=30, stateful_step_count=25, deadline=None)


@given(st.lists(st.integers(0, 5), max_size=20))
def test_undoing_everything_returns_to_the_start(numbers):
    history = History(state(9))
    for number in numbers:
        history.push("x", state(number))
    assert trail(history)[0] == state(9)
