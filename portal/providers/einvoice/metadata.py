"""Tells readers of a PDF that the XML inside is Factur-X, in the PDF's metadata (XMP).

PDF/A asks that each schema be described in `pdfaExtension:schemas`. typst describes one of its own there, and a packet
has one such bag: a second one breaks the whole packet for validators, so ours is one more item in the first.
"""

from io import BytesIO

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
EXTENSION = "{http://www.aiim.org/pdfa/ns/extension/}"
SCHEMA = "{http://www.aiim.org/pdfa/ns/schema#}"
PROPERTY = "{http://www.aiim.org/pdfa/ns/property#}"
FACTUR_X = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
VALUES = {
    "DocumentType": ("INVOICE", "The type of the hybrid document"),
    "DocumentFileName": ("factur-x.xml", "The name of the embedded XML document"),
    "Version": ("1.0", "The version of the standard of the embedded XML document"),
    "ConformanceLevel": ("EN 16931", "The conformance level of the embedded XML document"),
}


def with_factur_x(pdf: bytes) -> bytes:
    """The same PDF with the metadata of Factur-X; nothing else changes."""
    import pikepdf

    written = BytesIO()
    with pikepdf.open(BytesIO(pdf)) as opened:
        stream = opened.Root.Metadata
        stream.write(_merged(stream.read_bytes()))
        opened.save(written, deterministic_id=True, fix_metadata_version=False)  # it is right; twice as fast
    return written.getvalue()


def _merged(packet: bytes) -> bytes:
    from lxml import etree

    root = etree.fromstring(packet, etree.XMLParser(remove_blank_text=True, remove_pis=True))
    rdf = root if root.tag == f"{RDF}RDF" else root.find(f"{RDF}RDF")
    _bag(rdf).append(_described())
    _describe(rdf)
    xml = etree.tostring(root, encoding="utf-8")
    begin = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'.encode()
    return begin + xml + b'<?xpacket end="r"?>'


def _bag(rdf):
    from lxml.etree import SubElement

    bag = rdf.find(f".//{EXTENSION}schemas/{RDF}Bag")
    if bag is None:
        schemas = SubElement(_description(rdf), f"{EXTENSION}schemas", nsmap={"pdfaExtension": EXTENSION[1:-1]})
        bag = SubElement(schemas, f"{RDF}Bag")
    return bag


def _description(rdf):
    from lxml.etree import SubElement

    return SubElement(rdf, f"{RDF}Description", {f"{RDF}about": ""})


def _describe(rdf) -> None:
    from lxml.etree import SubElement

    description = SubElement(rdf, f"{RDF}Description", {f"{RDF}about": ""}, nsmap={"fx": FACTUR_X})
    for name, (value, _) in VALUES.items():
        SubElement(description, f"{{{FACTUR_X}}}{name}").text = value


def _described():
    """The item of the bag: what the four properties are."""
    item = _resource("li", RDF)
    _with_texts(item, SCHEMA, schema="Factur-X PDFA Extension Schema", namespaceURI=FACTUR_X, prefix="fx")
    properties = _added(_added(item, f"{SCHEMA}property"), f"{RDF}Seq")
    for name, (_, description) in VALUES.items():
        each = _resource("li", RDF)
        _with_texts(each, PROPERTY, name=name, valueType="Text", category="external", description=description)
        properties.append(each)
    return item


def _resource(name: str, namespace: str):
    from lxml.etree import Element

    spaces = {"pdfaSchema": SCHEMA[1:-1], "pdfaProperty": PROPERTY[1:-1], "rdf": RDF[1:-1]}
    return Element(f"{namespace}{name}", {f"{RDF}parseType": "Resource"}, nsmap=spaces)


def _added(parent, tag: str):
    from lxml.etree import SubElement

    return SubElement(parent, tag)


def _with_texts(parent, namespace: str, **texts: str) -> None:
    for name, text in texts.items():
        _added(parent, f"{namespace}{name}").text = text
