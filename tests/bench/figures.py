"""What the rounds of a benchmark say: medians, intervals of paired ratios, noise, verdicts. No measuring here."""
import math
import statistics


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
    return (third - first) / median


def summary(samples, floor, target, bound):
    """samples, floor: one measurement per round, of one cell: {"messages", "seconds", "cpu_seconds"}; floor may be None."""
    cost = [sample["cpu_seconds"] / sample["messages"] for sample in samples]
    result = {"cpu_us_per_message": statistics.median(cost) * 1e6,
              "messages_per_second": statistics.median(sample["messages"] / sample["seconds"] for sample in samples),
              "rounds": samples}
    if floor is None:
        return result
    floor_cost = [sample["cpu_seconds"] / sample["messages"] for sample in floor]
    ratios = [mine / theirs for mine, theirs in zip(cost, floor_cost, strict=True)]
    result |= {"ratio": statistics.median(ratios), "interval": interval(ratios), "floor_spread": spread(floor_cost)}
    if target is not None:
        result |= {"target": target, "verdict": verdict(result, target, bound)}
    return result


def verdict(result, target, bound):
    if result["floor_spread"] > bound:
        return "too noisy"
    return "met" if result["interval"][0] <= target else "missed"


def table(cells):
    """cells: {cell: {server: summary}}, in the order to print."""
    lines = [f"{'cell':<18}{'server':<11}{'µs CPU/message':>15}{'messages/s':>12}{'× floor':>9}{'95 % interval':>16}  target"]
    for cell, servers in cells.items():
        for server, result in servers.items():
            line = f"{cell:<18}{server:<11}{result['cpu_us_per_message']:>15.3f}{result['messages_per_second']:>12,.0f}"
            if "ratio" in result:
                low, high = result["interval"]
                line += f"{result['ratio']:>9.2f}{f'{low:.2f} – {high:.2f}':>16}"
            if "target" in result:
                line += f"  {result['target']:.2f} {result['verdict']}"
            lines.append(line)
            cell = ""
    return "\n".join(lines)


def noise(cells, bound):
    """One line on how far the floor can be trusted."""
    spreads = {cell: next(iter(servers.values()))["floor_spread"] for cell, servers in cells.items()}
    worst = max(spreads, key=spreads.get)
    line = f"noise: the floor's quartiles lie at most {spreads[worst]:.0%} of its median apart ({worst}); bound {bound:.0%}"
    noisy = [cell for cell, value in spreads.items() if value > bound]
    return line + (f"\ntoo noisy for a verdict: {', '.join(noisy)}" if noisy else "")
