export const id = 524;
export const ids = [524];
export const modules = {

/***/ 5524:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   judgeCommand: () => (/* binding */ judgeCommand)
/* harmony export */ });
/* harmony import */ var _base_errors_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(17594);
/* harmony import */ var _judge_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(15500);
/* harmony import */ var _judge_input_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(11565);



/**
 * `judge FILE`: JSON text of one item, or an array of items, to one verdict, or an array of verdicts in the same order.
 * A malformed item gets the verdict `error` and does not disturb the others.
 * `ok` is true when every item could be read; a `fail` verdict is an answer, not a fault of the command.
 */
function judgeCommand(text) {
    let value;
    try {
        // A byte order mark is legal in a file, but not in JSON.
        value = JSON.parse(text.replace(/^\uFEFF/, ''));
    }
    catch (error) {
        return { output: { verdict: 'error', reason: `not JSON: ${(0,_base_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .messageOf */ .bD)(error)}` }, ok: false };
    }
    const output = Array.isArray(value) ? value.map(judgeValue) : judgeValue(value);
    return { output, ok: [output].flat().every(({ verdict }) => verdict !== 'error') };
}
function judgeValue(value) {
    const parsed = (0,_judge_input_js__WEBPACK_IMPORTED_MODULE_2__/* .parseJudgeItem */ .u)(value);
    return 'item' in parsed ? (0,_judge_js__WEBPACK_IMPORTED_MODULE_1__/* .judge */ .S)(parsed.item) : { verdict: 'error', reason: parsed.faults.join('; ') };
}
//# sourceMappingURL=judge-command.js.map

/***/ }),

/***/ 11565:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   u: () => (/* binding */ parseJudgeItem)
/* harmony export */ });
/* harmony import */ var _base_json_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(24807);
/* harmony import */ var _base_lists_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(23416);


const FIELDS = {
    sequential: ['kind', 'share', 'tolerated', 'alpha', 'new', 'all'],
    samples: ['kind', 'direction', 'tolerance', 'confidence', 'old', 'new'],
    limit: ['kind', 'limit', 'confidence', 'new'],
    margin: ['kind', 'margin', 'confidence', 'old', 'new'],
};
/** Reads one item of a judge file. Every fault is named, with its field; nothing is guessed or filled in. */
function parseJudgeItem(value) {
    if (!(0,_base_json_js__WEBPACK_IMPORTED_MODULE_0__/* .isRecord */ .u4)(value))
        return { faults: [`an item must be an object, not ${describe(value)}`] };
    const reader = new Reader(value);
    const item = read(reader);
    return item === undefined || reader.faults.length > 0 ? { faults: reader.faults } : { item };
}
function read(reader) {
    const kind = reader.oneOf('kind', ['ratio', 'sequential', 'samples']);
    switch (kind) {
        case 'ratio':
            return readRatio(reader);
        case 'sequential':
            return readSequential(reader);
        case 'samples': {
            reader.only(FIELDS.samples);
            return {
                kind,
                direction: reader.oneOf('direction', ['increase', 'decrease', 'either']) ?? 'either',
                tolerance: reader.number('tolerance', 'a number ≥ 0, such as 0.25 for 25 %', (x) => x >= 0),
                confidence: reader.confidence(),
                old: reader.samples('old'),
                new: reader.samples('new'),
            };
        }
        case undefined:
            return undefined;
    }
}
function readRatio(reader) {
    if (reader.has('limit') === reader.has('margin')) {
        reader.faults.push(reader.has('limit')
            ? '"limit" and "margin" exclude each other: "limit" judges the new version alone, "margin" against the old one'
            : '"limit" (the new version alone) or "margin" (against the old one) is missing');
        return undefined;
    }
    if (reader.has('limit')) {
        reader.only(FIELDS.limit);
        return {
            kind: 'ratio',
            limit: reader.number('limit', 'a ratio from 0 to below 1, such as 0.01 for 1 %', (x) => x >= 0 && x < 1),
            confidence: reader.confidence(),
            new: reader.counts('new'),
        };
    }
    reader.only(FIELDS.margin);
    return {
        kind: 'ratio',
        margin: reader.number('margin', 'a difference of ratios from 0 to below 1, such as 0.01', (x) => x >= 0 && x < 1),
        confidence: reader.confidence(),
        old: reader.counts('old'),
        new: reader.counts('new'),
    };
}
function readSequential(reader) {
    reader.only(FIELDS.sequential);
    const inside = (x) => x > 0 && x < 1;
    const item = {
        kind: 'sequential',
        share: reader.number('share', 'a number between 0 and 1, such as 0.05 for 5 %', inside),
        tolerated: reader.number('tolerated', 'a ratio > 0, such as 1.5', (x) => x > 0),
        alpha: reader.number('alpha', 'a chance between 0 and 1, such as 0.01', inside),
        new: reader.count('new'),
        all: reader.count('all'),
    };
    if (item.new > item.all)
        reader.faults.push(`"new" (${item.new}) must not exceed "all" (${item.all})`);
    return item;
}
class Reader {
    faults = [];
    #value;
    constructor(value) {
        this.#value = value;
    }
    has(name) {
        return Object.hasOwn(this.#value, name);
    }
    only(names) {
        for (const name of Object.keys(this.#value)) {
            if (names.includes(name))
                continue;
            const near = (0,_base_lists_js__WEBPACK_IMPORTED_MODULE_1__/* .nearest */ .pA)(name, names);
            this.faults.push(`"${name}" is not a field here${near === undefined ? '' : `; did you mean "${near}"?`} (known: ${names.join(', ')})`);
        }
    }
    number(name, expected, valid, at = this.#value, path = name) {
        const value = Object.hasOwn(at, name) ? at[name] : undefined;
        if (typeof value === 'number' && Number.isFinite(value) && valid(value))
            return value;
        this.faults.push(value === undefined
            ? `"${path}" is missing: ${expected}`
            : `"${path}" must be ${expected}, not ${describe(value)}`);
        return NaN;
    }
    count(name, at = this.#value, path = name) {
        return this.number(name, 'a whole number ≥ 0', (x) => Number.isSafeInteger(x) && x >= 0, at, path);
    }
    confidence() {
        // Below one half the lower bound would lie above the upper one.
        return this.number('confidence', 'a number from 0.5 to below 1, such as 0.95', (x) => x >= 0.5 && x < 1);
    }
    oneOf(name, known) {
        const value = this.has(name) ? this.#value[name] : undefined;
        const found = known.find((option) => option === value);
        if (found === undefined)
            this.faults.push(`"${name}" must be one of ${known.join(', ')}${value === undefined ? '; it is missing' : `, not ${describe(value)}`}`);
        return found;
    }
    counts(name) {
        const value = this.has(name) ? this.#value[name] : undefined;
        if (!(0,_base_json_js__WEBPACK_IMPORTED_MODULE_0__/* .isRecord */ .u4)(value)) {
            this.faults.push(value === undefined
                ? `"${name}" is missing: {"bad": …, "total": …}`
                : `"${name}" must be {"bad": …, "total": …}, not ${describe(value)}`);
            return { bad: NaN, total: NaN };
        }
        for (const key of Object.keys(value))
            if (key !== 'bad' && key !== 'total')
                this.faults.push(`"${name}.${key}" is not a field here (known: bad, total)`);
        const bad = this.count('bad', value, `${name}.bad`);
        const total = this.count('total', value, `${name}.total`);
        if (bad > total)
            this.faults.push(`"${name}.bad" (${bad}) must not exceed "${name}.total" (${total})`);
        return { bad, total };
    }
    samples(name) {
        const value = this.has(name) ? this.#value[name] : undefined;
        if (!Array.isArray(value)) {
            this.faults.push(value === undefined
                ? `"${name}" is missing: an array of numbers`
                : `"${name}" must be an array of numbers, not ${describe(value)}`);
            return [];
        }
        return value.map((sample, index) => {
            // Differences and their sums must stay finite too.
            if (typeof sample === 'number' && Math.abs(sample) <= 1e300)
                return sample;
            // JSON has no NaN: JavaScript writes null for it, Prometheus "NaN".
            if (sample !== null && sample !== 'NaN')
                this.faults.push(`"${name}[${index}]" must be a finite number, or null for a missing sample, not ${describe(sample)}`);
            return null;
        });
    }
}
function describe(value) {
    if (Array.isArray(value))
        return 'an array';
    if (typeof value === 'object' && value !== null)
        return 'an object';
    const text = JSON.stringify(value);
    return text === undefined ? 'nothing' : text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
//# sourceMappingURL=judge-input.js.map

/***/ })

};
