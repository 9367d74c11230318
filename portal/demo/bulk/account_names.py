"""Words, by language, from which the names of a large demo's additional partners and customers are composed."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    families: tuple[str, ...]
    trades: tuple[str, ...]
    """With the legal form, if the language puts it at the end."""
    towns: tuple[str, ...]
    reseller: str
    first_names: tuple[str, ...]
    pattern: str = "{family} {trade}"

    def customer(self, number: int) -> str:
        """Returns a different name for each number."""
        place, trade = divmod(number, len(self.trades))
        place, family = divmod(place, len(self.families))
        name = self.pattern.format(family=self.families[family], trade=self.trades[(trade + family) % len(self.trades)])
        return f"{name}{self._in_town(place)}"

    def partner(self, number: int) -> str:
        place, family = divmod(number, len(self.families))
        name = self.reseller.format(family=self.families[family])
        return f"{name}{self._in_town(place)}"

    def _in_town(self, place: int) -> str:
        """Place 0 has no town; after all towns a number is added."""
        number, town = divmod(place - 1, len(self.towns))
        return "" if not place else f", {self.towns[town]} {number + 1}" if number else f", {self.towns[town]}"

    def person(self, number: int) -> str:
        return f"{self.first_names[number % len(self.first_names)]} {self.families[number % len(self.families)]}"


WORDS = {
    "de": Words(
        ("Bergmann", "Kaiser", "Huber", "Lindner", "Schäfer", "Öztürk", "Weiß", "Krüger", "Vogt", "Brandner", "Jäger",
         "Albrecht", "Möller", "Reuter", "Stadler", "Zöllner", "Großmann", "Petersen", "Hagen", "Löwe"),
        ("Logistik GmbH", "Zahntechnik GmbH", "Steuerberatung PartG", "Anlagenbau AG", "Apotheke e. K.", "Textil GmbH",
         "Hausverwaltung GmbH", "Druck & Medien KG", "Medizintechnik AG", "Weingut", "Architekten", "Brauerei GmbH"),
        ("Rosenheim", "Würzburg", "Köln", "Görlitz", "Kiel", "Graz", "Zürich", "Linz"),
        "{family} Systemhaus GmbH", ("Sabine", "Jonas", "Annegret", "Uwe"),
    ),
    "el": Words(
        ("Παπαδόπουλος", "Νικολάου", "Γεωργίου", "Καραγιάννης", "Οικονόμου", "Βλάχος", "Μακρής", "Αλεξίου", "Ρήγας",
         "Σταύρου", "Δημητρίου", "Κυριακίδης"),
        ("Ναυτιλιακή ΑΕ", "Ξενοδοχεία ΑΕ", "Τρόφιμα ΑΒΕΕ", "Φαρμακευτική ΙΚΕ", "Κατασκευές ΕΠΕ", "Λογιστική ΟΕ",
         "Οινοποιία ΑΕ", "Εκδόσεις ΙΚΕ"),
        ("Πειραιάς", "Θεσσαλονίκη", "Πάτρα", "Ηράκλειο", "Λεμεσός"),
        "{family} Πληροφορική ΑΕ", ("Μαρία", "Νίκος", "Ελένη"),
    ),
    "en": Words(
        ("Ashworth", "Bellamy", "Carver", "Dunmore", "Ellery", "Fairfax", "Garrick", "Hollis", "Iverson", "Jessop",
         "Kestrel", "Larkin", "Marlowe", "Norwood", "O’Hara", "Penrose", "Quill", "Ravenhill", "Sterling", "Thackeray"),
        ("Logistics Ltd", "Dental Clinic", "& Sons", "Legal LLP", "Foundation", "Foods plc", "Engineering Ltd",
         "Academy", "Surveyors", "Marine Ltd", "Housing Trust", "Pharmacy"),
        ("Bristol", "Aberdeen", "Cork", "Leeds", "Norwich", "Tampa", "Portland", "Dublin"),
        "{family} Managed Services Ltd", ("Helen", "Rohan", "Grace", "Tomás"),
    ),
    "pl": Words(
        ("Kowalski", "Zieliński", "Wójcik", "Dąbrowski", "Łukasik", "Szymański", "Żak", "Górski", "Ćwik", "Pawlak"),
        ("Transport sp. z o.o.", "Meble S.A.", "Kancelaria", "Apteka", "Budownictwo sp. j.", "Piekarnia"),
        ("Łódź", "Gdańsk", "Kraków", "Wrocław"),
        "{family} Informatyka sp. z o.o.", ("Agnieszka", "Łukasz"),
    ),
    "fr": Words(
        ("Marchand", "Lefèvre", "Gauthier", "Rousseau", "Béranger", "Dupré", "Fontaine", "Hénault", "Le Goff"),
        ("Transports SARL", "Pharmacie", "Notaires", "Vins fins SAS", "Imprimerie SA", "Conserverie", "Hôtel"),
        ("Nantes", "Saint-Étienne", "Besançon", "Orléans"),
        "{family} Informatique SAS", ("Amélie", "Hervé"),
    ),
    "ja": Words(
        ("山田", "佐藤", "鈴木", "高橋", "伊藤", "渡辺", "小林", "中村", "加藤", "吉田"),
        ("製作所", "運輸", "商事", "建設", "薬局", "印刷", "食品", "工業"),
        ("東京", "大阪", "京都", "福岡"),
        "株式会社{family}システムズ", ("美咲", "健", "陽子"), "株式会社{family}{trade}",
    ),
    "ar": Words(
        ("الفارسي", "المنصوري", "الهاشمي", "النعيمي", "الكعبي", "السويدي", "المهيري"),
        ("للتجارة", "للمقاولات", "للشحن", "للعقارات", "للأدوية", "للسياحة"),
        ("دبي", "أبوظبي", "الشارقة"),
        "{family} لتقنية المعلومات", ("ليلى", "عمر"), "{family} {trade}",
    ),
    "da": Words(
        ("Sørensen", "Ærø", "Nørgaard", "Østergaard", "Kjær", "Møller", "Holm", "Bæk"),
        ("Transport A/S", "Bryggeri ApS", "Arkitekter", "Møbler A/S", "Tandklinik", "Fisk ApS"),
        ("København", "Aarhus", "Ærøskøbing"),
        "{family} IT ApS", ("Freja", "Mads"),
    ),
    "bg": Words(
        ("Иванов", "Петров", "Димитров", "Стоянов", "Илиева", "Николов"),
        ("Логистика ООД", "Строй ЕООД", "Аптеки АД", "Винарна ООД", "Счетоводство"),
        ("София", "Пловдив", "Варна"),
        "{family} Софт ООД", ("Десислава", "Георги"),
    ),
    "uk": Words(
        ("Шевченко", "Коваль", "Бондаренко", "Ткачук", "Мельник", "Савчук"),
        ("Логістика ТОВ", "Аптека", "Будівництво ТОВ", "Юридична група", "Пекарня"),
        ("Львів", "Київ", "Одеса"),
        "{family} Технології ТОВ", ("Оксана", "Тарас"),
    ),
    "he": Words(
        ("כהן", "לוי", "מזרחי", "פרץ", "ביטון", "אברהם"),
        ("הנדסה בע״מ", "עורכי דין", "שילוח בע״מ", "יקבים", "בתי מרקחת"),
        ("חיפה", "תל אביב", "באר שבע"),
        "{family} מחשוב בע״מ", ("נועה", "דוד"),
    ),
    "tr": Words(
        ("Yılmaz", "Kaya", "Demir", "Şahin", "Çelik", "Aydın", "Özdemir"),
        ("Lojistik A.Ş.", "İnşaat Ltd. Şti.", "Eczanesi", "Tekstil A.Ş.", "Gıda Ltd. Şti."),
        ("İstanbul", "İzmir", "Ankara"),
        "{family} Bilişim A.Ş.", ("Elif", "Murat"),
    ),
    "es": Words(
        ("García", "Muñoz", "Ibáñez", "Peñalver", "Castaño", "Rodríguez"),
        ("Abogados", "Transportes S.L.", "Farmacia", "Bodegas S.A.", "Construcciones S.L."),
        ("Castellón", "Sevilla", "Bilbao"),
        "{family} Sistemas S.L.", ("Lucía", "Íñigo"),
    ),
    "it": Words(
        ("Rossi", "Esposito", "Colombo", "Ferrari", "D’Angelo", "Gallo"),
        ("Trasporti S.r.l.", "Farmacia", "Studio Legale", "Vini S.p.A.", "Arredamenti S.r.l."),
        ("Napoli", "Torino", "Bologna"),
        "{family} Informatica S.r.l.", ("Giulia", "Marco"),
    ),
}  # fmt: skip
COUNTRIES = (
    "DE", "GB", "DE", "GR", "US", "FR", "PL", "DE", "JP", "IT", "GB", "AT", "ES", "AE", "DK", "US", "BG", "UA", "IL",
    "TR", "IE", "CH", "PT", "CY",
)  # fmt: skip
"""The countries of the additional partners, in turn."""
