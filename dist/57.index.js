export const id = 57;
export const ids = [57];
export const modules = {

/***/ 70057:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   stageCli: () => (/* binding */ stageCli)
/* harmony export */ });
/* harmony import */ var _base_errors_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(17594);
/* harmony import */ var _shell_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(87185);
/* harmony import */ var _index_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(9735);



/** `STAGE [--INPUT VALUE …] [--json]`: the stage's action on the command line. Returns the exit code. */
async function stageCli(name, command, act, write) {
    const stage = (0,_index_js__WEBPACK_IMPORTED_MODULE_2__/* .stageOf */ .gV)(name);
    const read = (input) => command.values.get(input) ?? (input === 'github-token' ? (act.env['GITHUB_TOKEN'] ?? '') : '');
    const end = await (await stage.load())(read, act);
    if (command.flags.has('json'))
        write(`${act.secrets.redact(JSON.stringify(end.outputs, null, 2))}\n`);
    else if (end.summary !== undefined)
        write(`${act.secrets.redact(end.summary.trimEnd())}\n`);
    if (end.failure === undefined)
        return 0;
    (0,_shell_js__WEBPACK_IMPORTED_MODULE_1__/* .tellFailure */ .s9)(end.failure, act.log, `${name} failed`);
    return (0,_base_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .exitCodeOf */ .FO)(end.failure);
}
//# sourceMappingURL=cli.js.map

/***/ })

};
