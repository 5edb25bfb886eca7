// The pages of the examples, in a browser.
import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Twin } from 'iiot'
import puppeteer from 'puppeteer-core'

import { server } from './peers.mjs'
import { shown } from './processes.mjs'

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'

test('the dashboard draws what is chosen, and nothing once that is undone', async test => {
  const { url } = await server(test, 'node/interop.mjs')
  const { at, stop } = await shown(test, 'dashboard.mjs', url)
  const { page, troubles } = await opened(test, at)
  await page.waitForSelector('#variables label')
  await page.type('#filter', 'interop / counter')
  const found = await page.$$eval('#variables label:not([hidden])', labels => labels.map(label => label.textContent.trim()))
  assert.equal(found[0], 'Interop / Counter')
  assert.ok(found.every(name => name.startsWith(found[0])), String(found))

  await page.click('#variables label:not([hidden]) input')
  await page.waitForFunction(drawn, {}, 200)
  assert.match(await page.$eval('#charts .u-title', title => title.textContent), /Counter/)
  await page.click('#variables label:not([hidden]) input')
  await page.waitForFunction(() => document.querySelector('#charts').children.length === 0)

  await page.click('#variables label:not([hidden]) input')
  await page.waitForFunction(drawn, {}, 200)
  await stop()
  await page.waitForFunction(() => /no connection/.test(document.querySelector('#state').textContent))
  assert.deepEqual(troubles, [])
})

test('the alarm panel shows an alarm, and who looks at it acknowledges it', async test => {
  const { url } = await server(test, 'node/events.mjs')
  const { at, stop } = await shown(test, 'alarm-panel.mjs', url)
  const plc = new Twin(url)
  test.after(() => plc.close())
  const { page, troubles } = await opened(test, at)
  await plc.write({ nodes: [{ node: 'nsu=urn:iiot:peer:events;s=Speed', value: 150 }] })

  const row = await page.waitForSelector('tr.active ::-p-text(SpeedAlarm)')
  const button = await page.waitForSelector('tr.active:not(.seen):has(td) button:enabled')
  assert.ok(row && button)
  page.on('dialog', dialog => dialog.accept('somebody goes and looks'))
  await button.click()
  await page.waitForSelector('tr.active.seen button:disabled')
  await stop()
  await page.waitForFunction(() => /no connection/.test(document.querySelector('#state').textContent))
  assert.deepEqual(troubles, [])
})

/** A page, and what goes wrong in it. */
async function opened (test, at) {
  // Its sandbox is not for root, who runs the tests in containers.
  const browser = await puppeteer.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
  test.after(() => browser.close())
  const page = await browser.newPage()
  const troubles = []
  page.on('pageerror', error => troubles.push(error.message))
  page.setDefaultTimeout(60_000)
  await page.goto(at)
  return { page, troubles }
}

/** Whether a chart has so many points of the colour of its line, at least. */
function drawn (least) {
  const canvas = document.querySelector('#charts canvas')
  if (!canvas) return false
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
  let points = 0
  for (let at = 0; at < data.length; at += 4) points += data[at] < 40 && data[at + 1] > 90 && data[at + 2] > 90 && data[at + 3] > 128
  return points >= least
}
