"""Settings of the train block from outside: what they make of a file, what is wrong with them, and that the program
with them in it can be printed and read again."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cnndsl
from cnndsl.arguments import Argument, arguments
from cnndsl.cli.main import main
from cnndsl.recipe import form
from cnndsl.recipe.block import KEYS
from cnndsl.recipe.spec import Entry, Key

BARE = "INPUT 8x8x1\nFC 10\n"
FILE = """INPUT 8x8x1
FC 4 -> FC 10
train {
  data digits pad 0  # of our own
  optimizer sgd lr 0.05 momentum 0.9
  epochs 3; batch 32
  # varied
  augment flip crop 4
  clip 1  # not too long
  loss cross_entropy
  freeze "fc1.*"
}
"""
HEADS = "INPUT 8x8x1\nHEAD aux1( FC 10 )\nFC 10\ntrain { data digits; loss cross_entropy; loss aux1 mse weight 0.5 }\n"


def lines(text: str) -> set[str]:
    """The lines of a program's train block, single spaces."""
    return {" ".join(line.partition("#")[0].split()) for line in text.partition("train {")[2].splitlines()} - {"", "}"}


FILE_LINES = lines(FILE.replace("; ", "\n"))
CHANGES = {
    "batch=128": ("batch 32", "batch 128"),
    "optimizer=adam": ("optimizer sgd lr 0.05 momentum 0.9", "optimizer adam"),
    "optimizer=adam lr 1e-3": ("optimizer sgd lr 0.05 momentum 0.9", "optimizer adam lr 1e-3"),
    "optimizer.lr=0.01": ("optimizer sgd lr 0.05 momentum 0.9", "optimizer sgd lr 0.01 momentum 0.9"),
    " optimizer . lr = 0.01 ": ("optimizer sgd lr 0.05 momentum 0.9", "optimizer sgd lr 0.01 momentum 0.9"),
    "optimizer.decay=1e-4": (
        "optimizer sgd lr 0.05 momentum 0.9",
        "optimizer sgd lr 0.05 momentum 0.9 decay 1e-4",
    ),
    "optimizer.nesterov=true": (
        "optimizer sgd lr 0.05 momentum 0.9",
        "optimizer sgd lr 0.05 momentum 0.9 nesterov",
    ),
    "optimizer.nesterov=false": ("", ""),
    "optimizer.momentum=default": ("optimizer sgd lr 0.05 momentum 0.9", "optimizer sgd lr 0.05"),
    "save.best=true": ("", "save best"),
    "save.best=false": ("", ""),
    "stop.patience=5": ("", "stop patience 5"),
    "augment=cutout 8": ("augment flip crop 4", "augment cutout 8"),
    "augment.crop=2": ("augment flip crop 4", "augment flip crop 2"),
    "augment.crop=false": ("augment flip crop 4", "augment flip"),
    "augment.flip=false": ("augment flip crop 4", "augment crop 4"),
    "augment.shift=3": ("augment flip crop 4", "augment flip crop 4 shift 3"),
    "augment=default": ("augment flip crop 4", ""),
    "metric=accuracy top5": ("", "metric accuracy top5"),
    "metric.top5=true": ("", "metric accuracy top5"),
    "steps=100": ("epochs 3", "steps 100"),
    "data.limit=100": ("data digits pad 0", "data digits pad 0 limit 100"),
    "data.pad=1": ("data digits pad 0", "data digits pad 1"),
    "data=random 8x8x1 count 50": ("data digits pad 0", "data random 8x8x1 count 50"),
    "data=npz my/own.npz limit 9": ("data digits pad 0", 'data npz "my/own.npz" limit 9'),
    "split=1": ("", "split 1"),
    "freeze=conv* *.bias": ('freeze "fc1.*"', 'freeze "conv*" "*.bias"'),
    'freeze="conv*"': ('freeze "fc1.*"', 'freeze "conv*"'),
    "freeze=default": ('freeze "fc1.*"', ""),
    "weights=runs/a-1/weights.safetensors": ("", 'weights "runs/a-1/weights.safetensors"'),
    'weights="of others/a.safetensors" partial': ("", 'weights "of others/a.safetensors" partial'),
    "clip=default": ("clip 1", ""),
    "epochs=default": ("epochs 3", ""),
    "schedule=cosine": ("", "schedule cosine"),
    "schedule.warmup=2": ("", "schedule constant warmup 2"),
    "normalize=0.1 0.2": ("", "normalize 0.1 0.2"),
    "normalize=none": ("", "normalize none"),
    "init=normal 0.01": ("", "init normal 0.01"),
    "loss=mse": ("loss cross_entropy", "loss mse"),
    "loss.smooth=0.1": ("loss cross_entropy", "loss cross_entropy smooth 0.1"),
    "loss.main.smooth=0.1": ("loss cross_entropy", "loss cross_entropy smooth 0.1"),
    "backend=naive": ("", "backend naive"),
}


def tree(text: str, *typed: str) -> Any:
    """What a text with settings is: examined without looking at files."""
    from cnndsl.api import examine
    from cnndsl.lang.lower import Choices
    from cnndsl.lang.unparse import unparse
    from cnndsl.source import Source

    chosen = Choices(settings=tuple(Source("--set", one, True) for one in typed))
    module, lowered, found = examine(Source("a.cnn", text), chosen)
    assert module is not None
    assert lowered is not None
    return unparse(module), lowered.recipe, found


@pytest.mark.parametrize("typed", CHANGES)
def test_what_becomes_of_a_file(typed: str) -> None:
    text, recipe, found = tree(FILE, typed)
    old, new = CHANGES[typed]
    got = lines(text.replace("; ", "\n"))
    assert got == FILE_LINES - {old} | ({new} - {""})
    assert all(d.severity == "warning" or d.code in ("E603", "E508") for d in found)
    again, same, _ = tree(text)
    assert again == text
    assert same == recipe


def test_comments_stay() -> None:
    text, *_ = tree(FILE, "clip=default", "data=default", "augment=default", "batch=8", "ema=0.9")
    assert [c for c in ("# of our own", "# varied", "# not too long") if c not in text] == []


@pytest.mark.parametrize("block", ["", "train { }", "train {\n}", "train { seed 1 }", "train {\n  seed 1;\n}", "# end"])
def test_where_there_is_little_or_no_train_block(block: str) -> None:
    text, recipe, found = tree(BARE + block, "batch=7", "epochs=2", "optimizer.lr=0.5")
    assert list(found) == []
    assert (recipe.batch, recipe.epochs, recipe.optimizer.attrs.lr) == (7, 2, 0.5)
    assert tree(text)[:2] == (text, recipe)


@pytest.mark.parametrize("crlf", [False, True])
def test_every_entry_of_a_block_can_go(crlf: bool) -> None:
    """Each alone, and all of them: what is printed can be read, and printing it again changes nothing."""
    block = "train {\n  batch 3  # b\n\n  # of c\n  clip 1; ema 0.9\n  seed 4 # s\n}\n"
    keys = {"batch": 64, "clip": None, "ema": None, "seed": 0}
    source = BARE + (block.replace("\n", "\r\n") if crlf else block)
    for gone in ([name] for name in keys):
        text, recipe, found = tree(source, *(f"{name}=default" for name in gone))
        assert list(found) == []
        assert [getattr(recipe, name) for name in gone] == [keys[name] for name in gone]
        assert tree(text)[:2] == (text, recipe)
    text, recipe, _ = tree(source, *(f"{name}=default" for name in keys))
    assert {name: getattr(recipe, name) for name in keys} == keys
    assert tree(text)[:2] == (text, recipe)


def test_several_in_order() -> None:
    _, recipe, found = tree(FILE, "optimizer=adamw", "optimizer.lr=0.003", "optimizer.decay=0.1", "steps=9")
    assert list(found) == []
    attrs = recipe.optimizer.attrs
    assert (recipe.optimizer.word, attrs.lr, attrs.decay, attrs.beta1, recipe.steps) == ("adamw", 0.003, 0.1, 0.9, 9)


def test_losses_of_heads() -> None:
    _, recipe, found = tree(HEADS, "loss.aux1.weight=0.3", "loss.main.smooth=0.1")
    assert list(found) == []
    assert (recipe.losses["aux1"].word, recipe.losses["aux1"].attrs.weight) == ("mse", 0.3)
    assert (recipe.losses["main"].word, recipe.losses["main"].attrs.smooth) == ("cross_entropy", 0.1)
    _, recipe, _ = tree(HEADS, "loss.aux1=bce", "loss=mse")
    assert {name: loss.word for name, loss in recipe.losses.items()} == {"main": "mse", "aux1": "bce"}
    _, recipe, _ = tree(HEADS, "loss=aux1 bce weight 2")
    assert (recipe.losses["main"].word, recipe.losses["aux1"].attrs.weight) == ("cross_entropy", 2.0)
    _, recipe, found = tree(HEADS, "loss.aux1=default")
    assert ([*recipe.losses], [d.code for d in found]) == (["main"], ["W501"])


WRONG = [
    ("optimizer.lr=nan", "E504", 14, "optimizer.lr=0.05"),
    ("optimizer.lr=inf", "E504", 14, "optimizer.lr=0.05"),
    ("optimizer.lr=-1", "E504", 14, "optimizer.lr=0.05"),
    ("optimizer.lr=0.1 momentum 0.9", "E504", 14, ""),
    ("epochs=0", "E504", 8, "epochs=10"),
    ("batch=0", "E504", 7, "batch=64"),
    ("batch=1.5", "E504", 7, "batch=64"),
    ("seed=2**70", "E104", 7, "digits"),
    (f"seed={2**70}", "E111", 6, "seed=1"),
    ("optimizer.lrr=1", "E503", 11, "`lr`"),
    ("optimizer.beta1=0.5", "E503", 11, "`optimizer adam` has it: `--set 'optimizer=adam beta1 0.5'`"),
    ("optimizer.adam=1", "E503", 11, "--set 'optimizer=adam 1'"),
    ("optimizer.adam.lr=1", "E806", 1, "--set 'optimizer=adam lr 1'"),
    ("optimzer.lr=1", "E502", 1, "`optimizer`"),
    ("bach=1", "E502", 1, "`batch`"),
    ("lr=0.1", "E502", 1, "`--set optimizer.lr=0.1`"),
    ("adam=1", "E502", 1, "`--set 'optimizer=adam"),
    ("xyzzy=1", "E502", 1, "known:"),
    ("optimizer lr=0.1", "E502", 1, "`--set optimizer.lr=0.1`"),
    ("train.batch=1", "E502", 1, "`--set batch=1`"),
    ("optimizer.lr", "E806", 1, "`--set optimizer.lr=..."),
    ("batch 128", "E806", 1, "`--set batch=128`"),
    ("batch: 128", "E806", 1, "`--set batch=128`"),
    ("=3", "E806", 1, "--set optimizer.lr=0.01"),
    (".lr=3", "E806", 1, "--set optimizer.lr=0.01"),
    ("optimizer.=3", "E806", 1, "--set optimizer.lr=0.01"),
    ("optimizer.lr=", "E506", 14, "--set optimizer.lr=0.05"),
    ("batch=  ", "E506", 7, "--set batch=64"),
    ("optimizer.nesterov=", "E506", 20, "--set optimizer.nesterov=true"),
    ("", "E806", 1, "--set batch=128"),
    ("  ", "E806", 1, "--set batch=128"),
    ("optimizer=SGD", "E503", 11, "`sgd`"),
    ("optimizer=adamm", "E503", 11, "`adam`"),
    ("optimizer=adam lr=1e-3", "E101", 18, "after a space"),
    ("optimizer=none", "E503", 11, "--set optimizer=default"),
    ("optimizer.lr=none", "E504", 14, "--set optimizer.lr=default"),
    ("clip=off", "E503", 6, "--set clip=default"),
    ("optimizer.nesterov=1", "E504", 20, "--set optimizer.nesterov=true"),
    ("augment.flip=3", "E504", 14, "--set augment.flip=true"),
    ("augment.crop=true", "E504", 14, "--set augment.crop=4"),
    ("augment.corp=3", "E503", 9, "`crop`"),
    ("metric.accuracy=false", "E504", 1, "--set metric=top5"),
    ("freeze.a=1", "E503", 8, "--set freeze=1"),
    ("batch.size=1", "E503", 7, "--set batch=1"),
    ("init.deviation=0.1", "E503", 6, "--set 'init=normal 0.1'"),
    ("weights=of others/a.safetensors", "E101", 18, "stands between"),
    ('weights="a', "E112", 9, ""),
    ("batch=64; epochs=2", "E104", 9, "its own"),
    ("batch=64\nepochs=2", "E104", 9, "its own"),
    ("batch=64 # a", "E104", 10, "its own"),
    ("batch=1 2", "E505", 9, ""),
    ("batch=\u00d7", "E101", 7, "`x`"),
    ("batch=\u0661", "E101", 7, "`1`"),
    ("b\u00e4tch=1", "E502", 1, "`batch`"),
    ("batch=1\u202e", "E113", 8, ""),
    ("batch=\x00", "E113", 7, ""),
    ("backend=fast", "E503", 9, "naive"),
    ("loss.aux1.weight=0.3", "E507", 6, "no heads"),
    ("loss.smoth=0.1", "E503", 6, "`smooth`"),
    ("loss.main=mze", "E503", 11, "`mse`"),
    ("batch=" + "1 " * 10_000, "E806", 1, "into the file"),
    ("loss.a.b.c=1", "E806", 1, "--set loss.a.weight=1"),
]


@pytest.mark.parametrize(("typed", "code", "column", "advice"), WRONG, ids=[w[0][:40] for w in WRONG])
def test_what_is_wrong(
    typed: str,
    code: str,
    column: int,
    advice: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One message with its place and a way on, wrong use, and nothing is written."""
    _, _, (said,) = tree(FILE, typed)
    assert said.span is not None
    assert (said.code, said.span.source.name, said.span.column) == (code, "--set", column)
    assert advice in " ".join(said.advice)
    assert said.advice or said.label
    monkeypatch.chdir(tmp_path)
    Path("a.cnn").write_text(FILE, encoding="utf-8")
    assert main(["run", "a.cnn", "--set", typed]) == 2
    assert main(["check", "a.cnn", "--set", typed]) == 2
    out, err = capsys.readouterr()
    assert f"error[{code}]" in err
    assert f"error[{code}]" in out
    assert "Traceback" not in out + err
    assert [p.name for p in tmp_path.iterdir()] == ["a.cnn"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("batch=1", "batch=2"), "`batch` is given twice"),
        (("optimizer.lr=1", "optimizer.lr=1"), "`optimizer.lr` is given twice"),
        (("epochs=1", "steps=2"), "`epochs` and `steps` are both given"),
        (("optimizer.lr=1", "optimizer=adam"), "`optimizer` replaces what `optimizer.lr` says"),
    ],
)
def test_what_is_set_twice(typed: tuple[str, ...], said: str) -> None:
    _, _, (found,) = tree(FILE, *typed)
    assert (found.code, found.exit_code) == ("E505", 2)
    assert said in found.message


def test_mistakes_of_the_file_are_said_too() -> None:
    _, _, found = tree("INPUT 8x8x1\nFC 0\nFC 10\ntrain { bach 4 }\n", "optimizer.lr=0", "ema=2")
    assert [d.code for d in found if d.span and d.span.source.name == "a.cnn"] == ["E204", "E502"]
    assert [d.code for d in found if d.span and d.span.source.name == "--set"] == ["E504", "E504"]


def test_a_mistake_of_the_file_may_be_set_right() -> None:
    broken = BARE + "train { optimizer sgd lr 0; epochs 1; steps 1 }"
    assert [d.code for d in cnndsl.check(broken)] == ["E504", "E505"]
    assert cnndsl.check(broken, settings={"optimizer.lr": 0.1, "steps": 5}) == []


def test_from_python() -> None:
    given: dict[str, Any] = {
        "optimizer.lr": 0.00001,
        "optimizer.nesterov": True,
        "optimizer.momentum": Fraction(1, 2),
        "batch": 16,
        "clip": None,
        "freeze": Path("fc1*"),
        "augment": "flip",
    }
    found = cnndsl.loads(FILE, settings=given)
    attrs = found.recipe.optimizer.attrs
    assert (attrs.lr, attrs.nesterov, attrs.momentum) == (1e-5, True, 0.5)
    assert (found.recipe.batch, found.recipe.clip) == (16, None)
    assert [s.word for s in found.recipe.augment] == ["flip"]
    assert cnndsl.loads(found.text).recipe == found.recipe


@pytest.mark.parametrize(
    ("given", "code", "advice"),
    [
        ({"optimizer.lr": math.nan}, "E504", "settings={'optimizer.lr': 0.05}"),
        ({"seed": 2**70}, "E111", "settings={'seed': 1}"),
        ({"lr": 0.1}, "E502", "settings={'optimizer.lr': 0.1}"),
        ({"batch": [1]}, "E806", ""),
        ({"a=b": 1}, "E806", ""),
        ({1: 1}, "E806", ""),
        ([("batch", 1)], "E806", ""),
    ],
)
def test_what_is_wrong_from_python(given: Any, code: str, advice: str) -> None:
    with pytest.raises(cnndsl.CnnError) as caught:
        cnndsl.loads(FILE, settings=given)
    (said,) = caught.value.diagnostics
    assert (said.code, said.exit_code) == (code, 2)
    assert advice in " ".join(said.advice)


# ---- whatever the records allow


def numbers(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Values of a number's schema, as many of them as can be written."""
    kinds = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    low, high = (
        schema.get("minimum", schema.get("exclusiveMinimum")),
        schema.get("maximum", schema.get("exclusiveMaximum")),
    )
    if "integer" in kinds:
        return st.integers(low, high)
    drawn = st.floats(low, high, allow_nan=False, width=32)
    return drawn.filter(lambda v: v != schema.get("exclusiveMinimum") and v != schema.get("exclusiveMaximum"))


def field(item: Argument) -> st.SearchStrategy[tuple[Any, str]]:
    """A value of an argument, and how it is written behind its name."""
    one = item.schema.get("items", item.schema)
    match item.form:
        case "choice":
            return st.sampled_from(list(item.spellings.items())).map(lambda found: (found[1], found[0]))
        case "text":
            letters = st.text("abcz019_-./*? ", min_size=1, max_size=20).filter(lambda t: t == t.strip())
            return letters.map(lambda t: (t, f'"{t}"'))
        case "word":
            return st.sampled_from(["naive", "vectorized"]).map(lambda w: (w, w))
        case "numbers":
            least = item.schema["minItems"]
            many = st.lists(numbers(one), min_size=least, max_size=least + 2)
            return many.map(lambda found: (found, " ".join(map(repr, found))))
        case "size" | "option" if item.form == "size" or item.axes > 1:
            count = item.axes if item.form == "option" else item.ranks[0]
            sizes = st.lists(numbers(one), min_size=count, max_size=count)
            return sizes.map(lambda found: (found, "x".join(map(str, found))))
        case _:
            return numbers(one).map(lambda found: (found, repr(found)))


@st.composite
def value(draw: st.DrawFn, entry: Entry) -> tuple[Any, str]:
    """A value of an entry as JSON, and as it is written."""
    said: dict[str, Any] = {"word": entry.word} if entry.word else {}
    parts: list[str] = [entry.word] if entry.word else []
    fields = arguments(entry.attrs)
    for item in sorted(fields, key=lambda a: a.form == "option" or a.form == "choice" or a.named):
        if item.required or draw(st.booleans()):
            found, text = draw(field(item))
            said[item.field] = found
            parts.append(f"{item.field} {text}" if item.form == "option" or item.named else text)
    plain = said["value"] if [a.field for a in fields] == ["value"] and "value" in said else said
    return plain, " ".join(parts)


@st.composite
def setting(draw: st.DrawFn, key: Key) -> tuple[Any, str]:
    entries = [e for e in key.entries if e.word or len(key.entries) == 1 or key.name == "normalize"]
    if key.takes == "outputs":
        plain, text = draw(st.sampled_from(entries).flatmap(value))
        return {"main": plain}, text
    if key.takes == "several":
        chosen = draw(st.lists(st.sampled_from(entries), min_size=1, max_size=3, unique_by=lambda e: e.word))
        found = [draw(value(e)) for e in chosen]
        return [plain for plain, _ in found], " ".join(text for _, text in found)
    return draw(st.sampled_from(entries).flatmap(value))


def right(plain: Any, text: str) -> bool:
    """Whether something is said, and the numbers of `normalize` are means and deviations."""
    values = plain.get("values") if isinstance(plain, dict) else None
    return bool(text) and (values is None or (len(values) % 2 == 0 and min(values[len(values) // 2 :]) > 0))


def clean(found: Sequence[cnndsl.Diagnostic]) -> bool:
    """Whether nothing is said of the text or of values; the network, which has one channel, does not count."""
    return not [d for d in found if d.code < "E508" and "channel" not in d.message]


@st.composite
def several(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, str]]:
    names = draw(st.lists(st.sampled_from([n for n in KEYS if n != "epochs"]), min_size=1, max_size=6, unique=True))
    found = {name: draw(setting(KEYS[name]).filter(lambda pair: right(*pair))) for name in names}
    return {name: plain for name, (plain, _) in found.items()}, {name: text for name, (_, text) in found.items()}


@given(several(), st.sampled_from([BARE, BARE + "train { }", BARE + "train {\n  # a\n  epochs 10  # b\n}\n", FILE]))
@settings(max_examples=150, deadline=None)
def test_any_settings_are_the_recipe_that_the_records_make_of_them(
    drawn: tuple[dict[str, Any], dict[str, str]], file: str
) -> None:
    plain, typed = drawn
    text, recipe, found = tree(file, *(f"{name}={said}" for name, said in typed.items()))
    assert clean(found)
    _, before, _ = tree(file)
    steps = {"epochs": 10} if "steps" in plain else {}  # which say the same, so that the file's go
    expected = form.load({**form.dump(before), **steps, **plain})
    assert recipe == expected
    assert tree(text)[:2] == (text, recipe)


OPTIONS = [
    (key, entry, item)
    for key in KEYS.values()
    for entry in key.entries
    for item in arguments(entry.attrs)
    if item.field not in ("value", "values") and key.name != "freeze"
]


@pytest.mark.parametrize(("key", "entry", "item"), OPTIONS, ids=[f"{k.name} {e.word} {i.field}" for k, e, i in OPTIONS])
@given(st.data())
@settings(max_examples=5, deadline=None)
def test_every_option_of_every_entry(key: Key, entry: Entry, item: Argument, data: st.DataObject) -> None:
    """Set alone, over what a file says of the same entry."""
    plain, text = data.draw(value(entry).filter(lambda pair: right(*pair)))
    new, written = data.draw(field(item))
    typed = "true" if item.form == "choice" else written
    parts = [key.name, *([entry.word] if key.takes == "several" else []), item.field]
    merged, recipe, found = tree(f"{BARE}train {{ {key.name} {text} }}", f"{'.'.join(parts)}={typed}")
    assert clean(found)
    changed = {**plain, item.field: new}
    wrapped = {"outputs": {"main": changed}, "several": [changed], "one": changed}[key.takes]
    assert recipe == form.load({key.name: wrapped})
    assert tree(merged)[:2] == (merged, recipe)


WORDS = [
    *(word for key in KEYS.values() for word in (key.name, *key.words)),
    *(a.field for key in KEYS.values() for e in key.entries for a in arguments(e.attrs)),
    *("true", "false", "default", "none", "main", "aux1", "train", "CONV", "N", "x", "1", "0.1", "-1", "3x3", "8x8x1"),
    *(
        '"conv*"',
        '"',
        "*",
        "{",
        "}",
        "(",
        ";",
        "\n",
        "\t",
        "#",
        "=",
        "..",
        ".",
        "->",
        "|",
        "@x",
        "?",
        "1e400",
        "9" * 11,
    ),
    *("\u00d7", "\udc80", "\x00", "\u00e9", "a/b.npz"),
]
BROKEN = (
    "INPUT 8x8x1\nFC 10\ntrain { optimizer sdg lr 1; lr 3; augment no 3 flip; loss; save best best; data random 8 }"
)


@given(
    st.lists(
        st.lists(st.sampled_from(WORDS) | st.sampled_from("=. "), max_size=8).map("".join), min_size=1, max_size=3
    ),
    st.sampled_from([BARE, FILE, HEADS, BROKEN, "train { batch 1 ) }\nINPUT 8x8x1\nFC 3"]),
)
@settings(max_examples=150, deadline=None)
def test_whatever_is_typed(typed: list[str], file: str) -> None:
    """There is a message or a program that can be printed and read again, and nothing else."""
    from cnndsl.diagnostics.render import FORMATS, Style

    text, recipe, found = tree(file, *typed)
    for form_ in FORMATS.values():
        form_.render(found, Style())
    wrong = [d for d in found if d.severity == "error"]
    assert all(d.exit_code == 2 for d in wrong if d.span and d.span.source.given and d.code < "E6")
    if not wrong:
        assert tree(text)[:2] == (text, recipe)
