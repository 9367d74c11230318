"""Texts for kinds of accounts, roles, countries, currencies and languages."""

from flask import Flask
from markupsafe import Markup

from portal.core.i18n import lazy, locale_now
from portal.models import AccountKind, InvoiceDelivery, InvoiceRhythm, Role

KINDS = {
    AccountKind.DISTRIBUTOR: lazy("Distributor"),
    AccountKind.PARTNER: lazy("Partner"),
    AccountKind.CUSTOMER: lazy("Customer"),
}
ROLES = {
    Role.ADMIN: lazy("Administrator"),
    Role.OPERATOR: lazy("Operator"),
    Role.ACCOUNTANT: lazy("Accountant"),
    Role.VIEWER: lazy("Viewer"),
}
RHYTHMS = {InvoiceRhythm.ORDER: lazy("One for each order"), InvoiceRhythm.MONTHLY: lazy("One each month")}
DELIVERIES = {InvoiceDelivery.MAIL: lazy("By e-mail"), InvoiceDelivery.PORTAL: lazy("In the portal only")}
LANGUAGES = (
    "ar", "bg", "cs", "da", "de", "el", "en", "en_GB", "en_US", "es", "et", "fi", "fr", "ga", "he", "hr", "hu", "id",
    "it", "ja", "ko", "lt", "lv", "mt", "nb", "nl", "pl", "pt", "pt_BR", "ro", "ru", "sk", "sl", "sr", "sv", "th", "tr",
    "uk", "vi", "zh",
)  # fmt: skip


def install(app: Flask) -> None:
    app.jinja_env.filters.update(
        kind_text=KINDS.__getitem__, role_text=lambda role: ROLES[Role(role)],
        rhythm_text=RHYTHMS.__getitem__, delivery_text=DELIVERIES.__getitem__, country_name=country_name,
        currency_name=currency_name, language_name=language_name, address_text=address_text,
    )  # fmt: skip


def address_text(email: str | None) -> Markup | None:
    """Lets an e-mail address that is too long for one line break after the @."""
    return email and Markup("@<wbr>").join(email.split("@"))


def country_name(code: str | None) -> str | None:
    return code and locale_now().territories.get(code, code)


def currency_name(code: str) -> str:
    return f"{locale_now().currencies.get(code, code)} ({code})"


def language_name(code: str) -> str:
    names = locale_now().languages
    language, _sign, country = code.partition("_")
    name = names.get(code) or names.get(language, code)
    return name if code in names or not country else f"{name} ({country_name(country)})"
