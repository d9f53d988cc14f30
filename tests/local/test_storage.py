"""Tables, transactions, bulk inserts and value codecs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, inspect, select, text

from ftrack_local.catalogue import build_documents, build_model, load_catalogue
from ftrack_local.errors import LocalServerError
from ftrack_local.model import Model, Scalar, ScalarAttribute
from ftrack_local.storage import (
    ORDER_COLUMN,
    Storage,
    StorageValueError,
    build_tables,
    from_storage,
    insert_rows,
    parse_datetime,
    to_storage,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


def attribute(scalar: Scalar, **facts: Any) -> ScalarAttribute:
    return ScalarAttribute("thing", scalar, "thing", **facts)


@pytest.fixture(scope="module")
def model() -> Model:
    return build_model()


@pytest.fixture
def storage() -> Iterator[Storage]:
    opened = Storage()
    yield opened
    opened.close()


class TestCodecs:
    @given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00")))
    def test_text_comes_back(self, value: str) -> None:
        this = attribute(Scalar.TEXT)
        assert from_storage(this, to_storage(this, value)) == value

    @given(st.integers(min_value=-(2**63), max_value=2**63 - 1))
    def test_whole_numbers_come_back(self, value: int) -> None:
        this = attribute(Scalar.INTEGER)
        assert from_storage(this, to_storage(this, value)) == value

    @given(st.floats(allow_nan=False, allow_infinity=False))
    def test_numbers_come_back(self, value: float) -> None:
        this = attribute(Scalar.NUMBER)
        assert from_storage(this, to_storage(this, value)) == value

    @given(JSON)
    def test_any_json_comes_back(self, value: Any) -> None:
        this = attribute(Scalar.VARIABLE)
        assert from_storage(this, to_storage(this, value)) == value

    @given(st.datetimes(max_value=datetime(9999, 12, 30)), st.sampled_from([None, 0, -7, 2]))
    def test_moments_are_kept_as_utc_in_whole_seconds(self, value: datetime, hours: int | None) -> None:
        if hours is not None and value.year > 1:
            value = value.replace(tzinfo=timezone(timedelta(hours=hours)))
        moved = value if value.tzinfo is None else value.astimezone(timezone.utc)
        expected = moved.replace(tzinfo=None, microsecond=0)
        stored = None
        for form in (value, value.isoformat(), {"__type__": "datetime", "value": value.isoformat()}):
            stored = to_storage(attribute(Scalar.DATETIME), form)
            assert datetime.fromisoformat(stored) == expected
        assert from_storage(attribute(Scalar.DATETIME), stored) == {"__type__": "datetime", "value": stored}

    @pytest.mark.parametrize(
        ("sent", "stored"),
        [
            ("2031-05-04", "2031-05-04T00:00:00"),
            ("2031-05-04 10:20", "2031-05-04T10:20:00"),
            ("2031-05-04T10:20:30Z", "2031-05-04T10:20:30"),
            ("2031-05-04T10:20:30.123456Z", "2031-05-04T10:20:30"),
            ("2031-05-04T10:20:30.5+02:00", "2031-05-04T08:20:30"),
            ("2031-05-04T10:20:30-05:30", "2031-05-04T15:50:30"),
            ({"__type__": "date", "value": "2031-05-04"}, "2031-05-04T00:00:00"),
            (date(2031, 5, 4), "2031-05-04T00:00:00"),
        ],
    )
    def test_dates_as_clients_send_them(self, sent: object, stored: str) -> None:
        assert parse_datetime(sent) == stored

    @given(st.text() | st.integers() | st.dictionaries(st.text(), st.text()))
    def test_anything_is_a_date_or_refused(self, value: object) -> None:
        try:
            stored = parse_datetime(value)
        except StorageValueError:
            return
        assert len(stored) == 19

    @pytest.mark.parametrize(
        ("scalar", "value", "message"),
        [
            (Scalar.TEXT, 5, "thing: expected text, got 5"),
            (Scalar.TEXT, "a\x00b", r"U\+0000"),
            (Scalar.INTEGER, "5", "expected a whole number"),
            (Scalar.INTEGER, 5.5, "expected a whole number"),
            (Scalar.INTEGER, True, "expected a whole number"),
            (Scalar.INTEGER, 2**63, "too large"),
            (Scalar.NUMBER, "x", "expected a number"),
            (Scalar.NUMBER, float("nan"), "finite"),
            (Scalar.NUMBER, 10**400, "too large"),
            (Scalar.BOOLEAN, "yes", "expected true or false"),
            (Scalar.DATETIME, "tomorrow", "expected a date"),
            (Scalar.DATETIME, "9999-12-31T23:00:00-05:00", "outside the years 1 to 9999"),
            (Scalar.VARIABLE, {1, 2}, "cannot be kept as JSON"),
            (Scalar.OBJECT, {}, "the server makes this value"),
        ],
    )
    def test_a_wrong_value_is_refused_by_name(self, scalar: Scalar, value: object, message: str) -> None:
        with pytest.raises(StorageValueError, match=message):
            to_storage(attribute(scalar), value)

    def test_an_enumeration_takes_only_its_values(self) -> None:
        this = attribute(Scalar.TEXT, enum=("queued", "running"))
        assert to_storage(this, "queued") == "queued"
        with pytest.raises(StorageValueError, match="'stuck' is not one of queued, running"):
            to_storage(this, "stuck")


class TestTables:
    def test_a_family_shares_one_table(self, model: Model) -> None:
        tables = build_tables(model)
        context = tables["context"]
        assert {"_type", ORDER_COLUMN, "id", "full_name", "bid", "object_type_id"} <= set(context.c.keys())
        assert "_type" not in tables["status"].c
        assert "state_id" in tables["status"].c

    def test_foreign_keys_and_look_ups_are_indexed(self, model: Model) -> None:
        tables = build_tables(model)
        leading = {
            name: {next(iter(index.columns)).key for index in table.indexes}
            for name, table in tables.by_name.items()
        }
        assert {"id", "parent_id", "project_id", "status_id", "_type", "name"} <= leading["context"]
        assert {"parent_id"} <= leading["metadata"]
        assert {"configuration_id", "entity_id"} <= leading["custom_attribute_value"]
        assert {"configuration_id", "security_role_id"} <= leading["custom_configuration_read_role"]

    def test_names_fit_every_database(self, model: Model) -> None:
        for table in build_tables(model).by_name.values():
            for name in (table.name, *(str(index.name) for index in table.indexes)):
                assert len(name.encode()) <= 63

    def test_attributes_that_differ_by_case_alone_stay_apart(self, storage: Storage) -> None:
        documents = build_documents(load_catalogue())
        documents.append(
            {
                "id": "Odd",
                "properties": {
                    "id": {"type": "string"},
                    "name": {"type": "string"},
                    "NAME": {"type": "string"},
                    'quo"te; --': {"type": "string"},
                    "_order": {"type": "string"},
                },
                "primary_key": ["id"],
            }
        )
        model = build_model(documents)
        tables = build_tables(model)
        storage.create_all(tables)
        row: dict[str, Any] = {"id": "1", "name": "a", "NAME": "b", 'quo"te; --': "c", "_order": "d"}
        with storage.writing() as connection:
            insert_rows(connection, tables, model, [{"__entity_type__": "Odd", **row}])
            odd = tables["odd"]
            columns = [
                odd.c[str(a.column)]
                for a in model.types["Odd"].attributes.values()
                if isinstance(a, ScalarAttribute)
            ]
            assert list(connection.execute(select(*columns)).one()) == list(row.values())


class TestInsert:
    def test_defaults_and_classifiers_are_added(self, storage: Storage, model: Model) -> None:
        tables = build_tables(model)
        storage.create_all(tables)
        rows: list[dict[str, Any]] = [
            {"__entity_type__": "Shot", "id": "s", "name": "sh010"},
            {"__entity_type__": "Task", "id": "t", "name": "comp", "bid": 3600},
            {
                "__entity_type__": "Metadata",
                "parent_id": "s",
                "parent_type": "Shot",
                "key": "k",
                "value": "v",
            },
            {"__join__": "context_scope", "context_id": "s", "scope_id": "x"},
        ]
        with storage.writing() as connection:
            assert insert_rows(connection, tables, model, rows) == 4
        with storage.reading() as connection:
            context = tables["context"]
            shot, task = connection.execute(context.select().order_by(context.c[ORDER_COLUMN])).mappings()
            assert (shot["_type"], shot["context_type"], shot["name"]) == ("Shot", "task", "sh010")
            assert shot["object_type_id"] == "bad911de-3bd6-47b9-8b46-3476e237cb36"
            assert (task["_type"], task["bid"]) == ("Task", 3600.0)
            assert connection.execute(select(tables["metadata"].c["parent_type"])).scalar_one() == "task"

    def test_unknown_attributes_are_refused(self, storage: Storage, model: Model) -> None:
        tables = build_tables(model)
        storage.create_all(tables)
        with (
            storage.writing() as connection,
            pytest.raises(StorageValueError, match=r"Task\.nam is not stored"),
        ):
            insert_rows(connection, tables, model, [{"__entity_type__": "Task", "nam": "x"}])

    def test_two_rows_with_one_key_are_refused(self, storage: Storage, model: Model) -> None:
        tables = build_tables(model)
        storage.create_all(tables)
        rows = [{"__entity_type__": name, "id": "same", "name": "x"} for name in ("Task", "Shot")]
        with pytest.raises(Exception, match="UNIQUE"), storage.writing() as connection:
            insert_rows(connection, tables, model, rows)
        with storage.reading() as connection:
            assert connection.execute(select(func.count()).select_from(tables["context"])).scalar_one() == 0


class TestStorage:
    def test_a_failed_transaction_leaves_nothing(self, storage: Storage) -> None:
        with storage.writing() as connection:
            connection.execute(text("CREATE TABLE t (n INTEGER)"))

        def insert_and_fail() -> None:
            with storage.writing() as connection:
                connection.execute(text("INSERT INTO t VALUES (1)"))
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            insert_and_fail()
        with storage.reading() as connection:
            assert connection.execute(text("SELECT count(*) FROM t")).scalar_one() == 0

    @pytest.mark.parametrize("in_file", [False, True])
    def test_threads_share_a_database(self, tmp_path: Path, in_file: bool) -> None:
        storage = Storage(f"sqlite:///{(tmp_path / 'studio.db').as_posix()}" if in_file else None)
        with storage.writing() as connection:
            connection.execute(text("CREATE TABLE t (n INTEGER)"))
        uneven: list[int] = []

        def write() -> None:
            for number in range(20):
                with storage.writing() as connection:
                    connection.execute(text("INSERT INTO t VALUES (:n)"), [{"n": number}, {"n": number}])

        def read() -> None:
            for _ in range(20):
                with storage.reading() as connection:
                    first = connection.execute(text("SELECT count(*) FROM t")).scalar_one()
                    second = connection.execute(text("SELECT count(*) FROM t")).scalar_one()
                    if first % 2 or first != second:
                        uneven.append(first)

        threads = [threading.Thread(target=job) for job in (write, write, read, read)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with storage.reading() as connection:
            assert connection.execute(text("SELECT count(*) FROM t")).scalar_one() == 80
        assert uneven == []
        storage.close()

    def test_a_file_outlives_its_storage_and_gains_columns(self, tmp_path: Path) -> None:
        url = f"sqlite:///{(tmp_path / 'studio.db').as_posix()}"
        documents = build_documents(load_catalogue())
        model = build_model(documents)
        tables = build_tables(model)
        first = Storage(url)
        first.create_all(tables)
        assert first.is_empty(tables)
        with first.writing() as connection:
            insert_rows(connection, tables, model, [{"__entity_type__": "Task", "id": "t", "name": "comp"}])
        first.close()

        task = next(document for document in documents if document["id"] == "Task")
        task["properties"]["estimate_note"] = {"type": "string"}
        wider = build_model(documents)
        tables = build_tables(wider)
        second = Storage(url)
        second.create_all(tables)
        assert not second.is_empty(tables)
        with second.reading() as connection:
            context = tables["context"]
            assert connection.execute(select(context.c["name"], context.c["estimate_note"])).one() == (
                "comp",
                None,
            )
            assert "estimate_note" in {
                column["name"] for column in inspect(connection).get_columns("context")
            }
        second.close()

    @pytest.mark.parametrize(
        ("url", "message"),
        [
            ("studio.db", "is no database URL; write sqlite:///studio.db"),
            ("oracel://x", "no database is called 'oracel'"),
            ("mysql+aiomysql://x", "needs the Python package"),
        ],
    )
    def test_a_url_that_cannot_be_used(self, url: str, message: str) -> None:
        with pytest.raises(LocalServerError, match=message):
            Storage(url)

    def test_a_file_that_cannot_be_opened(self, tmp_path: Path, model: Model) -> None:
        storage = Storage(f"sqlite:///{(tmp_path / 'absent' / 'studio.db').as_posix()}")
        with pytest.raises(LocalServerError, match=r"studio\.db cannot be used: unable to open"):
            storage.create_all(build_tables(model))
        storage.close()
