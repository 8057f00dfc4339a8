export const id = 226;
export const ids = [226];
export const modules = {

/***/ 7226:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   grayMain: () => (/* binding */ grayMain)
/* harmony export */ });
/* harmony import */ var _actions_core__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(33838);
/* harmony import */ var _base_secrets_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(33516);
/* harmony import */ var _shell_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(87185);
/* harmony import */ var _run_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(69976);
/* harmony import */ var _state_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(20450);





/**
 * After SIGINT the runner waits 7.5 s before it sends SIGTERM (github/docs, workflow cancellation). The way back has begun within 2 s; what
 * is not done a little before SIGTERM is left to post.
 */
const CALM_MS = 6000;
/** The main step of the gray-release action. Never throws: a failure is told and sets the exit code. */
async function grayMain() {
    const secrets = new _base_secrets_js__WEBPACK_IMPORTED_MODULE_4__/* .Secrets */ .S((value) => _actions_core__WEBPACK_IMPORTED_MODULE_0__.setSecret(value));
    const shell = (0,_shell_js__WEBPACK_IMPORTED_MODULE_1__/* .openShell */ .n7)(_shell_js__WEBPACK_IMPORTED_MODULE_1__/* .actionLog */ .Zx, secrets);
    const keeper = new _state_js__WEBPACK_IMPORTED_MODULE_3__/* .GrayKeeper */ .Ow((state) => _actions_core__WEBPACK_IMPORTED_MODULE_0__.saveState('gip-gray', JSON.stringify(state)));
    const calm = new AbortController();
    let timer;
    const onCancel = () => {
        timer = setTimeout(() => calm.abort(new Error('the runner is about to end this process')), CALM_MS);
    };
    shell.signal.addEventListener('abort', onCancel, { once: true });
    try {
        const run = await (0,_run_js__WEBPACK_IMPORTED_MODULE_2__/* .runGray */ .$r)((name) => _actions_core__WEBPACK_IMPORTED_MODULE_0__.getInput(name), shell, keeper, { calm: calm.signal });
        for (const [name, value] of Object.entries(run.outputs))
            _actions_core__WEBPACK_IMPORTED_MODULE_0__.setOutput(name, value);
        if (run.failure !== undefined) {
            (0,_shell_js__WEBPACK_IMPORTED_MODULE_1__/* .tellFailure */ .s9)(run.failure, shell.log, 'the gray release failed');
            // Not core.setFailed: it would annotate the first problem a second time.
            process.exitCode = run.failure.exitCode;
        }
    }
    finally {
        clearTimeout(timer);
        shell.signal.removeEventListener('abort', onCancel);
        if (shell.temp.folders.length > 0)
            keeper.update({ folders: shell.temp.folders });
        await shell.close();
    }
}
//# sourceMappingURL=main.js.map

/***/ })

};
