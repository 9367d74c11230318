"""Texts that people in the demo type: names of assets, notes, reasons."""

ASSET_NAMES = {
    "de": ("Postfächer Rathaus und Außenstellen", "Postfächer „Süd“", "Umzug Verwaltung, 2. Welle",
           "Mailboxen Vertrieb", "Reserve für Neuzugänge"),
    "el": ("Γραμματοκιβώτια έδρας", "Μετάπτωση υποκαταστημάτων", "Γραμματοκιβώτια Πειραιά, β΄ φάση",
           "Άδειες για νέους συνεργάτες"),
    "en": ("Mailboxes for the Q3 move", "Mailboxes, head office", "Mailboxes, island branches", "Licences, spare",
           "Tenant merger, wave 2",
           "Mailboxes + 20 extra", "👩‍💻 Onboarding", "Exchange 2016 retirement", "Board and assistants"),
    "pl": ("Skrzynki – centrala", "Migracja oddziałów, etap 2", "Mailboxes Łódź, phase 2"),
    "fr": ("Boîtes aux lettres du siège", "Migration « Côte Fleurie »", "Déménagement de l’été"),
    "ja": ("港区サーバー移行・第二期", "メール移行", "本社メールボックス", "新入社員用"),
    "ar": ("نقل صناديق البريد", "ترخيص البريد", "فرع أبوظبي"),
    "da": ("Postkasser, hovedkontor", "Flytning til skyen"),
    "he": ("תיבות דואר – סניף חיפה", "העברת דואר, שלב ב׳"),
    "bg": ("Пощенски кутии, централа", "Миграция на филиалите"),
    "sr": ("Пресељење поште, друга фаза",),
    "uk": ("Поштові скриньки, головний офіс",),
    "es": ("Buzones del ayuntamiento",),
    "pt": ("Migração de caixas de correio", "Caixas da reitoria"),
    "it": ("Caselle della sede",),
    "tr": ("Posta kutuları, merkez", "Şube taşıması"),
}  # fmt: skip

NOTES = (
    "Customer asked for two invoices.",
    "Migration weekend agreed with the customer; do not cancel before.",
    "Contact for this one is the IT manager, not the billing address.",
    "Half of these are for the subsidiary.",
    "Renewal of last year’s project.",
    "They pay by purchase order; the number follows by mail.",
    "Asked twice whether unused licences can be returned: no.",
    "Courtesy price, agreed by Freja.",
    "Πελάτης με ειδική συμφωνία, βλ. σύμβαση 2024.",
    "Bitte vor Ablauf anrufen, nicht mailen.",
)

MESSAGES = {
    "AccountNotLinked": "The organization is not linked to your distributor account.",
    "CreditLimitExceeded": "The organisation’s credit limit is reached.",
    "ExpireDaysOutOfRange": "ExpireDays is out of range for this organization.",
    "Forbidden": "You are not permitted to buy this product for this organization.",
    "InvalidRequest": "The request could not be understood.",
    "ProductSkuNotFound": "There is no such product.",
    "QuantityOutOfRange": "The quantity is out of range.",
    "ValidationFailed": "The order is not valid.",
    "InternalError": "Something went wrong on our side.",
}
STATUSES = {
    "AccountNotLinked": 403, "CreditLimitExceeded": 403, "Forbidden": 403, "InvalidRequest": 400,
    "ProductSkuNotFound": 404, "QuantityOutOfRange": 422, "ExpireDaysOutOfRange": 422,
    "ValidationFailed": 422, "InternalError": 500,
}  # fmt: skip

ATTACH_REASONS = (
    "BitTitan’s support sent the code by mail, ticket 48213.",
    "Found in BitTitan’s portal under our reference.",
    "Issued by hand while their API was down.",
)
ATTEST_REASONS = (
    "Asked BitTitan’s support: no purchase under this reference.",
    "Looked through all coupons of that day with the partner; none is ours.",
)
CANCEL_REASONS = (
    "Ordered twice by mistake.",
    "The customer chose a smaller package, ordered again.",
    "Project postponed to next year.",
    "Wrong product; ordered again as a bundle.",
)
