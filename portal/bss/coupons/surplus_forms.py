"""The forms of one coupon in the surplus register."""

from typing import Self

from wtforms import SelectField
from wtforms.validators import ValidationError

from portal.bss.assets.asset_forms import reason_field
from portal.core.i18n import lazy as _
from portal.models import Asset, User, VendorRequest
from portal.web.filters import licences
from portal.web.forms.action_forms import ActForm


class _Reasoned(ActForm):
    reason = reason_field()

    def apart(self, prefix: str) -> Self:
        """Makes the field ids unique, because two of these forms share a page."""
        for field in self:
            field.id = f"{prefix}-{field.name}"
        return self


class RevokeForm(_Reasoned):
    def values(self, by: User) -> dict:
        return {"by": by, "reason": self.reason.data}


class AttachSurplusForm(_Reasoned):
    """The value of the `asset` field contains the version that the person saw."""

    asset = SelectField(_("Asset"), validate_choice=False)
    reason = reason_field()
    offered: list[Asset]

    @classmethod
    def among(cls, offered: list[Asset], vendor_request: VendorRequest | None = None) -> Self:
        form = cls.as_typed(vendor_request) if vendor_request else cls()
        form.offered = offered
        form.asset.choices = [("", _("Choose a failed asset")), *((_key(asset), _label(asset)) for asset in offered)]
        return form

    def validate_asset(self, field) -> None:
        if self.chosen is None:
            raise ValidationError(_("Choose the asset that should get it."))

    @property
    def chosen(self) -> Asset | None:
        """The chosen asset, even if its version has changed since; the service then refuses."""
        asset_id = (self.asset.data or "").partition(":")[0]
        return next((asset for asset in self.offered if str(asset.id) == asset_id), None)

    def seen_version(self) -> int:
        text = (self.asset.data or "").partition(":")[2]
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1

    def values(self, by: User) -> dict:
        return {"asset_id": self.chosen.id, "version": self.seen_version(), "by": by, "reason": self.reason.data}


def _key(asset: Asset) -> str:
    return f"{asset.id}:{asset.version}"


def _label(asset: Asset) -> str:
    return f"{asset.number}, {asset.name}, {asset.account.name} ({licences(asset.quantity)})"
