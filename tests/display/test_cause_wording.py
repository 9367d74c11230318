"""Why something was not done, in words."""

import pytest

from portal.display.wording.cause_wording import CAUSES
from portal.providers.causes import Cause


@pytest.mark.sqlite
@pytest.mark.parametrize("cause", list(Cause))
def test_each_cause_has_words(cause):
    assert cause in CAUSES
