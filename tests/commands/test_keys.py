import pytest

from portal import config
from portal.core.transaction import transaction
from portal.services import credentials
from tests.apps import opened
from tests.keys import KEYS, setting
from tests.settings import make_settings

pytestmark = pytest.mark.sqlite

CANARY = "canary-Password-7f3a"


def run(database_url, tmp_path, keys: str, *arguments: str, store: bool = False):
    with opened(make_settings(database_url, tmp_path, CREDENTIAL_KEYS=keys)) as app:
        if store:
            with app.app_context(), transaction():
                credentials.store("one", CANARY, by="command line")
        return app.test_cli_runner().invoke(args=("keys", *arguments))


def test_a_generated_key_can_be_set(database_url, tmp_path):
    said = run(database_url, tmp_path, setting(2, 1), "generate").stdout.strip()
    assert said.startswith("3:")
    again = run(database_url, tmp_path, f"{said},{setting(2)}", "rotate")
    assert (again.exit_code, "0 of 0" in again.stdout) == (0, True)


def test_rotation_says_how_many(database_url, tmp_path):
    run(database_url, tmp_path, setting(1), "generate", store=True)
    said = run(database_url, tmp_path, setting(2, 1), "rotate")
    assert (said.exit_code, "1 of 1 stored credentials" in said.stdout) == (0, True)
    refused = run(database_url, tmp_path, setting(3), "rotate")
    assert (refused.exit_code, "Nothing was changed" in refused.stderr) == (2, True)
    assert CANARY not in said.output + refused.output


@pytest.mark.parametrize(
    "keys, sentence",
    [
        ("nonsense", "numbered keys"),
        (f"0:{KEYS[1]}", "numbered keys"),
        ("1:c2hvcnQ=", "32 random bytes"),
        (f"1:{'A' * 43}=", "32 random bytes"),
        (f"1:{KEYS[1]},1:{KEYS[2]}", "occurs twice"),
        (f"1:{KEYS[1]},2:{KEYS[1]}", "occurs twice"),
    ],
)
def test_nonsense_is_refused_and_no_key_is_told(database_url, tmp_path, keys, sentence):
    with pytest.raises(config.ConfigError, match=sentence) as refusal:
        make_settings(database_url, tmp_path, CREDENTIAL_KEYS=keys)
    assert KEYS[1] not in str(refusal.value)


def test_what_make_run_keeps_beside_the_database_is_used(database_url, tmp_path):
    (tmp_path / "credential-keys").write_text(setting(1))
    settings = make_settings(database_url, tmp_path)
    assert list(settings.credential_keys) == [1]
    assert KEYS[1] not in repr(settings)


def test_with_keys_the_sign_in_may_be_missing_in_the_environment(database_url, tmp_path):
    given = {"BITTITAN_URL": "http://127.0.0.1:9", "CREDENTIAL_KEYS": setting(1)}
    assert make_settings(database_url, tmp_path, **given).bittitan.email == ""
    with pytest.raises(config.ConfigError, match="BITTITAN_EMAIL is missing"):
        make_settings(database_url, tmp_path, BITTITAN_URL="http://127.0.0.1:9")
