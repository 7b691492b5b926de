"""Checks of files, runs and analyses in what a bundle tells EGA."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from schelde.bundle.record import File, Member, Role
from schelde.verify.ega_read import (
    API,
    XML,
    Group,
    api_groups,
    differ,
    name_in,
    objects,
    payloads,
    xml_groups,
)
from schelde.verify.rule import Bundle, Finding

Owners = dict[str, tuple[Member, File]]
"""Encrypted files by name, with their samples."""


def check_files(bundle: Bundle) -> Iterable[Finding]:
    """Yield files that are in no run or analysis, in several, or in one of another sample."""
    owners: Owners = {f"{file.name}.c4gh": (member, file) for member, file in bundle.record.files}
    of_api, of_xml = api_groups(bundle), xml_groups(bundle)
    for place, groups in ((API, of_api), (XML, of_xml)):
        times = Counter(name for group in groups for name in group.files)
        for group in groups:
            yield from _strangers(group, owners)
        for name, (_, file) in owners.items():
            # A run of CRAM has no place for its index.
            least = 0 if file.role is Role.READS_INDEX else 1
            if not least <= times[name] <= 1:
                yield Finding(place, f"{name} is in {times[name]} runs and analyses, not in one")
    in_xml = {group.alias: set(group.files) for group in of_xml}
    for group in of_api:
        if group.alias in in_xml and set(group.files) != in_xml[group.alias]:
            others = ", ".join(sorted(in_xml[group.alias]))
            what = f"files of {group.alias} are {', '.join(sorted(group.files))}"
            yield Finding(group.document, f"{what}, but {others} in {XML}")


def _strangers(group: Group, owners: Owners) -> Iterator[Finding]:
    for name in group.files:
        if name not in owners:
            yield Finding(group.document, f"{group.alias} has {name}, which is not in the bundle")
        elif owners[name][0].sample != group.sample:
            what = f"{group.alias} of {group.sample} has {name}"
            yield Finding(group.document, f"{what}, which is of {owners[name][0].sample}")


def check_checksums(bundle: Bundle) -> Iterable[Finding]:
    """Yield files of the XML whose MD5 or folder is another than the record's."""
    files = {f"{file.name}.c4gh": file for _, file in bundle.record.files}
    for kind in ("run", "analysis"):
        for each in objects(bundle, kind):
            for element in each.iter("FILE"):
                place, _, name = str(element.get("filename")).rpartition("/")
                wanted = {"folder": f"{bundle.record.dataset.alias}/encrypted"}
                found = {"folder": place, **{key: str(element.get(key)) for key in MD5}}
                if name in files:
                    wanted["checksum"] = files[name].encrypted.md5
                    wanted["unencrypted_checksum"] = files[name].plain.md5
                for key, value in wanted.items():
                    if found[key] != value:
                        what = f"{key} of {name} is {found[key]}, but {value} in the record"
                        yield Finding(f"{XML}/{kind}.xml", what)


MD5 = ("checksum", "unencrypted_checksum")
"""Attributes of a file in EGA's XML."""


def check_links(bundle: Bundle) -> Iterable[Finding]:
    """Yield runs and analyses that the dataset leaves out, and those of two samples at once."""
    for dataset in payloads(bundle, "dataset"):
        for kind in ("run", "analysis"):
            wanted = [payload.alias for payload in payloads(bundle, kind)]
            found = [name_in(alias) for alias in dataset.content[f"{kind}_provisional_ids"]]
            yield from differ(dataset.document, found, wanted, f"the payloads '{kind}'")
    for each in objects(bundle, "dataset"):
        for kind in ("run", "analysis"):
            wanted = [str(other.get("alias")) for other in objects(bundle, kind)]
            found = [str(ref.get("refname")) for ref in each.iter(f"{kind.upper()}_REF")]
            yield from differ(f"{XML}/dataset.xml", found, wanted, f"{XML}/{kind}.xml")
    experiments = {f"{each.sample}.{each.assay}": each.sample for each in bundle.record.members}
    pairs = [
        (run.document, run.alias, run.content["sample_provisional_id"], experiment)
        for run in payloads(bundle, "run")
        for experiment in [run.content["experiment_provisional_id"]]
    ]
    pairs += [
        (each.document, each.alias, each.content["sample_provisional_ids"][0], experiment)
        for each in payloads(bundle, "analysis")
        for experiment in each.content["experiment_provisional_ids"]
    ]
    for document, alias, sample, experiment in pairs:
        if experiments.get(name_in(experiment)) != name_in(sample):
            what = f"{alias} is of the sample {name_in(sample)}"
            yield Finding(document, f"{what}, but its experiment is {name_in(experiment)}")
