"""The demo's users. `SIGN_INS` has one of each kind and role, for whoever starts the demo."""

import unicodedata

from portal.demo.names import PartnerName
from portal.models import Account, Role, User

SIGN_IN_PARTNER = "PART-004"
SIGN_IN_CUSTOMER = "Harbor Winery"

SIGN_INS = (
    ("Distributor", Role.ADMIN, "Alexis Marinou", "alexis@meridian.example"),
    ("Distributor", Role.OPERATOR, "Dana Whitfield", "dana@meridian.example"),
    ("Distributor", Role.ACCOUNTANT, "Elena Papadaki", "elena@meridian.example"),
    ("Distributor", Role.VIEWER, "Vera Lindqvist", "vera@meridian.example"),
    ("Partner", Role.ADMIN, "Paula Berg", "paula@mueller.example"),
    ("Partner", Role.OPERATOR, "Matthias Krämer", "matthias@mueller.example"),
    ("Partner", Role.VIEWER, "Friederike Lohse", "friederike@mueller.example"),
    ("Customer", Role.ADMIN, "Cora Finch", "cora@harbor-winery.example"),
    ("Customer", Role.OPERATOR, "Carl Haverkamp", "carl@harbor-winery.example"),
    ("Customer", Role.VIEWER, "Cleo Marsh", "cleo@harbor-winery.example"),
)
_MORE_STAFF = (
    ("Freja Sørensen", "freja@meridian.example", Role.OPERATOR),
    ("Θανάσης Ρήγας", "thanasis@meridian.example", Role.OPERATOR),
)
_OFFICES = {
    "de": ("Sabine Hollweg", "Dr. Uwe Seidl", "Annegret Strauß", "Yusuf Demir"),
    "el": ("Μαρία Δημητρίου", "Σταύρος Κουρής", "Άννα Λαμπροπούλου"),
    "en": ("Helen Ashworth", "Rohan Mehta", "Tomás Quigley", "Grace Okafor", "Ivana Kovač"),
    "pl": ("Agnieszka Zięba", "Łukasz Nowak"),
    "fr": ("Amélie Rousseau", "Hervé Nguyễn"),
    "ja": ("佐藤 健", "鈴木 陽子"),
    "ar": ("فاطمة المنصوري", "Khalid Rahman"),
    "he": ("נועה כהן",),
    "bg": ("Десислава Илиева",),
    "sr": ("Милица Јовановић",),
    "uk": ("Оксана Шевчук",),
}


def distributor_people() -> list[User]:
    return _named("Distributor") + [User(name=name, email=email, role=role) for name, email, role in _MORE_STAFF]


def partner_people(partner: PartnerName) -> list[User]:
    if partner.code == SIGN_IN_PARTNER:
        return _named("Partner")
    roles = (Role.ADMIN, Role.OPERATOR, Role.VIEWER)
    return [
        User(name=name, email=f"{_local_part(name, place)}@{partner.domain}", role=role)
        for place, (name, role) in enumerate(zip(partner.people, roles, strict=False), start=1)
    ]


def customer_people(account: Account, domain: str) -> list[User]:
    """Every third customer has a user; the others leave everything to their partner."""
    if account.name == SIGN_IN_CUSTOMER:
        return _named("Customer")
    if int(account.code[-4:]) % 3:
        return []
    names = _OFFICES.get(account.language, _OFFICES["en"])
    name = names[int(account.code[-4:]) // 3 % len(names)]
    return [User(name=name, email=f"office@{domain}", role=Role.ADMIN)]


def _named(kind: str) -> list[User]:
    return [User(name=name, email=email, role=role) for of, role, name, email in SIGN_INS if of == kind]


def _local_part(name: str, place: int) -> str:
    """Returns the first name in ASCII letters, or a made-up name if it has too few."""
    plain = unicodedata.normalize("NFKD", name.split()[0]).encode("ascii", "ignore").decode().lower()
    return plain if len(plain) > 2 else f"person{place}"
