"""The numbers of attributes' names."""

from __future__ import annotations

from m3w_builder.extract import keys


def test_each_constant_is_the_number_of_the_name_that_it_spells() -> None:
    constants = {name: value for name, value in vars(keys).items() if name.isupper() and isinstance(value, int)}
    spelt = {name.lower().replace("-", "_").replace(":", "_"): number for name, number in keys.NUMBERS.items()}
    assert {name.lower(): number for name, number in constants.items()} == spelt
