"""Nothing is lost, and no list holds more than it may."""

from hypothesis import given
from hypothesis import strategies as st

from m3w_builder.passes.batches import batches


@given(st.lists(st.integers(0, 9)), st.integers(1, 5), st.integers(1, 20))
def test_lists_hold_all_in_order_and_end_where_they_have_enough(sizes, most, enough):
    made = list(batches(iter(sizes), most, enough, int))
    assert [one for batch in made for one in batch] == sizes
    for batch in made:
        assert 0 < len(batch) <= most
        assert sum(batch[:-1]) < enough
    for batch in made[:-1]:
        assert len(batch) == most or sum(batch) >= enough


@given(st.lists(st.integers(0, 9)), st.integers(1, 5))
def test_without_a_size_their_number_alone_counts(items, most):
    assert list(batches(items, most)) == [items[at : at + most] for at in range(0, len(items), most)]
