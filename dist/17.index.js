export const id = 17;
export const ids = [17];
export const modules = {

/***/ 81017:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   grayPost: () => (/* binding */ grayPost)
/* harmony export */ });
/* harmony import */ var node_fs_promises__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(51455);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(76760);
/* harmony import */ var _actions_core__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(33838);
/* harmony import */ var _base_errors_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(17594);
/* harmony import */ var _base_secrets_js__WEBPACK_IMPORTED_MODULE_7__ = __webpack_require__(33516);
/* harmony import */ var _shell_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(87185);
/* harmony import */ var _run_js__WEBPACK_IMPORTED_MODULE_5__ = __webpack_require__(69976);
/* harmony import */ var _state_js__WEBPACK_IMPORTED_MODULE_6__ = __webpack_require__(20450);








/**
 * The post step: whatever became of main, nothing of its release is left half done. It never fails the job; a way back that
 * failed is an error annotation, a page, and a state that the reaper finds.
 */
async function grayPost() {
    const state = (0,_state_js__WEBPACK_IMPORTED_MODULE_6__/* .parseGrayState */ .gP)(_actions_core__WEBPACK_IMPORTED_MODULE_2__.getState('gip-gray'));
    if (state === undefined)
        return;
    const shell = (0,_shell_js__WEBPACK_IMPORTED_MODULE_4__/* .openShell */ .n7)(_shell_js__WEBPACK_IMPORTED_MODULE_4__/* .actionLog */ .Zx, new _base_secrets_js__WEBPACK_IMPORTED_MODULE_7__/* .Secrets */ .S((value) => _actions_core__WEBPACK_IMPORTED_MODULE_2__.setSecret(value)));
    try {
        if (!state.settled && state.owner !== undefined) {
            shell.log.info('main ended before its release did: taking it back');
            const run = await (0,_run_js__WEBPACK_IMPORTED_MODULE_5__/* .recoverGray */ .wF)((name) => _actions_core__WEBPACK_IMPORTED_MODULE_2__.getInput(name), shell, state.owner);
            if (run.failure !== undefined)
                for (const problem of run.failure.problems)
                    shell.log.error(problem.what);
            if (run.end.reason !== undefined)
                shell.log.info(`${run.end.result}: ${run.end.reason}`);
        }
    }
    catch (error) {
        shell.log.error(`the release could not be taken back here, the reaper goes on: ${(0,_base_errors_js__WEBPACK_IMPORTED_MODULE_3__/* .messageOf */ .bD)(error)}`);
    }
    finally {
        for (const folder of state.folders) {
            // Only what we made: a state that was tampered with must not remove anything else.
            if (!(0,node_path__WEBPACK_IMPORTED_MODULE_1__.basename)(folder).startsWith('gip-'))
                continue;
            await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_0__.rm)(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
        }
        await shell.temp.dispose().catch(() => undefined);
        await shell.close();
    }
}
//# sourceMappingURL=post.js.map

/***/ })

};
