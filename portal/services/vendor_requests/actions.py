"""The action for each kind of request. It is carried out for the person who asked, with the version that they saw."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from portal.core import access
from portal.models import AccountKind, CheckCause, RequestKind, Right, User
from portal.providers.base import IssuedCoupon
from portal.services import accounts, assets, connection
from portal.services.assets import corrections
from portal.services.connection import changes, service_definition
from portal.services.connection.changes import Typed
from portal.services.connection.service_definition import CatalogChanges
from portal.services.connection.trial import Trial
from portal.services.coupons import surplus
from portal.services.coupons.attachments import CodeCheck
from portal.services.status_checks import checking
from portal.services.vendor_requests import account_linking
from portal.services.vendor_requests.account_linking import packed_saved, read_saved
from portal.services.vendor_requests.serialization import packed, unpacked


@dataclass(frozen=True)
class Act:
    right: Right
    """Checked again when it is carried out."""
    carry_out: Callable[..., dict[str, Any]]
    """Takes the subject's id, `by` and the values. Returns the page's answer as JSON; raises DomainError."""
    read: Callable[[dict[str, Any]], Any] = lambda answer: answer
    transaction: str | None = None
    """The name of the transaction that carries out the action; the request is marked done in the same one. None if
    carrying it out twice does no harm."""


def _check_code(asset_id: int, *, by: User, code: str) -> dict[str, Any]:
    return packed(assets.check_code(access.visible_asset(by, asset_id), code, by=by))


def _read_check(answer: dict[str, Any]) -> CodeCheck:
    return unpacked(CodeCheck, answer, coupon=answer["coupon"] and unpacked(IssuedCoupon, answer["coupon"]))


def _check_status(asset_id: int, *, by: User) -> dict[str, Any]:
    asset = access.visible_asset(by, asset_id)
    outcome = checking.check(asset.id, cause=CheckCause.PERSON, by=by)
    return {"result": outcome.result.value if outcome else None}


def _attach_code(asset_id: int, *, by: User, **values: Any) -> dict[str, Any]:
    assets.attach(access.visible_asset(by, asset_id), by=by, **values)
    return {}


def _check_replacement(asset_id: int, *, by: User, code: str, version: int) -> dict[str, Any]:
    return packed(corrections.check_code(access.visible_asset(by, asset_id), code, version=version, by=by))


def _replace_code(asset_id: int, *, by: User, **values: Any) -> dict[str, Any]:
    corrections.replace(access.visible_asset(by, asset_id), by=by, **values)
    return {}


def _give_coupon(coupon_id: int, *, by: User, asset_id: int, **values: Any) -> dict[str, Any]:
    coupon, asset = access.surplus_coupon(by, coupon_id), access.visible_asset(by, asset_id)
    surplus.attach(coupon, asset, by=by, **values)
    return {"number": asset.number}


def _link_account(account_id: int, *, by: User, **values: Any) -> dict[str, Any]:
    return packed_saved(accounts.correct_link(access.visible_account(by, account_id), by=by, **values))


def _edit_account(account_id: int, *, by: User, kind: str | None = None, **values: Any) -> dict[str, Any]:
    values |= {"kind": kind and AccountKind(kind)}
    return packed_saved(accounts.edit(access.visible_account(by, account_id), by=by, **values))


def _create_account(_nothing: int, *, by: User, kind: str, **values: Any) -> dict[str, Any]:
    return packed_saved(accounts.create(kind=AccountKind(kind), by=by, **values))


def _connect(_nothing: int, *, by: User) -> dict[str, Any]:
    connection.connect(by=by)
    return {}


def _read_definition(_nothing: int, *, by: User) -> dict[str, Any]:
    return packed(service_definition.read(by=by))


def _read_changes(answer: dict[str, Any]) -> CatalogChanges:
    return unpacked(CatalogChanges, answer)


def _test_connection(_nothing: int, *, by: User, **typed: Any) -> dict[str, Any]:
    """Without values: of the settings in use."""
    return packed(changes.test(Typed(**typed)) if typed else changes.test_current())


def _save_connection(_nothing: int, *, by: User, version: int, is_confirmed: bool, **typed: Any) -> dict[str, Any]:
    return packed(changes.save(Typed(**typed), version=version, is_confirmed=is_confirmed, by=by))


def _read_trial(answer: dict[str, Any]) -> Trial:
    return unpacked(Trial, answer)


_SAVE = "save account"

ACTS = {
    RequestKind.CHECK_CODE: Act(Right.PROVISION, _check_code, _read_check),
    RequestKind.CHECK_STATUS: Act(Right.PROVISION, _check_status),
    RequestKind.ATTACH_CODE: Act(Right.PROVISION, _attach_code, transaction="attach"),
    RequestKind.CHECK_REPLACEMENT: Act(Right.PROVISION, _check_replacement, _read_check),
    RequestKind.REPLACE_CODE: Act(Right.PROVISION, _replace_code, transaction="replace"),
    RequestKind.GIVE_COUPON: Act(Right.PROVISION, _give_coupon, transaction="give"),
    RequestKind.LINK_ACCOUNT: Act(Right.SYNCHRONIZE_ACCOUNTS, _link_account, read_saved, _SAVE),
    RequestKind.LINK_PAYER: Act(Right.SYNCHRONIZE_ACCOUNTS, account_linking.link, account_linking.results),
    RequestKind.EDIT_ACCOUNT: Act(Right.EDIT_ACCOUNTS, _edit_account, read_saved, _SAVE),
    RequestKind.CREATE_ACCOUNT: Act(Right.EDIT_ACCOUNTS, _create_account, read_saved, _SAVE),
    RequestKind.CONNECT: Act(Right.CONFIGURE, _connect),
    RequestKind.TEST_CONNECTION: Act(Right.CONFIGURE, _test_connection, _read_trial),
    RequestKind.SAVE_CONNECTION: Act(Right.CONFIGURE, _save_connection, _read_trial, "save connection"),
    RequestKind.READ_DEFINITION: Act(Right.CONFIGURE, _read_definition, _read_changes),
}
