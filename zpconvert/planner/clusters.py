# SPDX-License-Identifier: GPL-2.0-only
"""From atoms to steps: clusters of few repeated lines, none larger than a patch may be.

Atoms start as clusters of their own. Two are merged while that saves lines which would change
in two patches; then clusters change places, and atoms change clusters, while that saves some.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from zpconvert.planner.atoms import Atom
from zpconvert.planner.costs import FileCosts, Where, main_step

#: Clusters in the order of the steps.
Order = tuple[tuple[Atom, ...], ...]

#: What a further patch that touches a function costs its reviewers, in lines.
_AGAIN = 2
#: A patch that changes fewer lines than this is hardly worth a reviewer's turn; half of what it
#: lacks is its cost.
_SMALL = 16
#: So many lines over the limit that cannot be split weigh as much as one that changes twice:
#: helpers are to come with a small step rather than with one that is large already.
_SPARED = 8
#: Passes of improvement; two are enough as a rule, and a file that never settles must end.
_PASSES = 4


class Clusters:
    """Looks for a good order of steps. Deterministic: ties go to what stands first in the file.

    limit: lines changed (added and removed) in a step, helpers' included; a single atom may
    exceed it. weights: lines that each helper adds to the header. families: helper to family.
    """

    def __init__(
        self,
        files: Sequence[FileCosts],
        *,
        limit: int,
        weights: Mapping[str, int],
        families: Mapping[str, str],
    ) -> None:
        self._files, self._limit = files, limit
        self._weights, self._families = weights, families
        self._used: frozenset[str] = frozenset()

    def plan(self, atoms: Sequence[Atom]) -> Order:
        """The steps, in order."""
        late = {atom for file in self._files for atom in file.late}
        order: Order = tuple((atom,) for atom in sorted(atoms, key=lambda a: (a in late, a.order)))
        self._used = self._helpers_of(order)
        order = self._merge(order)
        best = self._score(order)
        for _ in range(_PASSES):
            before = best
            order, best = self._improve(order, best, _reordered)
            order, best = self._improve(order, best, self._moved)
            if best == before:
                break
        return order

    def saved(self, order: Order, step: int) -> int:
        """Lines that would change once more if the atoms of a step flipped one by one."""
        alone = (*order[:step], *((atom,) for atom in order[step]), *order[step + 1 :])
        return self._lines(alone) - self._lines(order)

    # -- what an order costs -----------------------------------------------------------------

    def _score(self, order: Order) -> tuple[int, int]:
        """(lines over the limit, lines changed and what repetition costs); less is better."""
        where = {atom: step for step, cluster in enumerate(order) for atom in cluster}
        sizes = Counter[int]()
        cost = 0
        came: dict[str, int] = {}
        for file in self._files:
            for item, course in file.changes(where):
                times = 0
                for step, change in course:
                    sizes[step] += change.lines
                    cost += change.lines
                    times += change.lines > 0
                    for helper in change.helpers:
                        family = self._families[helper]
                        came[family] = min(step, came.get(family, step))
                if item is not None:
                    cost += _AGAIN * max(0, times - 1)
                    if item.start in file.said:
                        sizes[main_step(course)] += file.said[item.start]
        for helper in self._used:
            sizes[came.get(self._families[helper], 0)] += self._weights[helper]
        cost += sum(max(0, _SMALL - sizes[step]) // 2 for step in range(len(order)))
        over = 0
        for step, cluster in enumerate(order):
            excess = max(0, sizes[step] - self._limit)
            if len(cluster) > 1:
                over += excess
            else:
                cost += excess // _SPARED
        return over, cost

    def _lines(self, order: Order) -> int:
        where = {atom: step for step, cluster in enumerate(order) for atom in cluster}
        return sum(
            change.lines
            for file in self._files
            for _, course in file.changes(where)
            for _, change in course
        )

    def _helpers_of(self, order: Order) -> frozenset[str]:
        where: Where = {atom: 0 for cluster in order for atom in cluster}
        return frozenset[str]().union(
            *(
                change.helpers
                for file in self._files
                for _, course in file.changes(where)
                for _, change in course
            )
        )

    # -- merging -----------------------------------------------------------------------------

    def _merge(self, order: Order) -> Order:
        """Merge pairs while that saves something, the best first."""
        best = self._score(order)
        gains = {pair: self._gain(order, pair, best) for pair in self._neighbours(order)}
        while gains:
            pair = max(gains, key=lambda p: (gains[p], -p[0][0].order, -p[1][0].order))
            gain = self._gain(order, pair, best)
            if gain < gains[pair]:
                gains[pair] = gain  # an earlier merge took some of it
                if gain <= 0:
                    del gains[pair]
                continue
            if gain <= 0:
                break
            order, best = self._best_merge(order, pair)
            merged = next(c for c in order if pair[0][0] in c)
            gains = {p: g for p, g in gains.items() if not {*pair} & {*p}}
            for one, other in self._neighbours(order):
                if merged in (one, other):
                    gains[one, other] = self._gain(order, (one, other), best)
        return order

    def _gain(
        self, order: Order, pair: tuple[tuple[Atom, ...], tuple[Atom, ...]], best: tuple[int, int]
    ) -> float:
        """Lines that a merge saves, less for large clusters; nothing if it makes one too large."""
        _, (over, cost) = self._best_merge(order, pair)
        if over > best[0]:
            return 0
        return (best[1] - cost) / (len(pair[0]) + len(pair[1]))

    def _best_merge(
        self, order: Order, pair: tuple[tuple[Atom, ...], tuple[Atom, ...]]
    ) -> tuple[Order, tuple[int, int]]:
        """Two clusters made one, at the place of the one or the other."""
        merged = tuple(sorted((*pair[0], *pair[1]), key=lambda a: a.order))
        tries = []
        for keep, drop in (pair, pair[::-1]):
            tried = tuple(merged if c is keep else c for c in order if c is not drop)
            tries.append((tried, self._score(tried)))
        return min(tries, key=lambda t: t[1])

    def _neighbours(self, order: Order) -> Iterator[tuple[tuple[Atom, ...], tuple[Atom, ...]]]:
        """Pairs of clusters that some item depends on both of, in order."""
        at: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        for number, cluster in enumerate(order):
            for key in self._touching(cluster):
                at[key].append(number)
        pairs = {(a, b) for numbers in at.values() for a in numbers for b in numbers if a < b}
        for a, b in sorted(pairs):
            yield order[a], order[b]

    def _touching(self, cluster: Iterable[Atom]) -> set[tuple[int, int]]:
        return {
            (n, item)
            for n, file in enumerate(self._files)
            for atom in cluster
            for item in file.touching(atom)
        }

    # -- improving ---------------------------------------------------------------------------

    def _improve(
        self, order: Order, best: tuple[int, int], moves: object
    ) -> tuple[Order, tuple[int, int]]:
        """Take every move that saves something, until a pass finds none."""
        assert callable(moves)
        done = False
        while not done:
            done = True
            for tried in list(moves(order)):
                score = self._score(tried)
                if score < best:
                    order, best, done = tried, score, False
                    break
        return order, best

    def _moved(self, order: Order) -> Iterator[Order]:
        """An atom in another cluster that shares an item with it."""
        touching = [self._touching(cluster) for cluster in order]
        for n, cluster in enumerate(order):
            for atom in cluster:
                near = self._touching([atom])
                for m in range(len(order)):
                    if m == n or not near & touching[m]:
                        continue
                    target = tuple(sorted((*order[m], atom), key=lambda a: a.order))
                    rest = tuple(a for a in cluster if a is not atom)
                    new = [*order]
                    new[m], new[n] = target, rest
                    yield tuple(c for c in new if c)


def _reordered(order: Order) -> Iterator[Order]:
    """A cluster at another place."""
    for n, cluster in enumerate(order):
        rest = (*order[:n], *order[n + 1 :])
        for m in range(len(order)):
            if m != n:
                yield (*rest[:m], cluster, *rest[m:])
