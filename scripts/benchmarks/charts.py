"""The results as SVG charts, drawn by matplotlib."""

from __future__ import annotations

from pathlib import Path
from typing import Any

OURS, METLO, OTHER = "#0b7a75", "#c44536", "#8d99ae"


def _figure(width: float, height: float) -> Any:
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update(
        {
            "svg.hashsalt": "bench",
            "svg.fonttype": "none",
            "font.family": "sans-serif",
            "font.size": 10,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "figure.constrained_layout.use": True,
        }
    )
    from matplotlib import pyplot

    return pyplot.figure(figsize=(width, height), facecolor="white")


def _save(figure: Any, path: Path, result: dict[str, Any]) -> None:
    figure.text(
        0.995,
        0.002,
        f"{result['processor']}, {result['cores']} cores, Python {result['python']}, {result['date']}",
        ha="right",
        va="bottom",
        fontsize=6.5,
        color="#666666",
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None, "Creator": None})


def _colour(name: str) -> str:
    return OURS if name.startswith("metlo-auto") else METLO if name.startswith("metlo ") else OTHER


def overhead(result: dict[str, Any], path: Path) -> None:
    """One bar for each agent: what it adds to a request of the row that was asked for, or of the first."""
    row = next((row for row in result["rows"] if row["workload"] == "json"), result["rows"][0])
    costs = sorted(row["costs"].items(), key=lambda item: -item[1]["added"]["median"])
    figure = _figure(7.2, 1.1 + 0.36 * len(costs))
    axes = figure.add_subplot()
    for place, (name, cost) in enumerate(costs):
        added = cost["added"]
        axes.barh(
            place,
            added["median"],
            color=_colour(name),
            height=0.66,
            xerr=[[max(0.0, added["median"] - added["low"])], [max(0.0, added["high"] - added["median"])]],
            error_kw={"elinewidth": 0.8, "ecolor": "#333333"},
        )
        axes.annotate(
            f"{added['median']:.0f} µs",
            (max(added["high"], 0), place),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
        )
    axes.set_yticks(range(len(costs)), [name for name, _ in costs])
    axes.set_xlim(0, max(cost["added"]["high"] for _, cost in costs) * 1.12)
    axes.set_xlabel("CPU added to each request, µs (all threads and processes, delivery included)")
    axes.set_title(
        f"{row['workload']} under gunicorn {row['worker']}; the bare app needs {row['bare']['median']:.0f} µs",
        fontsize=10,
        loc="left",
    )
    _save(figure, path, result)


def growth(result: dict[str, Any], path: Path) -> None:
    """One panel for each thing that grows, one line for each variant."""
    series = result["series"]
    rows = (len(series) + 1) // 2
    figure = _figure(8.4, 0.4 + 2.5 * rows)
    for place, (name, one) in enumerate(series.items()):
        axes = figure.add_subplot(rows, 2, place + 1)
        for style, (variant, points) in zip(("-", "--", ":"), one["variants"].items()):
            at = [point["at"] for point in points]
            axes.plot(
                at, [point["median"] for point in points], style, color=OURS, marker="o", markersize=3, label=variant
            )
            axes.fill_between(
                at,
                [point["low"] for point in points],
                [point["high"] for point in points],
                color=OURS,
                alpha=0.12,
                linewidth=0,
            )
        if name in ("body", "secrets", "routes", "rate"):
            axes.set_xscale("symlog" if name in ("body", "secrets") else "log")
            axes.set_xticks(at, [f"{each:g}" for each in at], fontsize=7)
            axes.minorticks_off()
        axes.set_ylim(bottom=0)
        axes.set_xlabel(one["what"], fontsize=9)
        axes.set_ylabel("µs of CPU added", fontsize=9)
        if not place:
            axes.legend(fontsize=8, frameon=False)
    _save(figure, path, result)
