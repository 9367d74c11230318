"""Many more walks through the model, played with the real services."""

import pytest

from tests.model.test_conformance import KINDS, scale, settings, walk_all  # noqa: F401  (fixtures)


@pytest.mark.parametrize("kind", KINDS)
def test_many_walks_end_where_the_model_says(app, world, work, sandbox, scale, seed, times, kind):  # noqa: F811
    walk_all(app, world, work, sandbox, seed, kind, times(500))
