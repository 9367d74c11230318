"""What the short proof uses, used for longer."""

from tests.proof.conftest import found, killing_sandbox  # noqa: F401
