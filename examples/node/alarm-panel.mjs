// A panel of the alarms of an OPC UA server, with a button that acknowledges each:
//
//   node alarm-panel.mjs opc.tcp://localhost:4840 [PORT] [USER]      the password is in the variable OPCUA_PASSWORD
import { readFile } from 'node:fs/promises'

import Fastify from 'fastify'
import { Twin } from 'iiot'

const [url = 'opc.tcp://localhost:4840', port = 8081, user] = process.argv.slice(2)
const plc = new Twin(url, user ? { user, password: process.env.OPCUA_PASSWORD } : {})
const web = Fastify({ forceCloseConnections: true })

web.get('/', async (_, reply) => reply.type('text/html').send(await readFile(new URL('alarm-panel.html', import.meta.url))))

/** Each event is what has happened to the list: `changed`, `removed`, and `snapshot` where it is the whole list. */
web.get('/alarms', (request, reply) => {
  const alarms = plc.watchAlarms({})
  request.raw.on('close', () => alarms.close())
  reply.hijack()
  reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  send(alarms, reply.raw).catch(error => reply.raw.end(`event: failed\ndata: ${JSON.stringify(error.message)}\n\n`))
})

async function send (alarms, browser) {
  for await (const update of alarms) browser.write(`data: ${JSON.stringify(update)}\n\n`)
  browser.end()
}

/** `{ condition, branch, eventId, comment }`; answers with the status that the server gave. */
web.post('/acknowledge', async request => {
  const { condition, branch, eventId, comment } = request.body
  const { results: [result] } = await plc.acknowledge({ events: [{ condition, branch, eventId, comment }] })
  return result.status
})

web.setErrorHandler((error, _, reply) => {
  reply.status(error.statusCode ?? 502).send({ code: error.code, message: error.message, retryable: error.retryable })
})
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => web.close().then(() => plc.close()))
console.log(`alarms of ${url} are shown at ${await web.listen({ port: Number(port), host: '127.0.0.1' })}`)
