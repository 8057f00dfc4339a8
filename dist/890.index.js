export const id = 890;
export const ids = [890];
export const modules = {

/***/ 65890:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   stageMain: () => (/* binding */ stageMain)
/* harmony export */ });
/* harmony import */ var _actions_core__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(33838);
/* harmony import */ var _base_secrets_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(33516);
/* harmony import */ var _job_summary_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(87757);
/* harmony import */ var _shell_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(87185);
/* harmony import */ var _index_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(9735);





/** The main step of a stage's action. Never throws: a failure is told and sets the exit code. */
async function stageMain(name) {
    const stage = (0,_index_js__WEBPACK_IMPORTED_MODULE_3__/* .stageOf */ .gV)(name);
    const secrets = new _base_secrets_js__WEBPACK_IMPORTED_MODULE_4__/* .Secrets */ .S((value) => _actions_core__WEBPACK_IMPORTED_MODULE_0__.setSecret(value));
    const ca = stage.inputs.some((input) => input.name === 'registry-ca') ? _actions_core__WEBPACK_IMPORTED_MODULE_0__.getInput('registry-ca') : '';
    const shell = (0,_shell_js__WEBPACK_IMPORTED_MODULE_2__/* .openShell */ .n7)(_shell_js__WEBPACK_IMPORTED_MODULE_2__/* .actionLog */ .Zx, secrets, ca === '' ? {} : { ca });
    let end;
    let failure;
    try {
        end = await (await stage.load())((input) => _actions_core__WEBPACK_IMPORTED_MODULE_0__.getInput(input), shell);
        for (const [output, value] of Object.entries(end.outputs))
            _actions_core__WEBPACK_IMPORTED_MODULE_0__.setOutput(output, value);
        failure = end.failure;
        if (failure !== undefined)
            (0,_shell_js__WEBPACK_IMPORTED_MODULE_2__/* .tellFailure */ .s9)(failure, shell.log, `${name} failed`);
    }
    catch (error) {
        failure = (0,_shell_js__WEBPACK_IMPORTED_MODULE_2__/* .tellFailure */ .s9)(error, shell.log, `${name} failed`);
    }
    finally {
        await shell.temp.dispose().catch(() => undefined);
        await shell.close();
    }
    // Not core.setFailed: it would annotate the first problem a second time.
    if (failure !== undefined)
        process.exitCode = failure.exitCode;
    const text = end?.summary ?? (failure === undefined ? undefined : (0,_job_summary_js__WEBPACK_IMPORTED_MODULE_1__/* .problemsSummary */ .B)(`${name}: stopped`, failure));
    if (text !== undefined)
        await (0,_job_summary_js__WEBPACK_IMPORTED_MODULE_1__/* .appendSummary */ .f)(shell, text);
}
//# sourceMappingURL=main.js.map

/***/ })

};
