"""Check of what a catalogue record permits: one DUO permission, the same in each place."""

from __future__ import annotations

from collections.abc import Iterator

from rdflib import DCAT, DCTERMS, ODRL2, Graph, URIRef
from rdflib.term import Node

from schelde.documents.dcat import SUBJECT_LEVEL
from schelde.documents.rdf import OBO
from schelde.duo import is_modifier, is_permission
from schelde.verify.dcat_graph import graph, only
from schelde.verify.rule import Bundle, Finding

GENOMES = f"{SUBJECT_LEVEL}.ttl"


def use_findings(bundle: Bundle) -> Iterator[Finding]:
    """Hold rights and policy against the declared use; both must have the same terms."""
    use = bundle.record.dataset.use
    found = graph(bundle, GENOMES)
    dataset = only(found, GENOMES, DCAT.Dataset)
    path = (ODRL2.hasPolicy, ODRL2.permission, ODRL2.constraint, ODRL2.rightOperand)
    told = {"dct:rights": _terms(found, dataset, (DCTERMS.rights,))}
    told["odrl:hasPolicy"] = _terms(found, dataset, path)
    for where, terms in told.items():
        permissions = [term for term in terms if is_permission(term)]
        if len(permissions) != 1:
            listed = ", ".join(permissions) or "none"
            what = f"{where} has {len(permissions)} DUO permissions ({listed}); it should have one"
            yield Finding(GENOMES, what)
        elif permissions != [use.permission]:
            what = f"{where} permits {permissions[0]}, but the record {use.permission}"
            yield Finding(GENOMES, what)
        modifiers = [term for term in terms if is_modifier(term)]
        if modifiers != sorted(use.modifiers):
            what = f"{where} has the modifiers {modifiers}, but the record {sorted(use.modifiers)}"
            yield Finding(GENOMES, what)
    diseases = [term for term in told["odrl:hasPolicy"] if term.startswith("MONDO:")]
    if diseases != ([use.disease] if use.disease else []):
        what = f"the policy is for the diseases {diseases}, but the record for {use.disease}"
        yield Finding(GENOMES, what)


def _terms(found: Graph, node: URIRef, path: tuple[URIRef, ...]) -> list[str]:
    """Return terms as DUO:0000042 or MONDO:0000001 at the end of a path of properties."""
    ends: set[Node] = {node}
    for step in path:
        ends = {end for start in ends for end in found.objects(start, step)}
    return sorted(str(end).removeprefix(str(OBO)).replace("_", ":") for end in ends)
