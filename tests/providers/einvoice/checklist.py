"""What a PDF/A-3a with Factur-X inside must have and must not have, by ISO 19005-3, ISO 14289-1 and Factur-X 1.0."""

from io import BytesIO

import pikepdf
from lxml import etree

FORBIDDEN = ("/JavaScript", "/JS", "/AA", "/Launch", "/Encrypt", "/OpenAction", "/XFA")
XMP = {
    "pdfaid": "http://www.aiim.org/pdfa/ns/id/",
    "pdfuaid": "http://www.aiim.org/pdfua/ns/id/",
    "ext": "http://www.aiim.org/pdfa/ns/extension/",
    "schema": "http://www.aiim.org/pdfa/ns/schema#",
    "property": "http://www.aiim.org/pdfa/ns/property#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "fx": "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#",
}
FACTUR_X = {
    "DocumentType": "INVOICE",
    "DocumentFileName": "factur-x.xml",
    "Version": "1.0",
    "ConformanceLevel": "EN 16931",
}


def faults(made: bytes, attached: bytes | None) -> list[str]:
    with pikepdf.open(BytesIO(made)) as opened:
        packet = etree.fromstring(opened.Root.Metadata.read_bytes())
        checks = {
            **_of_structure(opened),
            **_of_fonts(opened),
            **_of_metadata(packet),
            **_of_attachment(opened, packet, attached),
        }
    return [name for name, is_met in checks.items() if not is_met]


def _of_structure(opened) -> dict[str, bool]:
    root = opened.Root
    names = {key for each in opened.objects if isinstance(each, pikepdf.Dictionary) for key in each.keys()}
    return {
        "qpdf finds nothing": not opened.check_pdf_syntax(),
        "an ID": "/ID" in opened.trailer,
        "an output intent with a profile": "/OutputIntents" in root and "/DestOutputProfile" in root.OutputIntents[0],
        "tags": "/StructTreeRoot" in root and "/MarkInfo" in root and bool(root.MarkInfo.Marked),
        "a language": bool(str(root.get("/Lang", ""))),
        "nothing forbidden": not names & set(FORBIDDEN) and "/OpenAction" not in root,
    }


def _of_fonts(opened) -> dict[str, bool]:
    fonts = [each for each in opened.objects if isinstance(each, pikepdf.Dictionary) and each.get("/Type") == "/Font"]
    descriptors = [each.FontDescriptor for each in fonts if "/FontDescriptor" in each]
    composite = [each for each in fonts if each.Subtype == "/Type0"]
    return {
        "fonts": bool(composite and descriptors),
        "each font embedded": all("/FontFile2" in each or "/FontFile3" in each for each in descriptors),
        "each font with its characters": all("/ToUnicode" in each for each in composite),
    }


def _of_metadata(packet) -> dict[str, bool]:
    return {
        "PDF/A-3": _values(packet, "pdfaid:part") == ["3"],
        "level A": _values(packet, "pdfaid:conformance") == ["A"],
        "PDF/UA-1": _values(packet, "pdfuaid:part") == ["1"],
        "one bag of schemas": len(packet.findall(".//ext:schemas/rdf:Bag", XMP)) == 1,
    }


def _of_attachment(opened, packet, attached: bytes | None) -> dict[str, bool]:
    if attached is None:
        return {"no attachment": "/AF" not in opened.Root and not _values(packet, "fx:DocumentType")}
    (file,) = opened.Root.AF
    stream = file.EF.F
    schemas = packet.findall(".//ext:schemas/rdf:Bag/rdf:li", XMP)
    ours = [each for each in schemas if _values(each, "schema:namespaceURI") == [XMP["fx"]]]
    return {
        **{f"fx:{name}": _values(packet, f"fx:{name}") == [value] for name, value in FACTUR_X.items()},
        "Factur-X is described in the bag, once": len(ours) == 1,
        "with each property": [sorted(_values(each, "property:name")) for each in ours] == [sorted(FACTUR_X)],
        "its name": str(file.UF) == "factur-x.xml",
        "also among the names": list(opened.attachments) == ["factur-x.xml"],
        "an alternative": file.AFRelationship == "/Alternative",
        "its type": stream.Subtype == "/text/xml",
        "its date": "/ModDate" in stream.Params,
        "its content": stream.read_bytes() == attached,
    }


def _values(packet, name: str) -> list[str]:
    return [each.text for each in packet.iterfind(f".//{name}", XMP)]
