// A live dashboard of any OPC UA server:
//
//   node dashboard.mjs opc.tcp://localhost:4840 [PORT]
//
// lists its variables; a click draws one, live, by server-sent events.
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

import Fastify from 'fastify'
import { Twin } from 'iiot'

const [url = 'opc.tcp://localhost:4840', port = 8080] = process.argv.slice(2)
const plc = new Twin(url)
const web = Fastify({ forceCloseConnections: true })
const { resolve } = createRequire(import.meta.url)

const files = {
  '/': ['text/html', new URL('dashboard.html', import.meta.url)],
  '/uplot.js': ['text/javascript', resolve('uplot/dist/uPlot.esm.js')],
  '/uplot.css': ['text/css', resolve('uplot/dist/uPlot.min.css')]
}
for (const [path, [type, file]] of Object.entries(files)) {
  web.get(path, async (_, reply) => reply.type(type).send(await readFile(file)))
}

/** The variables below the Objects folder, but for those about the server itself. */
web.get('/variables', async () => {
  const found = []
  for await (const { nodes } of plc.crawl({ nodeClasses: ['variable'], paths: true, maxNodes: 20_000 })) {
    for (const { node, path } of nodes) if (path[0] !== 'Server') found.push({ node, name: path.join(' / ').replace(/nsu=[^;]*;/g, '') })
  }
  return found
})

/** `?node=…&node=…`: each event is a list of rows `[which node, seconds since 1970, value]`. */
web.get('/values', (request, reply) => {
  const nodes = [request.query.node ?? []].flat()
  const values = plc.watchColumns({ nodes, publishingIntervalMs: 250, encoding: 'raw' })
  request.raw.on('close', () => values.close())
  reply.hijack()
  reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  send(values, reply.raw).catch(error => {
    reply.raw.end(`event: failed\ndata: ${JSON.stringify(error.message)}\n\n`)
  })
})

async function send (values, browser) {
  for await (const columns of values) {
    const rows = []
    for (let row = 0; row < columns.length; row++) {
      rows.push([columns.node[row], Number(columns.sourceTimestamp[row]) / 1e9, columns.at(row)])
    }
    // A browser that does not keep up holds back its own values, and nobody else's.
    if (!browser.write(`data: ${JSON.stringify(rows)}\n\n`)) await Promise.race([once(browser, 'drain'), once(browser, 'close')])
  }
  browser.end()
}

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => web.close().then(() => plc.close()))
console.log(`${url} is shown at ${await web.listen({ port: Number(port), host: '127.0.0.1' })}`)
