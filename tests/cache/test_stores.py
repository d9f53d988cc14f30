"""Every cache behaves like a dictionary."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_typed.cache import (
    Cache,
    FileCache,
    LayeredCache,
    MemoryCache,
    ProxyCache,
    ScopedCache,
    SerialisedCache,
)

Make = Callable[[Path], Cache]

STORES: dict[str, Make] = {
    "memory": lambda folder: MemoryCache(),
    "proxy": lambda folder: ProxyCache(MemoryCache()),
    "serialised": lambda folder: SerialisedCache(MemoryCache(), lambda text: [text], lambda kept: kept[0]),
    "scoped": lambda folder: ScopedCache(MemoryCache(), "https://studio.example"),
    "layered": lambda folder: LayeredCache([MemoryCache(), MemoryCache()]),
    "file": lambda folder: FileCache(folder / "über cache%20?.db"),
    "file below memory": lambda folder: LayeredCache([MemoryCache(), FileCache(folder / "cache.db")]),
}

TEXTS = st.text(st.characters(codec=None), max_size=8)
"""Any text, lone surrogates too."""

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("set"), TEXTS, TEXTS),
        st.tuples(st.just("remove"), TEXTS, st.just("")),
        st.tuples(st.just("update"), TEXTS, TEXTS),
        st.tuples(st.just("clear"), st.sampled_from(["a", "^b", "[0-9]$", ""]), st.just("")),
    ),
    max_size=12,
)


@pytest.mark.parametrize("name", STORES)
@given(steps=STEPS)
@settings(max_examples=30, deadline=None)
def test_it_holds_what_a_dictionary_would(name: str, steps: list[tuple[str, str, str]]) -> None:
    import re

    with tempfile.TemporaryDirectory() as folder:
        cache, model = STORES[name](Path(folder)), dict[str, str]()
        for action, key, value in steps:
            if action == "set":
                cache.set(key, value)
                model[key] = value
            elif action == "update":
                cache.update_many({key: lambda old, more=value: (old or "") + more})  # type: ignore[misc]
                model[key] = model.get(key, "") + value
            elif action == "clear":
                cache.clear(key)
                model = {kept: value for kept, value in model.items() if not re.search(key, kept)}
            elif key in model:
                assert cache.remove(key) == model.pop(key)
            else:
                with pytest.raises(KeyError):
                    cache.remove(key)
            assert sorted(cache.keys()) == sorted(model)
        assert cache.get_many([*model, "never set"]) == model
        assert sorted(cache.values()) == sorted(model.values())
        assert all(cache.get(key) == value and key in cache for key, value in model.items())
        cache.clear()
        assert cache.keys() == []
        cache.close()


@pytest.mark.parametrize("name", STORES)
def test_a_missing_key_is_a_key_error(name: str, tmp_path: Path) -> None:
    cache = STORES[name](tmp_path)
    with pytest.raises(KeyError, match="absent"):
        cache.get("absent")
    with pytest.raises(KeyError, match="absent"):
        cache.remove("absent")
    assert "absent" not in cache
    cache.close()


@pytest.mark.parametrize("name", STORES)
def test_a_change_that_gives_none_removes_the_key(name: str, tmp_path: Path) -> None:
    cache = STORES[name](tmp_path)
    cache.set("a", "1")
    cache.update_many({"a": lambda old: None, "b": lambda old: None})
    assert cache.keys() == []
    cache.close()


def test_layers_copy_upward_only() -> None:
    top, middle, deep = MemoryCache(), MemoryCache(), MemoryCache()
    cache = LayeredCache([top, middle, deep])
    middle.set("a", 1)
    assert cache.get("a") == 1
    assert top.get("a") == 1
    assert "a" not in deep


def test_layers_read_many_keys_from_wherever_they_are() -> None:
    top, deep = MemoryCache(), MemoryCache()
    cache = LayeredCache([top, deep])
    top.set("a", 1)
    deep.set("b", 2)
    assert cache.get_many(["a", "b", "c"]) == {"a": 1, "b": 2}
    assert top.get("b") == 2


def test_layers_are_all_written_and_removed_from_whichever_have_it() -> None:
    top, deep = MemoryCache(), MemoryCache()
    cache = LayeredCache([top, deep])
    cache.set("a", 1)
    assert (top.get("a"), deep.get("a")) == (1, 1)
    top.remove("a")
    assert cache.remove("a") == 1
    assert cache.keys() == []
    with pytest.raises(KeyError):
        cache.remove("a")


def test_layers_keep_values_that_are_false() -> None:
    cache = LayeredCache([MemoryCache(), MemoryCache()])
    for value in (None, False, 0, ""):
        cache.set("a", value)
        assert cache.get("a") is value


def test_layers_may_change_at_any_time() -> None:
    cache = LayeredCache([MemoryCache()])
    below = MemoryCache()
    below.set("a", 1)
    cache.caches.append(below)
    assert cache.get("a") == 1


def test_memory_keeps_what_was_used_last() -> None:
    cache = MemoryCache(max_entries=2)
    cache.set("a", 1)
    cache.set("b", 2)
    cache.get("a")
    cache.set("c", 3)
    assert sorted(cache.keys()) == ["a", "c"]
    with pytest.raises(ValueError, match="at least 1"):
        MemoryCache(max_entries=0)


class Choosy(SerialisedCache):
    """Refuses some values."""

    def set(self, key: str, value: str) -> None:
        if value != "refused":
            super().set(key, value)


def test_what_a_proxy_refuses_no_other_method_stores() -> None:
    cache = Choosy(MemoryCache(), str.encode, bytes.decode)
    cache.update_many({"a": lambda old: "refused", "b": lambda old: "taken"})
    assert cache.keys() == ["b"]


def test_what_can_not_be_decoded_counts_as_missing() -> None:
    below = MemoryCache()
    cache = SerialisedCache(below, str, int)
    below.set("a", "no number")
    with pytest.raises(KeyError):
        cache.get("a")
    assert cache.get_many(["a"]) == {}
    cache.update_many({"a": lambda old: 5 if old is None else 6})
    assert cache.get("a") == 5


def test_scopes_do_not_see_each_other() -> None:
    shared = MemoryCache()
    one, other = ScopedCache(shared, "one"), ScopedCache(shared, "other")
    one.set("a", 1)
    other.set("a", 2)
    other.clear()
    assert one.get("a") == 1
    assert other.keys() == []


def test_threads_share_a_file_without_losing_a_change(tmp_path: Path) -> None:
    cache = FileCache(tmp_path / "cache.db")

    def count() -> None:
        for _ in range(25):
            cache.update_many({"n": lambda old: str(int(old or 0) + 1)})

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert cache.get("n") == "100"
    cache.close()
