from __future__ import annotations

import json
import multiprocessing
import os

import pytest

from schelde.progress.events import EventLog, append, read


def event(number):
    return {"time": float(number), "run": "r", "event": "running", "job": number}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "logs" / "events.jsonl"


def test_what_is_appended_is_read_in_order(path):
    append(path, event(1), event(2))
    append(path, event(3))
    assert read(path) == ([event(1), event(2), event(3)], 0)


def test_a_log_that_is_not_there_has_no_events(path):
    assert read(path) == ([], 0)


def test_only_the_torn_last_line_of_a_killed_process_is_lost(path):
    append(path, event(1))
    path.write_bytes(path.read_bytes() + b'{"time":2.0,"run":"r","ev')
    assert read(path) == ([event(1)], 1)
    append(path, event(3))
    assert read(path) == ([event(1), event(3)], 1)


def test_a_line_that_is_json_but_no_event_is_counted_as_torn(path):
    append(path, event(1))
    path.write_text(path.read_text() + '7\n{"time": 1}\n')
    assert read(path) == ([event(1)], 2)


def test_a_line_is_written_with_one_write(path, monkeypatch):
    written = []
    monkeypatch.setattr(os, "write", lambda file, line: written.append(line) or len(line))
    EventLog(path).write(event(1))
    assert [json.loads(line) for line in written] == [event(1)]


def test_a_full_disk_is_an_error_and_costs_only_the_line_that_was_cut(path, monkeypatch):
    log = EventLog(path)
    log.write(event(1))
    real = os.write
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda file, line: real(file, line[:10]))
        with pytest.raises(OSError, match="only part"):
            log.write(event(2))
    log.write(event(3))
    log.close()
    assert read(path) == ([event(1), event(3)], 1)


def many(path, run):
    log = EventLog(path)
    for number in range(500):
        log.write({"time": 0.0, "run": run, "event": "running", "job": number, "pad": "x" * 300})
    log.close()


def test_two_processes_do_not_tear_each_others_lines(path):
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=many, args=(path, run)) for run in ("a", "b")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    events, torn = read(path)
    assert torn == 0
    for run in ("a", "b"):
        assert [e["job"] for e in events if e["run"] == run] == list(range(500))
