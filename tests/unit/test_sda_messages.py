from __future__ import annotations

import json
from typing import Any

from tests.unit.ega_bundle import one, with_fastq
from tests.unit.made_record import made_member, made_record

from schelde.bundle.record import Record
from schelde.documents import sda
from schelde.sheet import Assay, Sex


def lines(record: Record, document: str) -> list[Any]:
    return [json.loads(line) for line in str(sda.documents(record)[document]).splitlines()]


RECORD = made_record()
ISOLATED = lines(RECORD, sda.ISOLATED)


def test_an_isolated_node_gets_two_messages_a_file_and_two_of_the_dataset():
    types = [message["type"] for message in ISOLATED]
    assert types == ["ingest"] * 18 + ["accession"] * 18 + ["mapping", "release"]


def test_a_file_is_in_the_folder_of_its_dataset_with_its_checksums():
    file = RECORD.members[0].files[0]
    assert ISOLATED[0] == {
        "type": "ingest",
        "user": "depositor@genomes.example.org",
        "filepath": "made-trio/encrypted/P1AAAA.cram.c4gh",
        "encrypted_checksums": [
            {"type": "sha256", "value": file.encrypted.sha256},
            {"type": "md5", "value": file.encrypted.md5},
        ],
    }
    assert ISOLATED[18]["decrypted_checksums"][0]["value"] == file.plain.sha256


def test_ids_of_an_isolated_node_begin_with_the_catalogue_identifier():
    accessions = [message["accession_id"] for message in ISOLATED[18:36]]
    assert len(set(accessions)) == 18
    assert all(len(each) == len("GDI-BE-EXAMPLE-20260101-") + 12 for each in accessions)
    assert ISOLATED[36]["accession_ids"] == accessions
    assert ISOLATED[37] == {"type": "release", "dataset_id": "GDI-BE-EXAMPLE-20260101"}


def test_a_file_keeps_its_id_when_it_is_encrypted_for_another_recipient():
    file = RECORD.members[0].files[0]
    other = file.model_copy(
        update={"encrypted": file.plain.model_copy(update={"sha256": "f" * 64})}
    )
    assert sda.accession_of(RECORD, file) == sda.accession_of(RECORD, other)


def test_files_of_the_same_bytes_have_different_ids():
    first, second = RECORD.members[0].files[:2]
    same = second.model_copy(update={"plain": first.plain})
    assert sda.accession_of(RECORD, first) != sda.accession_of(RECORD, same)


def test_a_file_keeps_its_id_when_others_leave():
    left = made_record(members=RECORD.members[1:])
    assert lines(left, sda.ISOLATED)[12] == ISOLATED[24]


def test_the_calls_are_those_of_the_admin_api():
    calls = lines(RECORD, sda.CALLS)
    assert len(calls) == 38
    paths = list(dict.fromkeys(call["path"] for call in calls))
    release = "/dataset/release/GDI-BE-EXAMPLE-20260101"
    assert paths == ["/file/ingest", "/file/accession", "/dataset/create", release]
    assert calls[0]["body"] == {
        "filepath": "made-trio/encrypted/P1AAAA.cram.c4gh",
        "user": "depositor@genomes.example.org",
    }


def test_central_ega_gives_the_ids_of_a_federated_node():
    messages = lines(RECORD, sda.FEDERATED)
    accession = next(message for message in messages if message["type"] == "accession")
    assert accession["accession_id"] == "@egaf:P1AAAA.cram.c4gh"
    assert messages[-1] == {"type": "release", "dataset_id": "@egad:made-trio"}


def test_a_federated_node_gets_the_files_that_are_described_to_ega():
    messages = lines(RECORD, sda.FEDERATED)
    paths = {message["filepath"] for message in messages if "filepath" in message}
    assert len(paths) == 15
    assert not [path for path in paths if "crai" in path]


def test_both_kinds_of_node_get_the_targets_of_an_exome():
    record = one(assay=Assay.WES)
    for path in (sda.ISOLATED, sda.FEDERATED):
        paths = [message.get("filepath") for message in lines(record, path)]
        assert paths.count("made-trio/encrypted/P1AAAA.targets.bed.c4gh") == 2


def test_with_fastq_every_file_is_described_to_ega():
    messages = lines(with_fastq(), sda.FEDERATED)
    assert len({message["filepath"] for message in messages if "filepath" in message}) == 8


def test_a_bundle_that_all_have_left_has_no_messages():
    assert sda.documents(made_record(members=())) == {}


def test_messages_of_one_person_are_part_of_those_of_all():
    alone = lines(one(), sda.ISOLATED)[:6]
    family = made_record(members=(made_member(1, Sex.FEMALE), made_member(2, Sex.FEMALE)))
    assert lines(family, sda.ISOLATED)[:6] == alone
