"""What the rounds of a benchmark say: medians, intervals of paired ratios, noise, verdicts. No measuring here."""
import math
import statistics

VALUES = {
    "cpu": lambda sample: sample["cpu_seconds"] / sample["messages"] * 1e6,  # µs per message
    "p99": lambda sample: sample["latency_us"]["p99"],
    "connection_bytes": lambda sample: sample["rss_per_connection_bytes"],
    "stalled_bytes": lambda sample: sample["stalled_bytes"],
}
SHOWN = {"cpu": "CPU", "p99": "99th percentile", "connection_bytes": "bytes per connection", "stalled_bytes": "bytes per stalled peer"}


def interval(values):
    """The order statistics that hold the true median with 95 % or more, or the extremes where no pair does (n < 6)."""
    ordered = sorted(values)
    count = len(ordered)
    low = 0
    outside = 2 * 0.5 ** count  # the chance that the median lies outside ordered[low] .. ordered[-1 - low]
    while low + 1 < count - 1 - low:
        outside += 2 * math.comb(count, low + 1) * 0.5 ** count
        if outside > 0.05:
            break
        low += 1
    return ordered[low], ordered[-1 - low]


def spread(values):
    """The distance of the quartiles as a share of the median: how noisy it was."""
    if len(values) < 2:
        return 0.0
    first, median, third = statistics.quantiles(values, n=4, method="inclusive")
    return (third - first) / median if median else 0.0


def compared(metric, samples, base):
    """The metric of each round, or its ratio to that of `base` in the same round; its median and interval."""
    values = [VALUES[metric](sample) for sample in samples]
    result = {"metric": metric}
    if base is not None:
        held_against = [VALUES[metric](sample) for sample in base]
        values = [mine / theirs for mine, theirs in zip(values, held_against, strict=True)]
        result["noise"] = spread([VALUES["cpu"](sample) for sample in base])
    return result | {"median": statistics.median(values), "interval": interval(values)}


def judged(target, samples, rows, bound):
    """`samples`, against the row that the target names, if it names one; None where something of it failed."""
    if target.against is not None and target.against not in rows:
        return None
    if target.metric == "stalled_bytes" and not all("stalled_bytes" in sample for sample in samples):
        return None
    result = compared(target.metric, samples, rows.get(target.against)) | {"against": target.against, "most": target.most}
    return result | {"verdict": verdict(result, bound)}


def verdict(result, bound):
    if result.get("noise", 0) > bound:
        return "too noisy"
    return "met" if result["interval"][0] <= result["most"] else "missed"


def summary(cell, name, rows, bound):
    """Of row `name`. `rows`: {row: one measurement per round}."""
    row, samples = cell.rows[name], rows[name]
    result = {"server": row.server, "metric": cell.metric,
              "value": statistics.median(VALUES[cell.metric](sample) for sample in samples),
              "messages_per_second": statistics.median(sample["messages"] / sample["seconds"] for sample in samples),
              "rss_bytes": statistics.median(sample["rss_bytes"] for sample in samples)}
    if row.against in rows:
        result["ratio"] = compared(cell.metric, samples, rows[row.against]) | {"against": row.against}
    judgements = [judged(target, samples, rows, bound) for target in row.targets]
    return result | {"targets": [it for it in judgements if it is not None], "rounds": samples}


def number(value, form):
    return "" if value is None else format(value, form)


def table(cells):
    """cells: {cell: {row: summary}}, in the order to print."""
    lines = [f"{'cell':<24}{'server':<25}{'µs CPU':>10}{'messages/s':>12}{'instr.':>10}{'syscalls':>9}{'RSS MB':>8}"
             f"{'ratio':>8}{'95 % interval':>18}  target"]
    for cell, rows in cells.items():
        for name, row in rows.items():
            value = number(row["value"], ",.0f" if row["metric"] == "connection_bytes" else ".3f")
            line = (f"{cell:<24}{name:<25}{value:>10}{row['messages_per_second']:>12,.0f}"
                    f"{number(row.get('instructions_per_message'), ',.0f'):>10}{number(row.get('syscalls_per_message'), '.3f'):>9}"
                    f"{row['rss_bytes'] / 1e6:>8.1f}")
            extra = [it for it in row["targets"] if not is_of_the_line(it, row)]
            own = [it for it in row["targets"] if it not in extra]
            if "ratio" in row or own:
                line += share(row.get("ratio") or own[0]) + "".join(sentence(it) for it in own)
            lines.append(line.rstrip())
            lines += [f"{'':<24}{'  ' + what(it):<74}{share(it)}{sentence(it)}" for it in extra]
            cell = ""
    return "\n".join(lines)


def is_of_the_line(target, row):
    """Whether what the target is about is the row's own ratio, or its value where it has none."""
    own = row.get("ratio", {"metric": row["metric"], "against": None})
    return (target["metric"], target["against"]) == (own["metric"], own["against"])


def what(target):
    return SHOWN[target["metric"]] + (f", against {target['against']}" if target["against"] else "")


def shown(value, metric):
    """A ratio, or bytes."""
    if not metric.endswith("bytes"):
        return f"{value:.2f}"
    return f"{value:,.0f}" if value < 100_000 else f"{value / 1e6:.2f} M"


def share(result):
    median, low, high = (shown(value, result["metric"]) for value in (result["median"], *result["interval"]))
    return f"{median:>8}{f'{low} – {high}':>18}"


def sentence(target):
    return f"  {shown(target['most'], target['metric'])} {target['verdict']}"


def verdicts(cells, bound):
    """How many targets were met, and which were not; how far the figures can be trusted."""
    judgements = [(f"{cell}, {name}: {what(target)}", target["verdict"])
                  for cell, rows in cells.items() for name, row in rows.items() for target in row["targets"]]
    lines = [f"targets met: {sum(verdict == 'met' for _, verdict in judgements)} of {len(judgements)}"]
    for outcome in ("missed", "too noisy"):
        if found := [title for title, verdict in judgements if verdict == outcome]:
            lines.append(f"{outcome}: {'; '.join(found)}")
    noises = [(row["ratio"]["noise"], cell) for cell, rows in cells.items() for row in rows.values() if "ratio" in row]
    if noises:
        worst, cell = max(noises)
        lines.append(f"noise: what ratios refer to has its quartiles at most {worst:.0%} of its median apart ({cell}); bound {bound:.0%}")
    return "\n".join(lines)
