"""A build's whole config: the sections that one YAML fills, each defined beside what it configures."""

from __future__ import annotations

import hashlib
import importlib
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from typing import Any, TypeVar

import yaml

from m3w_builder import align, pictures, storage, text
from m3w_builder.classes import dataclass
from m3w_builder.dedup import DedupConfig
from m3w_builder.engine import ClusterConfig
from m3w_builder.errors import ConfigError
from m3w_builder.extract import ExtractConfig
from m3w_builder.fetch import FetchConfig, entries
from m3w_builder.fill import fill, nearest
from m3w_builder.flamingo.config import ValidateConfig
from m3w_builder.pictures import PicturesConfig
from m3w_builder.report.config import ReportConfig
from m3w_builder.shards import ShardsConfig
from m3w_builder.shards.assemble import Assemble
from m3w_builder.shards.cards import CardConfig
from m3w_builder.sources import ReadLimits, SourceConfig
from m3w_builder.stage import Function

Section = TypeVar("Section")

OWN_STAGES = (
    *("read", "extract", "keys", "page_duplicates", "common_pictures", "fetch", "rights", "decode", "store"),
    *("picture_duplicates", "assemble", "write"),
)
"""What the passes call their own stages in the books."""


@dataclass(frozen=True)
class Config:
    """Everything that a build depends on."""

    source: SourceConfig
    """Where pages come from: exactly one of `warc`, `crawl`, `folder` and the like."""
    name: str = "m3w"
    """What the corpus is called in its cards and reports."""
    out: str = ""
    """The build's folder, any fsspec URL; `--out` takes its place."""
    read: ReadLimits = field(default_factory=ReadLimits)
    """How large a record may be."""
    fetch: FetchConfig = field(default_factory=FetchConfig)
    """How pages and pictures are asked of their hosts."""
    extract: ExtractConfig = field(default_factory=ExtractConfig)
    """How a page becomes a document."""
    text: tuple[Any, ...] = ()
    """Text filters in their order, each a name or a name with its keys: `- length: {min_words: 50}`."""
    pictures: PicturesConfig = field(default_factory=PicturesConfig)
    """How pictures are decoded, filtered (`filters`, a list like `text`) and stored."""
    dedup: DedupConfig = field(default_factory=DedupConfig)
    """What counts as a duplicate."""
    align: tuple[Any, ...] = ()
    """What looks at a document together with its pictures, in order, a list like `text`; none by itself."""
    assemble: Assemble = field(default_factory=Assemble)
    """What a document must still hold at the end."""
    shards: ShardsConfig = field(default_factory=ShardsConfig)
    """How samples are written."""
    card: CardConfig = field(default_factory=CardConfig)
    """What the cards say that no build can know."""
    report: ReportConfig = field(default_factory=ReportConfig)
    """What is counted for the report."""
    validate: ValidateConfig = field(default_factory=ValidateConfig)
    """How `m3w validate` trains and judges."""
    cluster: ClusterConfig = field(default_factory=ClusterConfig)
    """Where the work runs; no result depends on it."""
    block: tuple[str, ...] = ()
    """Hosts ("a.example", "*.a.example") and URL prefixes whose pages and pictures are never taken, whatever the
    source; or list files (*.txt, *.txt.gz) that name one a line. The picture filter `blocked` has lists of pictures."""
    allow: tuple[str, ...] = ()
    """The like, and nothing else is taken; empty: no such bound."""
    plugins: tuple[str, ...] = ()
    """Modules of your own whose stages may be named in `text`, `pictures.filters` and `align`, as `module:Class`."""

    @property
    def plugin_code(self) -> str:
        """A digest of the plugins' source: changed code is a changed stage."""
        digest = hashlib.sha256()
        for name in self.plugins:
            digest.update(inspect.getsource(importlib.import_module(name)).encode())
        return digest.hexdigest()[:16] if self.plugins else ""


def load(path: str, settings: Sequence[str] = ()) -> Config:
    """The config in a YAML file, with `key.sub=value` settings laid over it; raises ConfigError."""
    try:
        data = _plain(path)
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such config file") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: no YAML: {' '.join(str(error).split())}") from None
    if not isinstance(data, Mapping):
        raise ConfigError(f"{path}: wants keys and values, as configs/quickstart.yaml shows")
    data = dict(data)
    for setting in settings:
        _set(data, setting)
    try:
        return parse(data)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def _plain(path: str) -> Any:
    """What a YAML file says; what is no YAML is told by Python's own reader, which shows the line."""
    try:
        return storage.read_yaml(path)
    except yaml.YAMLError:
        return yaml.safe_load(storage.read_bytes(path))


def parse(data: Mapping[str, Any]) -> Config:
    """A config from plain YAML data; raises ConfigError."""
    data = dict(data)
    plugins = data.get("plugins") or ()
    if "text" in data:
        data["text"] = stages(data["text"], text.STAGES, plugins, "text")
    if isinstance(data.get("pictures"), Mapping) and "filters" in data["pictures"]:
        filters = stages(data["pictures"]["filters"], pictures.STAGES, plugins, "pictures.filters")
        data["pictures"] = {**data["pictures"], "filters": filters}
    if "align" in data:
        data["align"] = stages(data["align"], align.STAGES, plugins, "align")
    made = fill(Config, data, "")
    names = list(OWN_STAGES)
    for stage in (*made.text, *made.pictures.filters, *made.align):
        if stage.name in names:
            raise ConfigError(f"two stages are called '{stage.name}': the books have one page for each name")
        names.append(stage.name)
    named = [stage.name for stage in made.pictures.filters]
    for name in made.assemble.drop_with:
        if name not in named:
            raise ConfigError(f"assemble.drop_with: '{name}' is no filter of pictures.filters{nearest(name, named)}")
    return _with_lists(made)


def _with_lists(config: Config) -> Config:
    """The config with its block and allow lists read, and those for all handed to the sections that heed them."""
    common = {name: entries(getattr(config, name), name) for name in ("block", "allow")}

    def joined(section: Any, place: str) -> Any:
        mine = {name: entries(getattr(section, name), f"{place}.{name}") for name in common}
        return replace(section, **{name: list(dict.fromkeys([*mine[name], *common[name]])) for name in common})

    return replace(config, read=joined(config.read, "read"), fetch=joined(config.fetch, "fetch"))


def check(config: Config) -> None:
    """Ask every stage that needs something (a model, a list, an extra) whether it is there; raises ConfigError."""
    for place, group in (("text", config.text), ("pictures.filters", config.pictures.filters), ("align", config.align)):
        for index, stage in enumerate(group):
            if not hasattr(stage, "check"):
                continue
            try:
                stage.check()
            except ConfigError as error:
                raise ConfigError(f"{place}[{index}].{stage.name}: {error}") from None


def section(cls: type[Section], settings: Sequence[str]) -> Section:
    """One section by itself, its defaults changed by `key=value` settings; raises ConfigError."""
    data: dict[str, Any] = {}
    for setting in settings:
        _set(data, setting)
    return fill(cls, data, "--set")


def stages(entries: Any, known: Mapping[str, type], plugins: Sequence[str], place: str) -> tuple[Any, ...]:
    """The stages of a list such as `[language, {length: {min_words: 50}}, {my.module:Mine: {}}]`."""
    if not isinstance(entries, (list, tuple)):
        raise ConfigError(f"{place}: wants a list of stages")
    made: list[Any] = []
    for index, entry in enumerate(entries):
        spot = f"{place}[{index}]"
        if isinstance(entry, str):
            entry = {entry: {}}
        if not isinstance(entry, Mapping) or len(entry) != 1:
            raise ConfigError(f"{spot}: wants one stage's name, or its name with its keys")
        ((name, values),) = entry.items()
        cls = known.get(name) or _plugin(str(name), known, plugins, spot)
        is_stage = isinstance(cls, type)
        made.append(fill(cls, values, f"{spot}.{name}") if is_stage else _function(cls, name, values, f"{spot}.{name}"))
    return tuple(made)


def _plugin(name: str, known: Mapping[str, type], plugins: Sequence[str], spot: str) -> Any:
    """The class or function that a user's config names; raises ConfigError."""
    module, _, attribute = name.partition(":")
    if not attribute:
        raise ConfigError(f"{spot}: unknown stage '{name}'{nearest(name, known)}")
    if module not in plugins:
        raise ConfigError(f"{spot}: '{name}' is your own code: list '{module}' under `plugins` to allow it")
    try:
        cls = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"{spot}: cannot load '{name}': {error}") from None
    if inspect.isfunction(cls):
        return cls
    if not (isinstance(cls, type) and hasattr(cls, "name") and hasattr(cls, "reasons") and callable(cls)):
        raise ConfigError(
            f"{spot}: '{name}' is no stage: it wants a function, or a dataclass with `name`, `reasons` and `__call__`"
        )
    return cls


def _function(function: Any, place: str, values: Any, spot: str) -> Function:
    """A user's function with its settings; raises ConfigError where it takes no such ones."""
    if not isinstance(values or {}, Mapping):
        raise ConfigError(f"{spot}: wants keys and values")
    settings = dict(values or {})
    _, *further = inspect.signature(function).parameters.values() or (None,)
    takes_any = any(one.kind is inspect.Parameter.VAR_KEYWORD for one in further)
    names = [one.name for one in further]
    for key in settings:
        if key not in names and not takes_any:
            raise ConfigError(f"{spot}: unknown key '{key}'{nearest(str(key), names)}")
    missing = [one.name for one in further if one.default is one.empty and one.kind not in (2, 4)]
    if unset := [name for name in missing if name not in settings]:
        raise ConfigError(f"{spot}: '{unset[0]}' is missing")
    return Function(place, settings)


def _set(data: dict[str, Any], setting: str) -> None:
    """Lay one `a.b.0.c=value` over the data; the value is YAML."""
    path, equals, value = setting.partition("=")
    if not equals:
        raise ConfigError(f"--set {setting}: wants key=value")
    *parents, last = path.split(".")
    spot: Any = data
    for part in parents:
        if isinstance(spot, list) and part.isdigit() and int(part) < len(spot):
            spot = spot[int(part)]
        elif isinstance(spot, dict):
            if spot.get(part) is None:
                spot[part] = {}
            spot = spot[part]
        else:
            raise ConfigError(f"--set {setting}: there is no '{part}' to go into")
    parsed = yaml.safe_load(value)
    if isinstance(spot, list) and last.isdigit() and int(last) < len(spot):
        spot[int(last)] = parsed
    elif isinstance(spot, dict):
        spot[last] = parsed
    else:
        raise ConfigError(f"--set {setting}: there is no '{last}' to set")
