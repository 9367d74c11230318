"""The rows of a list of assets. What is alike in all of them is put together once, and each row is joined from strings:
as a template, fifty rows cost a page 2.5 ms more. Texts of people are escaped here, one by one."""

from collections.abc import Sequence
from datetime import date

from flask import Flask
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup, escape

from portal.core import clock
from portal.core.i18n import gettext as _
from portal.core.i18n import ngettext
from portal.display.badges import Badges
from portal.display.layout import icon
from portal.display.lists.columns import ShownColumn, drawing, nothing
from portal.display.wording import code_status, sync_sentence
from portal.models import Right, User
from portal.services.lists.list_filters import SOON
from portal.services.lists.listed_asset import ListedAsset
from portal.web.filters import day, distance, masked
from portal.web.urls import asset_pattern

_START = (
    '<tr id="asset-%(id)s" data-asset-id="%(id)s" data-version="%(version)s" data-sync-status="%(status)s"%(swap)s>'
)
_PICK = (
    '<td class="table__pick"><label><input class="row-check" id="pick-%(id)s" type="checkbox" name="pick" '
    'value="%(id)s" form="picks" hx-preserve="true" aria-label="%(label)s"></label></td>'
)
_EDIT = Markup(
    '<a class="row-act" href="{0}" hx-get="{0}" hx-target="#asset-%(id)s" hx-swap="outerHTML" title="{2}">'
    '{1}<span class="visually-hidden">{2} %(number)s</span></a>'
)
_SUB = Markup('<span class="sub">{}</span>')
_TAG = Markup(' <span class="tag">{}</span>')


class Cells:
    """Those that are more than a value; a column names its own (`Column.cell`). `layout` is the word with which a form
    in a row says what the row looks like."""

    def __init__(self, viewer: User, layout: str):
        self._viewer = viewer
        self._badges = Badges(viewer, generate_csrf(), row_layout=layout)
        self._may_edit = viewer.may(Right.PROVISION) or viewer.may(Right.RENAME_ASSETS)
        self._today = clock.today()
        self._show = asset_pattern("show")
        edit = asset_pattern("edit", **{"as": layout}) % "%(id)s"
        self._edit = str(_EDIT.format(edit, icon("edit"), _("Edit") if viewer.is_staff else _("Rename")))
        self._cancelled, self._asked_for = _TAG.format(_("Cancelled")), _TAG.format(_("Asked to synchronize again"))
        self._pick_label, self._no_code = escape(_("Select %(number)s")), nothing(_("None yet"))
        self._redeemed = Markup('<span class="empty-value">{}</span>').format(_("Redeemed"))
        self._ends = Markup(escape(_("until %(day)s")))
        self._shows_end = "ends" in layout.split(".")
        self._imported, self._nobody = _("Imported: nobody"), _("Nobody")
        self._expired = _SUB.format(_("Expired"))
        self._itself = escape(_("Same account"))

    def pick(self, asset: ListedAsset, label: str) -> str:
        return _PICK % {"id": asset.id, "label": self._pick_label % {"number": asset.number}}

    def name(self, asset: ListedAsset, label: str) -> str:
        tags = "" if asset.is_active or not self._viewer.is_staff else self._cancelled
        if asset.asked_at and self._viewer.is_staff:
            tags += self._asked_for
        edit = self._edit % {"id": asset.id, "number": asset.number} if self._may_edit and asset.may_edit else ""
        product = "" if asset.product == asset.name else f' <span class="sub__part">{escape(asset.product)}</span>'
        link = f'<a href="{self._show % asset.id}"><bdi>{escape(asset.name)}</bdi></a>'
        below = f'<span class="sub"><span class="nowrap">{asset.number}</span>{product}{tags}{edit}</span>'
        return f'<th class="table__main" scope="row">{link} {below}</th>'

    def status(self, asset: ListedAsset, label: str) -> str:
        sentence = sync_sentence(asset, self._viewer)
        below = f'<span class="sub">{escape(sentence)}</span>' if sentence else ""
        watch = f'<input class="watch" type="hidden" name="watch" value="{asset.id}">' if asset.is_unsettled else ""
        return f'<td class="table__all">{self._badges.of(asset)}{below}{watch}</td>'

    def customer(self, asset: ListedAsset, label: str) -> str:
        return f'<td class="table__text"{label}><bdi>{escape(asset.customer)}</bdi></td>'

    def billed(self, asset: ListedAsset, label: str) -> str:
        if asset.is_billed_elsewhere:
            return f'<td class="table__text"{label}><bdi>{escape(asset.billed)}</bdi></td>'
        return f'<td class="table__text"{label}><span class="empty-value">{self._itself}</span></td>'

    def redeem_by(self, asset: ListedAsset, label: str) -> str:
        """What is urgent about the day stands below it; all else has one line."""
        shown = f'<span class="nowrap">{day(asset.redeem_by)}</span>'
        if asset.coupon is None:
            return f'<td{label}><span class="empty-value">{shown}</span></td>'
        if asset.coupon.redeemed_at:
            ends = _SUB.format(self._ends % {"day": day(asset.ends_on)}) if self._shows_end and asset.ends_on else ""
            return f"<td{label}>{self._redeemed}{ends}</td>"
        return f"<td{label}>{shown}{self._urgency(asset.redeem_by)}</td>"

    def _urgency(self, last_day: date) -> str:
        if last_day < self._today:
            return self._expired
        is_soon = last_day - self._today <= SOON
        return _SUB.format(distance(last_day)) if is_soon else ""

    def contacts(self, asset: ListedAsset, label: str) -> str:
        if not asset.contacts:
            nobody = self._imported if asset.is_imported else self._nobody
            return f'<td class="table__text"{label}><span class="empty-value">{escape(nobody)}</span></td>'
        first, *others = asset.contacts.split(", ")
        more = ""
        if others:
            words = ngettext("and %(num)s more", "and %(num)s more", len(others))
            lines = "".join(f"<li>{escape(address)}</li>" for address in others)
            more = f'<details><summary class="small">{words}</summary><ul class="stack-lines">{lines}</ul></details>'
        return f'<td class="table__contacts"{label}>{escape(first)}{more}</td>'

    def at_bittitan(self, asset: ListedAsset, label: str) -> str:
        return f"<td{label}>{code_status.code_status(asset.coupon) if asset.coupon else self._no_code}</td>"

    def confirmed(self, asset: ListedAsset, label: str) -> str:
        if asset.coupon is None:
            return f"<td{label}>{self._no_code}</td>"
        return f'<td class="nowrap"{label}>{escape(code_status.age_words(asset.coupon.answered_at))}</td>'

    def code(self, asset: ListedAsset, label: str) -> str:
        return f"<td{label}>{masked(asset.coupon) if asset.coupon else self._no_code}</td>"


def asset_rows(
    rows: Sequence[ListedAsset], columns: Sequence[ShownColumn], layout: str, viewer: User, *, out_of_band: bool = False
) -> Markup:
    drawn = drawing(columns, Cells(viewer, layout))
    swap = ' hx-swap-oob="true"' if out_of_band else ""
    html = []
    for asset in rows:
        status = asset.sync_status.value
        start = _START % {"id": asset.id, "version": asset.version, "status": status, "swap": swap}
        row = f"{start}{''.join([draw(asset) for draw in drawn])}</tr>"
        html.append(f"<template>{row}</template>" if out_of_band else row)
    return Markup("\n".join(html))


def install(app: Flask) -> None:
    app.jinja_env.globals.update(asset_rows=asset_rows)
