// A TLS face for the loopback registry, so that an engine finds gcr.io and mcr.microsoft.com where its hosts file says.
// node tls-front.mjs ADDRESS PORT CERT KEY REGISTRY_HOST:PORT
import { readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'

const [address, port, cert, key, registry] = process.argv.slice(2)
const [host, registryPort] = registry.split(':')
const server = https.createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (req, res) => {
  const up = http.request(
    { host, port: registryPort, method: req.method, path: req.url, headers: req.headers },
    (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(res)
    },
  )
  up.on('error', (error) => {
    if (!res.headersSent) res.writeHead(502)
    res.end(String(error))
  })
  req.pipe(up)
})
server.on('error', (error) => {
  console.error(`cannot listen on ${address}:${port}: ${error.message}`)
  process.exit(1)
})
server.listen(Number(port), address, () => console.log(`${address}:${port} -> ${registry}`))
