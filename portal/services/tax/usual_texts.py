"""What a new tax code begins with: usual words, to be checked by a tax adviser."""

from collections.abc import Mapping
from types import MappingProxyType

from portal.models import TaxCategory

REASON_CODES: Mapping[TaxCategory, str] = MappingProxyType(
    {
        TaxCategory.REVERSE_CHARGE: "VATEX-EU-AE",
        TaxCategory.EXPORT: "VATEX-EU-G",
        TaxCategory.OUTSIDE: "VATEX-EU-O",
        TaxCategory.INTRA_COMMUNITY: "VATEX-EU-IC",
    }
)
REASONS: Mapping[TaxCategory, Mapping[str, str]] = MappingProxyType(
    {
        TaxCategory.REVERSE_CHARGE: {
            "en": "Reverse charge", "de": "Steuerschuldnerschaft des Leistungsempfängers",
            "el": "Αντίστροφη επιβάρυνση", "fr": "Autoliquidation", "es": "Inversión del sujeto pasivo",
            "it": "Inversione contabile", "nl": "Btw verlegd", "pl": "Odwrotne obciążenie", "pt": "Autoliquidação",
            "ro": "Taxare inversă", "sv": "Omvänd betalningsskyldighet", "da": "Omvendt betalingspligt",
            "cs": "Daň odvede zákazník", "hu": "Fordított adózás", "fi": "Käännetty verovelvollisuus",
            "bg": "Обратно начисляване", "hr": "Prijenos porezne obveze", "lt": "Atvirkštinis apmokestinimas",
            "lv": "Nodokļa apgrieztā maksāšana", "sk": "Prenesenie daňovej povinnosti",
        },
        TaxCategory.OUTSIDE: {
            "en": "Not subject to VAT", "de": "Nicht steuerbar", "el": "Εκτός πεδίου εφαρμογής ΦΠΑ",
            "fr": "Non soumis à la TVA",
        },
        TaxCategory.EXPORT: {
            "en": "Export outside the EU", "de": "Steuerfreie Ausfuhrlieferung",
            "el": "Απαλλαγή λόγω εξαγωγής", "fr": "Exportation hors UE",
        },
        TaxCategory.INTRA_COMMUNITY: {
            "en": "Intra-Community supply", "de": "Innergemeinschaftliche Lieferung",
            "el": "Ενδοκοινοτική παράδοση", "fr": "Livraison intracommunautaire",
        },
    }
)  # fmt: skip
