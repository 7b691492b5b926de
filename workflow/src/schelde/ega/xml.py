"""Build objects of EGA's XML: elements, references, attributes, and the text of a document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from lxml import etree

from schelde.bundle.record import Record
from schelde.ega.objects import Attribute
from schelde.ega.vocabulary import Genome

Element = etree._Element


def as_text(root: Element) -> bytes:
    """Return a document as it stands in a bundle: UTF-8, indented by one space a level."""
    etree.indent(root, space=" ")
    content: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return content + b"\n"


def new_set(name: str, elements: Iterable[Element]) -> Element | None:
    """Return a set of objects; None for an empty one, which EGA has no place for."""
    root = etree.Element(f"{name}_SET")
    root.extend(elements)
    return root if len(root) else None


def new_object(record: Record, tag: str, alias: str, accession: str | None = None) -> Element:
    """Return an object of a record's dataset; ``accession`` if EGA has it already."""
    element = etree.Element(tag)
    element.set("alias", alias)
    element.set("center_name", record.dataset.centre)
    element.set("broker_name", "EGA")
    if accession is not None:
        element.set("accession", accession)
    return element


def add(parent: Element, tag: str, text: str | None = None, /, **attributes: str) -> Element:
    """Add an element at the end of another, and return it."""
    child = etree.SubElement(parent, tag, attributes)
    child.text = text
    return child


def refer(parent: Element, name: str, alias: str, accession: str | None = None) -> None:
    """Add a reference to an object: by accession if it has one, else by alias."""
    if accession is None:
        add(parent, name, refname=alias)
    else:
        add(parent, name, accession=accession)


def add_attributes(parent: Element, name: str, attributes: Sequence[Attribute]) -> None:
    """Add tags and values to an object; nothing if there are none."""
    if not attributes:
        return
    group = add(parent, f"{name}_ATTRIBUTES")
    for each in attributes:
        entry = add(group, f"{name}_ATTRIBUTE")
        add(entry, "TAG", each.tag)
        add(entry, "VALUE", each.value)
        if each.unit is not None:
            add(entry, "UNITS", each.unit)


def sequences(genome: Genome | None) -> Iterator[Element]:
    """Yield assembly and chromosomes; nothing for a genome that EGA does not know."""
    if genome is None:
        return
    assembly = etree.Element("ASSEMBLY")
    add(assembly, "STANDARD", refname=genome.name, accession=genome.accession)
    yield assembly
    for each in genome.chromosomes:
        yield etree.Element("SEQUENCE", accession=each.accession, label=each.name)
