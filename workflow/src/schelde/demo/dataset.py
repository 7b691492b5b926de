"""The demo's dataset: a made-up institute, and nothing that leads anywhere."""

from __future__ import annotations

DATASET_TEXT = """\
# What the demo's dataset is called, who answers for it, and what it may be used for. All of it is
# made up: addresses end in example.org, and no such institute, desk or committee exists.
# config/README.md at the top of the repository lists every key.

alias: demo-trio # names the folder of the bundle
identifier: GDI-BE-EXAMPLE-20260101
frequencies_identifier: GDI-BE-EXAMPLE-20260102 # the public dataset of allele frequencies
title: A made-up trio from the Schelde
description: >-
  Genomes of a made-up family of three, father, mother and son, on 0.28 Mb of sequence. It shows
  what a dataset of genomes looks like, and holds nothing about any person.
keywords: [genome, trio, demonstration]
issued: 2026-01-31 # the day that the bundle bears; ages and consents are counted to it
release: 2026-03-01

publisher: &institute
  name: Example Genome Institute
  identifier: https://genomes.example.org/#institute # a real one gives its ROR
  homepage: https://genomes.example.org
  email: data@genomes.example.org
  country: BE
creators: [*institute]
contact:
  name: Data desk of the Example Genome Institute
  email: data@genomes.example.org
  url: https://genomes.example.org/ask

committee:
  alias: demo-dac
  title: Access committee of the made-up trio
  institute: Example Genome Institute
  email: dac@genomes.example.org
policy:
  alias: demo-policy
  title: Terms of the made-up trio
  text: >-
    For health or medical or biomedical research that does not earn money, whose results are
    published. The data are not to be linked to other data about the same people.

# The purpose that each person must have agreed to: docs/consent.md.
use:
  permission: DUO:0000006 # health or medical or biomedical research
  modifiers:
    - DUO:0000019 # publication required
    - DUO:0000046 # non-commercial use only
legal_basis: Consent
access: NON_PUBLIC
conforms_to: ExternallyGoverned # another status only a data holder can give

study:
  alias: demo-study
  title: A family of three
  description: A made-up family, to show how a bundle is made and checked.
  type: Whole Genome Sequencing

access_url: https://genomes.example.org/access
license: https://genomes.example.org/terms
rights: Only those whom the access committee admits may use the data, under its terms.
frequencies_license: https://creativecommons.org/licenses/by/4.0/
frequencies_rights: Anybody may use the allele frequencies who names where they are from.
synthetic: true # nobody in it exists
centre: EXAMPLE
inbox_user: depositor@genomes.example.org
"""
"""config/dataset.yaml."""
