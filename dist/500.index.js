export const id = 500;
export const ids = [500];
export const modules = {

/***/ 15500:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   S: () => (/* binding */ judge)
/* harmony export */ });
/* harmony import */ var _samples_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(14456);
/* harmony import */ var _sequential_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(28976);
/* harmony import */ var _statistics_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(39416);



/** The verdict about one well-formed item; pure, and the same for the same input at any time. */
function judge(item) {
    switch (item.kind) {
        case 'ratio':
            return 'limit' in item ? judgeLimit(item) : judgeMargin(item);
        case 'sequential':
            return judgeSequential(item);
        case 'samples':
            return judgeSamples(item);
    }
}
function judgeLimit({ limit, confidence, new: fresh }) {
    if (fresh.total === 0)
        return { verdict: 'nodata', reason: 'the new version has no events: nothing can be said' };
    const { lower, upper } = (0,_statistics_js__WEBPACK_IMPORTED_MODULE_2__/* .clopperPearson */ .mI)(fresh, confidence);
    const numbers = { estimate: fresh.bad / fresh.total, lower, upper };
    const seen = `${counts(fresh)} on the new version`;
    const sure = `with ${percent(confidence)} confidence`;
    if (lower > limit)
        return {
            verdict: 'fail',
            ...numbers,
            reason: `${seen}: ${sure} the ratio is at least ${percent(lower)}, above the limit of ${percent(limit)}`,
        };
    if (upper <= limit)
        return {
            verdict: 'pass',
            ...numbers,
            reason: `${seen}: ${sure} the ratio is at most ${percent(upper)}, within the limit of ${percent(limit)}`,
        };
    return {
        verdict: 'inconclusive',
        ...numbers,
        reason: `${seen}: the bounds ${percent(lower)} and ${percent(upper)} lie on both sides of the limit of ${percent(limit)}; more events are needed`,
    };
}
function judgeMargin({ margin, confidence, old, new: fresh }) {
    const empty = [fresh.total === 0 ? 'new' : '', old.total === 0 ? 'old' : ''].filter((name) => name !== '');
    if (empty.length > 0)
        return {
            verdict: 'nodata',
            reason: `the ${empty.join(' and the ')} version ${empty.length > 1 ? 'have' : 'has'} no events: nothing can be compared`,
        };
    const { lower, upper } = (0,_statistics_js__WEBPACK_IMPORTED_MODULE_2__/* .newcombe */ .pv)(old, fresh, confidence);
    const numbers = { estimate: fresh.bad / fresh.total - old.bad / old.total, lower, upper };
    const seen = `${counts(fresh)} on the new version, ${counts(old)} on the old one`;
    if (lower > margin)
        return {
            verdict: 'fail',
            ...numbers,
            reason: `${seen}: the new ratio is higher by at least ${points(lower)}, more than the margin of ${points(margin)}`,
        };
    if (upper <= margin)
        return {
            verdict: 'pass',
            ...numbers,
            reason: `${seen}: the new ratio is higher by at most ${points(upper)}, within the margin of ${points(margin)}`,
        };
    return {
        verdict: 'inconclusive',
        ...numbers,
        reason: `${seen}: the difference lies between ${points(lower)} and ${points(upper)}, on both sides of the margin of ${points(margin)}; more events are needed`,
    };
}
function judgeSequential(item) {
    const chance = (0,_sequential_js__WEBPACK_IMPORTED_MODULE_1__/* .nullChance */ .od)(item.share, item.tolerated);
    const log = (0,_sequential_js__WEBPACK_IMPORTED_MODULE_1__/* .logEvalue */ .xm)({ fresh: item.new, all: item.all }, chance);
    const evalue = (0,_sequential_js__WEBPACK_IMPORTED_MODULE_1__/* .finiteEvalue */ .AC)(log);
    const seen = `${item.new} of ${item.all} bad events on the new version, at most ${percent(chance)} of them tolerable`;
    // In logarithms, because 1/α and the e-value may both be beyond the range of a number.
    const failed = log >= -Math.log(item.alpha);
    return {
        verdict: failed ? 'fail' : 'inconclusive',
        ...(item.all === 0 ? {} : { estimate: item.new / item.all }),
        evalue,
        reason: failed
            ? `${seen}: the e-value ${(0,_samples_js__WEBPACK_IMPORTED_MODULE_0__/* .show */ .WU)(evalue)} has reached ${(0,_samples_js__WEBPACK_IMPORTED_MODULE_0__/* .show */ .WU)(1 / item.alpha)}, which a tolerable version does with a chance of at most ${percent(item.alpha)}, however often one looks`
            : `${seen}: the e-value ${(0,_samples_js__WEBPACK_IMPORTED_MODULE_0__/* .show */ .WU)(evalue)} is below ${(0,_samples_js__WEBPACK_IMPORTED_MODULE_0__/* .show */ .WU)(1 / item.alpha)}; this test only ever stops a release, it passes none`,
    };
}
/** More missing samples than this part of either version keep a comparison from passing. */
const MISSING_SHARE = 0.1;
function judgeSamples(item) {
    const [old, fresh] = [present(item.old), present(item.new)];
    const empty = [fresh.length === 0 ? 'new' : '', old.length === 0 ? 'old' : ''].filter((name) => name !== '');
    if (empty.length > 0)
        return {
            verdict: 'nodata',
            reason: `the ${empty.join(' and the ')} version ${empty.length > 1 ? 'have' : 'has'} no samples: nothing can be compared`,
        };
    const { estimate, lower, upper, effect, worse, doubts } = (0,_samples_js__WEBPACK_IMPORTED_MODULE_0__/* .compareSamples */ .r_)(old, fresh, item);
    const numbers = {
        estimate,
        ...(lower === undefined ? {} : { lower }),
        ...(upper === undefined ? {} : { upper }),
    };
    const seen = `shift ${(0,_samples_js__WEBPACK_IMPORTED_MODULE_0__/* .show */ .WU)(estimate)}, a new sample is above an old one with a chance of ${percent(effect)}`;
    const reasons = [...doubts, ...missing('old', item.old, old), ...missing('new', item.new, fresh)];
    if (worse.length > 0)
        return { verdict: 'fail', ...numbers, reason: `${seen}: ${worse.join('; ')}` };
    if (reasons.length > 0)
        return { verdict: 'inconclusive', ...numbers, reason: `${seen}: ${reasons.join('; ')}` };
    return {
        verdict: 'pass',
        ...numbers,
        reason: `${seen}: shift, tail and spread of ${fresh.length} new against ${old.length} old samples lie within the tolerance of ${percent(item.tolerance)}`,
    };
}
function present(samples) {
    return samples.filter((sample) => sample !== null);
}
function missing(name, all, kept) {
    const count = all.length - kept.length;
    return count > all.length * MISSING_SHARE
        ? [`${count} of ${all.length} ${name} samples are missing, too many for a pass`]
        : [];
}
function counts({ bad, total }) {
    return `${bad} of ${total} bad`;
}
function percent(ratio) {
    return `${(0,_samples_js__WEBPACK_IMPORTED_MODULE_0__/* .show */ .WU)(100 * ratio)} %`;
}
/** A difference of two ratios. */
function points(difference) {
    return `${(0,_samples_js__WEBPACK_IMPORTED_MODULE_0__/* .show */ .WU)(100 * difference)} percentage points`;
}
//# sourceMappingURL=judge.js.map

/***/ }),

/***/ 14456:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   WU: () => (/* binding */ show),
/* harmony export */   r_: () => (/* binding */ compareSamples)
/* harmony export */ });
/* unused harmony exports rosenbaum, smirnov */
/* harmony import */ var _statistics_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(39416);

/** At most this part of the new samples may lie beyond the old version's range, for a pass. */
const TAIL_SHARE = 0.01;
/** The spread check refuses a pass at this level; it never fails a release, so it may be quick to doubt. */
const DOUBT_LEVEL = 0.1;
/**
 * Compares two samples of finite numbers, neither empty.
 *
 * 1. The shift: the Hodges-Lehmann interval from the Mann-Whitney test (Hollander, Wolfe, Chicken, Nonparametric
 *    Statistical Methods, 4.2-4.3). With closed ends it holds for ties too (Noether, JASA 62, 1967).
 * 2. The tail: how many new samples lie beyond all old ones, by more than the tolerance (Rosenbaum, Annals of Math.
 *    Statistics 25, 1954; exact). Finds what leaves the median alone: sparse errors, a part of the samples far off.
 * 3. The spread: Smirnov's one-sided distance between old and tolerance-reduced new samples, as a doubt only.
 */
function compareSamples(old, fresh, rules) {
    const xs = old.toSorted((a, b) => a - b);
    const ys = fresh.toSorted((a, b) => a - b);
    const tail = (1 - rules.confidence) / 2;
    const pairs = xs.length * ys.length;
    const estimate = ((0,_statistics_js__WEBPACK_IMPORTED_MODULE_0__/* .kthDifference */ .$3)(xs, ys, Math.ceil(pairs / 2)) + (0,_statistics_js__WEBPACK_IMPORTED_MODULE_0__/* .kthDifference */ .$3)(xs, ys, Math.floor(pairs / 2) + 1)) / 2;
    const rank = (0,_statistics_js__WEBPACK_IMPORTED_MODULE_0__/* .mannWhitneyRank */ .Rq)(xs.length, ys.length, tail);
    const bounds = rank === 0 ? {} : { lower: (0,_statistics_js__WEBPACK_IMPORTED_MODULE_0__/* .kthDifference */ .$3)(xs, ys, rank), upper: (0,_statistics_js__WEBPACK_IMPORTED_MODULE_0__/* .kthDifference */ .$3)(xs, ys, pairs + 1 - rank) };
    const tolerated = rules.tolerance * Math.abs((0,_statistics_js__WEBPACK_IMPORTED_MODULE_0__/* .sortedMedian */ .iF)(xs));
    const worse = [];
    const doubts = [];
    const sides = [];
    if (rules.direction !== 'decrease')
        sides.push({ name: 'above', a: xs, b: ys, shift: bounds });
    // A decrease is an increase of the mirrored values: one rule for both directions.
    if (rules.direction !== 'increase')
        sides.push({ name: 'below', a: mirror(xs), b: mirror(ys), shift: mirrorBounds(bounds) });
    for (const { name, a, b, shift } of sides) {
        if (shift.lower === undefined || shift.upper === undefined) {
            doubts.push(`${a.length} old and ${b.length} new samples are too few for an interval at this confidence`);
        }
        else if (shift.lower > tolerated) {
            worse.push(`the shift is at least ${show(shift.lower)} ${name} the old version, more than the tolerated ${show(tolerated)}`);
        }
        else if (shift.upper > tolerated) {
            doubts.push(`the shift may be ${show(shift.upper)} ${name} the old version, more than the tolerated ${show(tolerated)}`);
        }
        const beyond = countAbove(b, widen(a.at(-1) ?? 0, rules.tolerance));
        if (beyond > 0 && rosenbaum(a.length, b.length, beyond) <= tail) {
            worse.push(`${beyond} of ${b.length} new samples lie ${name} all ${a.length} old ones by more than the tolerance`);
        }
        else {
            const outside = countAbove(b, widen((0,_statistics_js__WEBPACK_IMPORTED_MODULE_0__/* .sortedQuantile */ .Xd)(a, 1 - TAIL_SHARE), rules.tolerance));
            if (outside > b.length * TAIL_SHARE)
                doubts.push(`${outside} of ${b.length} new samples lie ${name} the old version's range`);
        }
        const distance = smirnov(a, b, tolerated);
        const level = Math.exp((-2 * a.length * b.length * distance ** 2) / (a.length + b.length));
        if (level <= DOUBT_LEVEL)
            doubts.push(`${(100 * distance).toFixed(0)} % more of the new samples than of the old lie ${name} one and the same value`);
    }
    return { estimate, ...bounds, tolerated, effect: superiority(xs, ys), worse, doubts: [...new Set(doubts)] };
}
/** P(at least `beyond` of m new samples lie above all n old ones) when both have one distribution: C(N−k, n) / C(N, n). */
function rosenbaum(n, m, beyond) {
    let chance = 1;
    for (let i = 0; i < beyond; i++)
        chance *= (m - i) / (n + m - i);
    return chance;
}
/** sup over v of (share of a ≤ v) − (share of b − shift ≤ v), both ascending; 0 when b is nowhere above a. */
function smirnov(a, b, shift) {
    let greatest = 0;
    let below = 0;
    for (const [index, value] of a.entries()) {
        while (below < b.length && (b[below] ?? 0) - shift <= value)
            below++;
        greatest = Math.max(greatest, (index + 1) / a.length - below / b.length);
    }
    return greatest;
}
function mirror(ascending) {
    return ascending.map((value) => -value).reverse();
}
function mirrorBounds({ lower, upper }) {
    return lower === undefined || upper === undefined ? {} : { lower: -upper, upper: -lower };
}
function widen(value, tolerance) {
    return value + tolerance * Math.abs(value);
}
function countAbove(values, limit) {
    return values.reduce((count, value) => (value > limit ? count + 1 : count), 0);
}
function superiority(xs, ys) {
    let [below, upTo, sum] = [0, 0, 0];
    for (const y of ys) {
        while (below < xs.length && (xs[below] ?? 0) < y)
            below++;
        while (upTo < xs.length && (xs[upTo] ?? 0) <= y)
            upTo++;
        sum += (below + upTo) / 2;
    }
    return sum / (xs.length * ys.length);
}
/** A number for a sentence: four significant digits. */
function show(value) {
    return String(Number(value.toPrecision(4)));
}
//# sourceMappingURL=samples.js.map

/***/ }),

/***/ 28976:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   AC: () => (/* binding */ finiteEvalue),
/* harmony export */   ni: () => (/* binding */ guardedEvalue),
/* harmony export */   od: () => (/* binding */ nullChance),
/* harmony export */   xm: () => (/* binding */ logEvalue)
/* harmony export */ });
/* harmony import */ var _stdlib_math_base_special_betaln__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(65616);
/* harmony import */ var _statistics_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(39416);


/**
 * The greatest chance that a bad event falls on the new version while it is tolerable:
 * s·ρ / (s·ρ + 1 − s), for its share s of the requests and the tolerated ratio ρ of the two rates.
 */
function nullChance(share, tolerated) {
    // Divided through by s·ρ, so that no product overflows into NaN.
    return 1 / (1 + (1 - share) / (share * tolerated));
}
/**
 * The logarithm of the e-value against "each bad event falls on the new version with a chance of at most `chance`":
 * the likelihood ratio averaged over all greater chances, uniformly,
 *
 *   E = ∫ θ^k (1−θ)^(N−k) dθ over (θ0, 1), divided by (1−θ0) · θ0^k (1−θ0)^(N−k).
 *
 * Under the null hypothesis E, looked at after each event, is a non-negative supermartingale that starts at 1, so the
 * chance that it EVER reaches 1/α is at most α (Ville 1939; mixture by Robbins, Annals of Math. Statistics 41, 1970).
 * Looking often costs nothing.
 */
function logEvalue({ fresh, all }, chance) {
    // A chance of one rules nothing out; one of zero is refuted by the first event on the new version.
    if (all === 0 || chance >= 1)
        return 0;
    const old = all - fresh;
    if (chance <= 0)
        return fresh === 0 ? -Math.log(old + 1) : Infinity;
    const tail = (0,_statistics_js__WEBPACK_IMPORTED_MODULE_1__/* .betaUpperTail */ .Xs)(chance, fresh + 1, old + 1);
    return (_stdlib_math_base_special_betaln__WEBPACK_IMPORTED_MODULE_0__(fresh + 1, old + 1) +
        Math.log(tail) -
        Math.log1p(-chance) -
        fresh * Math.log(chance) -
        old * Math.log1p(-chance));
}
/** The e-value as a finite number, for JSON. */
function finiteEvalue(log) {
    return Math.min(Math.exp(log), Number.MAX_VALUE);
}
/**
 * The e-value over scrape windows, with a burst guard: one bad client or one retry storm makes many errors at once, which
 * are one event, not many. So no window counts more bad events of the new version than the `minWindows`-th largest
 * window does: evidence must have come in at least that many windows. The old version's events all count. The guarded
 * value is never above the plain one, so Ville's bound stays. Windows of equal share form one e-value; those of
 * different shares (steps) are multiplied, which is valid because each step starts a fresh bet.
 */
function guardedEvalue(windows, tolerated, minWindows = 3) {
    const sizes = windows.map((window) => window.fresh).sort((a, b) => b - a);
    const cap = sizes[minWindows - 1] ?? 0;
    const steps = new Map();
    for (const { fresh, old, share } of windows) {
        const step = steps.get(share) ?? { fresh: 0, capped: 0, old: 0 };
        steps.set(share, {
            fresh: step.fresh + fresh,
            capped: step.capped + Math.min(fresh, cap),
            old: step.old + old,
        });
    }
    let [log, unguarded] = [0, 0];
    for (const [share, { fresh, capped, old }] of steps) {
        const chance = nullChance(share, tolerated);
        log += logEvalue({ fresh: capped, all: capped + old }, chance);
        unguarded += logEvalue({ fresh, all: fresh + old }, chance);
    }
    return { log, unguarded, windows: sizes.filter((size) => size > 0).length, cap };
}
//# sourceMappingURL=sequential.js.map

/***/ }),

/***/ 39416:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   $3: () => (/* binding */ kthDifference),
/* harmony export */   Rq: () => (/* binding */ mannWhitneyRank),
/* harmony export */   Xd: () => (/* binding */ sortedQuantile),
/* harmony export */   Xs: () => (/* binding */ betaUpperTail),
/* harmony export */   iF: () => (/* binding */ sortedMedian),
/* harmony export */   mI: () => (/* binding */ clopperPearson),
/* harmony export */   pv: () => (/* binding */ newcombe)
/* harmony export */ });
/* unused harmony exports normalQuantile, wilson, mannWhitneyDistribution */
/* harmony import */ var _stdlib_math_base_special_betainc__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(89986);
/* harmony import */ var _stdlib_math_base_special_betaincinv__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(77881);
/* harmony import */ var _stdlib_math_base_special_erfcinv__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(80119);



/** The quantile of the standard normal distribution: `normalQuantile(0.975)` is 1.959964. */
function normalQuantile(probability) {
    return -Math.SQRT2 * _stdlib_math_base_special_erfcinv__WEBPACK_IMPORTED_MODULE_2__(2 * probability);
}
/** P(X > x) of a beta distribution, without cancellation for small tails. */
function betaUpperTail(x, a, b) {
    return _stdlib_math_base_special_betainc__WEBPACK_IMPORTED_MODULE_0__(x, a, b, true, true);
}
/**
 * Exact one-sided bounds of a ratio: each alone holds with probability ≥ `confidence`
 * (Clopper and Pearson, Biometrika 26, 1934; as quantiles of the beta distribution).
 */
function clopperPearson({ bad, total }, confidence) {
    return {
        // The upper-tail form keeps its digits at confidences near one.
        lower: bad === 0 ? 0 : _stdlib_math_base_special_betaincinv__WEBPACK_IMPORTED_MODULE_1__(confidence, bad, total - bad + 1, true),
        upper: bad === total ? 1 : _stdlib_math_base_special_betaincinv__WEBPACK_IMPORTED_MODULE_1__(confidence, bad + 1, total - bad),
    };
}
/** The two-sided score interval of a ratio (Wilson, JASA 22, 1927), without continuity correction. */
function wilson({ bad, total }, confidence) {
    const z = normalQuantile(1 - (1 - confidence) / 2);
    const square = z * z;
    const centre = bad + square / 2;
    const spread = z * Math.sqrt((bad / total) * (total - bad) + square / 4);
    return {
        lower: bad === 0 ? 0 : (centre - spread) / (total + square),
        upper: bad === total ? 1 : (centre + spread) / (total + square),
    };
}
/**
 * The two-sided interval of `new − old` from the two score intervals
 * (Newcombe, Statistics in Medicine 17, 1998, method 10).
 */
function newcombe(old, fresh, confidence) {
    const before = old.bad / old.total;
    const after = fresh.bad / fresh.total;
    const [a, b] = [wilson(fresh, confidence), wilson(old, confidence)];
    return {
        lower: after - before - Math.hypot(after - a.lower, b.upper - before),
        upper: after - before + Math.hypot(a.upper - after, before - b.lower),
    };
}
/**
 * The largest k for which P(U ≤ k − 1) ≤ `tail` when both samples have one distribution: the k-th smallest pairwise
 * difference is then a lower confidence bound of the shift, and the k-th largest an upper one. 0 means: too few samples.
 * Exact (counting arrangements) up to 50 by 50, beyond by the normal approximation with continuity correction.
 */
function mannWhitneyRank(n, m, tail) {
    if (n === 0 || m === 0)
        return 0;
    if (n > 50 || m > 50) {
        const mean = (n * m) / 2;
        const deviation = Math.sqrt((n * m * (n + m + 1)) / 12);
        // U ≤ k − 1 with the correction: (k − 1 + ½ − mean) / deviation ≤ z.
        return Math.max(0, Math.floor(mean + 0.5 + normalQuantile(tail) * deviation));
    }
    const probabilities = mannWhitneyDistribution(n, m);
    let sum = 0;
    let rank = 0;
    for (const [u, probability] of probabilities.entries()) {
        sum += probability;
        if (sum > tail)
            break;
        rank = u + 1;
    }
    return rank;
}
/**
 * P(U = u) under one common continuous distribution, u = 0 … n·m.
 * The generating function of U is the Gaussian binomial coefficient ∏ (1 − q^(m+i)) / (1 − q^i), i = 1 … n.
 */
function mannWhitneyDistribution(n, m) {
    const size = n * m + 1;
    const weights = new Float64Array(size);
    weights[0] = 1;
    const at = (index) => weights[index] ?? 0;
    for (let i = 1; i <= n; i++) {
        for (let u = size - 1; u >= m + i; u--)
            weights[u] = at(u) - at(u - m - i);
        for (let u = i; u < size; u++)
            weights[u] = at(u) + at(u - i);
    }
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return weights.map((weight) => weight / total);
}
/**
 * The k-th smallest (from 1) of all differences `y − x`, both ascending, by bisection on the value:
 * memory stays small where n·m is large.
 */
function kthDifference(xs, ys, k) {
    const count = (limit) => {
        let sum = 0;
        let from = xs.length;
        // For growing y, fewer x are small enough for y − x > limit to fail.
        for (const y of ys) {
            while (from > 0 && y - (xs[from - 1] ?? 0) <= limit)
                from--;
            while (from < xs.length && y - (xs[from] ?? 0) > limit)
                from++;
            sum += xs.length - from;
        }
        return sum;
    };
    let low = (ys[0] ?? 0) - (xs.at(-1) ?? 0);
    let high = (ys.at(-1) ?? 0) - (xs[0] ?? 0);
    if (count(low) >= k)
        return low;
    for (;;) {
        const middle = low + (high - low) / 2;
        if (middle <= low || middle >= high)
            return high;
        if (count(middle) >= k)
            high = middle;
        else
            low = middle;
    }
}
/** The quantile of ascending values by the nearest rank: the smallest value with at least `share` of all at or below it. */
function sortedQuantile(values, share) {
    return values[Math.max(0, Math.ceil(values.length * share) - 1)] ?? NaN;
}
/** The median of ascending values: the mean of the middle two when their number is even. */
function sortedMedian(values) {
    const half = values.length / 2;
    return ((values[Math.ceil(half) - 1] ?? NaN) + (values[Math.floor(half)] ?? NaN)) / 2;
}
//# sourceMappingURL=statistics.js.map

/***/ })

};
