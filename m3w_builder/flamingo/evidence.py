"""From losses on held-out documents to a verdict: gains, their intervals, the words that profit, the gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from m3w_builder.flamingo.align import Scan
from m3w_builder.flamingo.config import ValidateConfig
from m3w_builder.flamingo.sequences import NOTHING, Windows

SETTLED = 0.6
"""Where more of the pictures that know their document know their place in it, those that don't are another's."""


@dataclass(slots=True)
class Verdict:
    """What the validation says of a build: `ok` is what `m3w validate` exits by."""

    ok: bool
    verdict: str
    """"sound", "weak", "mispaired", "shifted", "reversed", "disordered", "unrelated", "blank", "duplicated", "leaked"
    or "undecided"."""
    reason: str
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The figures and the verdict as the terminal shows them."""
        return tell(self)


@dataclass(frozen=True, slots=True)
class Gain:
    """Nats a token that something is worth, with the 95 % interval of a bootstrap over documents."""

    nats: float
    low: float
    high: float


def per_page(values_WT: NDArray[Any], windows: Windows) -> NDArray[np.float64]:
    """Sums over each page's windows."""
    sums = np.zeros(int(windows.pages_W.max()) + 1)
    np.add.at(sums, windows.pages_W, values_WT.sum(1))
    return sums


def gain(
    worse: NDArray[np.float64], better: NDArray[np.float64], tokens: NDArray[np.float64], seed: int, draws: int = 1000
) -> Gain:
    """By how much `better` is better, per token, over documents drawn again and again."""
    used = tokens > 0
    saved, tokens = (worse - better)[used], tokens[used]
    if not len(tokens):
        return Gain(0.0, 0.0, 0.0)
    generator = np.random.default_rng(seed)
    rows = generator.integers(0, len(tokens), (draws, len(tokens)))
    drawn = saved[rows].sum(1) / tokens[rows].sum(1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Gain(float(saved.sum() / tokens.sum()), float(low), float(high))


def others(true: Mapping[str, Any]) -> NDArray[np.float32]:
    """The loss of each token with other documents' pictures, the mean over the draws."""
    return np.mean([true[name] for name in true if name.startswith("swapped")], axis=0)  # type: ignore[no-any-return]


def measure(
    windows: Windows, true: Mapping[str, Any], control: Mapping[str, Any], config: ValidateConfig
) -> dict[str, Any]:
    """All figures of the comparison, from the per-token losses of both models."""
    counted_WT = windows.labels_WT != NOTHING
    counted_WT[:, 0] = False
    tokens = per_page(counted_WT, windows)
    other_WT = others(true)
    sums = {name: per_page(true[name], windows) for name in ("own", "blank", "within")}
    sums |= {"swapped": per_page(other_WT, windows), "control": per_page(control["own"], windows)}
    # Within a document only windows of two pictures or more have anything to swap.
    several_W1 = ((windows.pictures_WP >= 0).sum(1) > 1)[:, None]
    tokens_within = per_page(counted_WT & several_W1, windows)
    own_within, moved = (per_page(true[name] * several_W1, windows) for name in ("own", "within"))
    gains = {
        "net": gain(sums["control"], sums["own"], tokens, config.seed),
        "swapped": gain(sums["swapped"], sums["own"], tokens, config.seed),
        "blank": gain(sums["blank"], sums["own"], tokens, config.seed),
        "within": gain(moved, own_within, tokens_within, config.seed),
    }
    return {
        "tokens": int(tokens.sum()),
        "losses": {name: float(value.sum() / tokens.sum()) for name, value in sums.items()},
        "gains": {name: asdict(value) for name, value in gains.items()},
        "training": {
            name: [round(x, 4) for x in found["training"][9::10]]
            for name, found in (("true", true), ("control", control))
        },
    }


def judge(figures: dict[str, Any], scan: Scan, config: ValidateConfig) -> Verdict:
    """The verdict, with its reason; effect size decides, since any effect is significant after enough tokens."""
    figures = figures | {"alignment": asdict(scan)}
    net = Gain(**figures["gains"]["net"])
    if broken := canary_died(figures.get("canary")):
        return Verdict(False, "undecided", broken, figures)
    gained = f"net gain {net.nats:+.3f} nats a token [{net.low:+.3f}, {net.high:+.3f}], {config.least_gain:g} asked"
    aligned = scan.shares.get("following", 1.0)
    leaked = figures["leaked"] / max(1, figures["leaked"] + figures["held_out"])
    if leaked > config.most_leaked:
        share = f"{100 * leaked:.0f} % of held-out documents"
        reason = f"{share} hold a picture of those trained on: drop duplicates first"
        return Verdict(False, "leaked", reason, figures)
    if scan.fault in ("shifted", "reversed"):
        return Verdict(False, scan.fault, f"{scan.words}; {gained}", figures)
    asked = f"{scan.words}, {100 * config.least_aligned:.0f} % asked"
    foreign = aligned < config.least_aligned and scan.shares.get("settled", 0.0) > SETTLED
    if scan.fault:
        verdict, reason = scan.fault, f"{scan.words}; {gained}"
    elif foreign:
        verdict, reason = "mispaired", f"{asked}: the others find no text in their document; {gained}"
    elif net.nats < config.least_gain or net.low <= 0:
        verdict, reason = "weak", f"{gained}: pictures hardly tell what texts say; {scan.words}"
    elif aligned < config.least_aligned:
        verdict, reason = "mispaired", f"{asked}: many pictures stand with another's text; {gained}"
    else:
        return Verdict(True, "sound", f"{gained}; {scan.words}", figures)
    if figures["documents"] < config.enough:
        few = f"{figures['documents']} documents to train on blame no corpus ({config.enough} do)"
        reason = f"{few}: build from more pages; as far as it goes: {reason}"
        return Verdict(False, "undecided", reason, figures)
    return Verdict(False, verdict, reason, figures)


def canary_died(canary: Mapping[str, Any] | None) -> str:
    """Why nothing that the instrument says is to be believed; "" where it tells known good from known bad."""
    if not canary:
        return ""
    good, bad = canary["good"], canary["bad"]
    if good["low"] > 0 and bad["nats"] < good["nats"] / 2:
        return ""
    return (
        f"the canary failed: known good documents gain {good['nats']:+.3f}, known bad ones {bad['nats']:+.3f}, "
        "so these sizes and steps tell nothing of any corpus; train longer (validate.budget) or set sizes back"
    )


def course(training: Mapping[str, Sequence[float]], parts: int = 4) -> list[float]:
    """The gain over training: how much less than the control the true model lost on the same batches, part by part."""
    saved = np.subtract(training["control"], training["true"])
    return [float(part.mean()) for part in np.array_split(saved, parts) if len(part)]


def tell(verdict: Verdict) -> str:
    """The verdict as the terminal shows it."""
    figures = verdict.figures
    lines = []
    if "losses" in figures:
        loss, gains = figures["losses"], figures["gains"]
        lines += [
            f"loss on {figures['held_out']} held-out documents, {figures['tokens']:,} tokens, in nats a token:",
            f"  own pictures {loss['own']:.3f}   another document's {loss['swapped']:.3f}   blank {loss['blank']:.3f}"
            f"   control {loss['control']:.3f}",
        ]
        names = {
            "net": "net gain, against the control",
            "swapped": "gain over another document's pictures",
            "blank": "gain over blank pictures",
            "within": "gain over the document's other pictures",
        }
        for name, title in names.items():
            g = gains[name]
            lines.append(f"  {title:40} {g['nats']:+.3f} [{g['low']:+.3f}, {g['high']:+.3f}]")
    if quarters := course(figures["training"]) if "training" in figures else []:
        told = " ".join(f"{nats:+.3f}" for nats in quarters)
        lines.append(f"  net gain on the batches trained on, by quarters of the steps: {told}")
    scan = figures.get("alignment")
    if scan and scan["pictures"]:
        total = scan["pictures"]
        lines.append("where pictures find their text, in pictures from their place (0: the text that follows):")
        for offset, count in scan["offsets"].items():
            if count >= 0.01 * total:
                lines.append(f"  {int(offset):+3d}  {100 * count / total:5.1f} %  {'█' * round(40 * count / total)}")
    if figures.get("canary"):
        good, bad = (figures["canary"][name]["nats"] for name in ("good", "bad"))
        lines.append(
            f"canary: known good documents gain {good:+.3f}, known bad ones {bad:+.3f}; "
            f"this corpus {figures['gains']['net']['nats'] / good:.2f} times the good ones"
        )
    if figures.get("words"):
        top = ", ".join(f"{w['word']} {w['nats']:+.2f}" for w in figures["words"][:10])
        lines.append(f"words that profit most (with their pictures in validate/words.html): {top}")
    lines.append(f"verdict: {verdict.verdict} ({'pass' if verdict.ok else 'not passed'}): {verdict.reason}")
    return "\n".join(lines)
