"""The names and details of the demo's accounts."""

import csv
from dataclasses import dataclass
from pathlib import Path

DISTRIBUTOR = "DIST-1"


@dataclass(frozen=True)
class PartnerName:
    code: str
    name: str
    country: str
    currency: str
    vat_number: str | None
    domain: str
    weight: float
    """Its share of all assets in per cent; 0 if it has not sold anything yet."""
    people: tuple[str, ...]

    @property
    def number(self) -> int:
        return int(self.code[-3:])


PARTNERS = (
    PartnerName(
        "PART-001", "Northlight IT GmbH", "DE", "EUR", "DE136695976", "northlight.example", 15.0,
        ("Katrin Vogel", "Jonas Brandt", "Mia Oppermann"),
    ),
    PartnerName(
        "PART-002", "Σύννεφο Υπηρεσίες ΑΕ", "GR", "EUR", "EL094019245", "synnefo.example", 12.5,
        ("Ελένη Παπαδοπούλου", "Giorgos Karamanlis-Oikonomopoulos", "Νίκος Αναστασίου"),
    ),
    PartnerName(
        "PART-003", "Cloud & Co. (UK) Ltd", "GB", "GBP", "GB980780684", "cloudandco.example", 10.5,
        ("Imogen Whitlock", "Tariq Mahmood", "Siân Prosser"),
    ),
    PartnerName(
        "PART-004", "Müller Systemhaus KG", "DE", "EUR", "DE811569869", "mueller.example", 9.0,
        ("Paula Berg", "Matthias Krämer", "Friederike Lohse"),
    ),
    PartnerName(
        "PART-005", "O'Brien Managed Services", "IE", "EUR", "IE6388047V", "obrien.example", 8.0,
        ("Aoife O’Brien", "Ciarán Walsh"),
    ),
    PartnerName(
        "PART-006", "Łódź Informatyka sp. z o.o.", "PL", "PLN", None, "lodz-informatyka.example", 7.0,
        ("Małgorzata Wójcik", "Paweł Dąbrowski"),
    ),
    PartnerName(
        "PART-007", "Nuage Évident SARL", "FR", "EUR", "FR83404833048", "nuage-evident.example", 6.0,
        ("Élodie Marchand", "Thibault Le Goff"),
    ),
    PartnerName(
        "PART-008", "株式会社クラウド東京", "JP", "JPY", None, "cloud-tokyo.example", 5.5,
        ("田中 美咲", "Kenji Watanabe"),
    ),
    PartnerName(
        "PART-009", "Al Noor Technology | النور", "AE", "AED", None, "alnoor.example", 4.7,
        ("Layla Haddad", "عمر الفارسي"),
    ),
    PartnerName(
        "PART-010", 'Delta 9 "Nine" Consulting', "US", "USD", None, "delta9.example", 3.9,
        ("Marcus Bell", "Priya Raman"),
    ),
    PartnerName(
        "PART-011", "Sørensen & Sønner ApS", "DK", "DKK", "DK13585628", "sorensen.example", 3.6,
        ("Freja Sørensen", "Mads Ærø"),
    ),
    PartnerName(
        "PART-012", "Bluewater, Inc.", "US", "USD", None, "bluewater.example", 0.0,
        ("Dolores Whitfield-Ortega",),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class CustomerName:
    name: str
    country: str


def customers_under(code: str) -> list[CustomerName]:
    """Returns the customers of a partner, or those directly under the distributor."""
    with open(Path(__file__).parent / "customers.csv", encoding="utf-8", newline="") as file:
        return [CustomerName(row["Name"], row["Country"]) for row in csv.DictReader(file) if row["Under"] == code]


DIRECT_WEIGHT = 14.3

DISABLED = "Old Harbour Trading"
"""A customer that has closed; its purchases stay."""
UNLINKED = ("İnci Mücevher", "Ayuntamiento de Peñíscola del Mar")
"""Direct customers without a link to BitTitan: one has no e-mail, the other an e-mail that BitTitan does not know."""

CURRENCIES = {"GB": "GBP", "DK": "DKK", "IL": "ILS"}
"""Currencies of customers that pay for themselves; all other countries use euros."""
LANGUAGES = {
    "DE": "de", "AT": "de", "CH": "de", "GR": "el", "CY": "el", "PL": "pl", "FR": "fr", "JP": "ja", "DK": "da",
    "IL": "he", "BG": "bg", "RS": "sr", "UA": "uk", "AE": "ar", "ES": "es", "PT": "pt", "IT": "it", "TR": "tr",
}  # fmt: skip
VAT_NUMBERS = {
    "DE": "DE#########", "AT": "ATU########", "GR": "EL#########", "CY": "CY########L", "GB": "GB#########",
    "IE": "IE#######V", "PL": "PL##########", "FR": "FR###########", "DK": "DK########", "CZ": "CZ########",
    "HR": "HR###########", "IT": "IT###########", "NL": "NL#########B01", "BG": "BG#########", "PT": "PT#########",
    "ES": "ESA########", "SE": "SE##########01", "CH": "CHE-###.###.###", "IL": "#########", "AE": "1##############",
    "JP": "T#############", "RS": "#########", "TR": "##########", "NO": "NO#########MVA",
}  # fmt: skip
PLACES = {
    "DE": (("Bahnhofstraße {n}", "83022", "Rosenheim"), ("Münchner Straße {n}", "80331", "München")),
    "AT": (("Franz-Josef-Platz {n}", "6330", "Kufstein"), ("Mariahilfer Straße {n}", "1060", "Wien")),
    "GR": (("Ακτή Μιαούλη {n}", "185 38", "Πειραιάς"), ("Τσιμισκή {n}", "546 24", "Θεσσαλονίκη")),
    "GB": (("{n} Quay Street", "BS1 4XE", "Bristol"), ("{n} Station Road", "AB11 6LR", "Aberdeen")),
    "IE": (("{n} Patrick’s Quay", "T23 AD8N", "Cork"),),
    "PL": (("ul. Piotrkowska {n}", "90-001", "Łódź"), ("ul. Długa {n}", "80-001", "Gdańsk")),
    "FR": (("{n} rue de la République", "42000", "Saint-Étienne"), ("{n} quai des Brumes", "44000", "Nantes")),
    "JP": (("芝浦 1-{n}", "108-0023", "東京都港区"), ("烏丸通 {n}", "604-8152", "京都市中京区")),
    "AE": (("P.O. Box 7{n}", None, "Dubai"), ("شارع الكورنيش {n}", None, "أبوظبي")),
    "US": (("{n} Harbor Boulevard", "33602", "Tampa, FL"), ("{n} Elm Street", "04101", "Portland, ME")),
    "DK": (("Nyhavn {n}", "1051", "København K"), ("Havnegade {n}", "5970", "Ærøskøbing")),
    "BG": (("бул. Витоша {n}", "1000", "София"),),
    "RS": (("Кнез Михаилова {n}", "11000", "Београд"),),
    "UA": (("вул. Шевченка {n}", "79000", "Львів"),),
    "IL": (("שדרות הנשיא {n}", "3463100", "חיפה"),),
    "TR": (("İstiklal Caddesi {n}", "34433", "İstanbul"),),
    "ES": (("Calle del Mar {n}", "12598", "Peñíscola"),),
    "PT": (("Rua das Flores {n}", "8000-001", "Faro"),),
}
"""Street, postcode and town. The Emirates have no postcodes."""
NO_PLACES = ((None, None, None),)


def address_in(place: tuple[str | None, str | None, str | None], number: int) -> dict[str, str | None]:
    street, postcode, city = place
    return {"address": street and street.format(n=number), "postcode": postcode, "city": city}
