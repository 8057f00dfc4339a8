// Jest transformer: Node's own type stripping, so tests run the sources as they are (no second compiler).
const { stripTypeScriptTypes } = require('node:module')
const { createHash } = require('node:crypto')
module.exports = {
  process: (source) => ({ code: stripTypeScriptTypes(source, { mode: 'strip' }) }),
  getCacheKey: (source, path, options) =>
    createHash('sha256')
      .update(`${process.version}\0${source}\0${path}\0${options.instrument}`)
      .digest('hex'),
}
