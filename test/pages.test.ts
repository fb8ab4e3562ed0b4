// The page of `maria serve`, those of `maria replay`, and reports of evaluations, in a browser: one of it, and one server, for all.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { lineChartSvg } from '@maria/charts';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { htmlOf } from '../packages/eval/src/report/html.js';
import { installedBrowser, openBrowser } from './chromium.js';
import { maria } from './cli-process.js';
import { allEvents, startServer, type TestServer } from './server-process.js';

const key = 'the-key';
/** However busy the machine is. */
const patience = { timeout: 120_000 };
const until = (told: () => unknown) => expect.poll(told, patience);
/** What a text may hold to be more than text, or to look like another. */
const hostile = '</script><script>window.hit = 1</script><img src=x onerror="window.hit = 1">\u202e&amp;';

describe.skipIf(!installedBrowser.installed)(installedBrowser.title, () => {
  const folder = mkdtempSync(join(tmpdir(), 'maria-pages-'));
  let browser: Browser;
  let server: TestServer;
  beforeAll(async () => {
    [browser, server] = await Promise.all([openBrowser(), startServer([], { env: { MARIA_API_KEY: key } })]);
  });
  afterAll(async () => {
    await browser?.close();
    expect(await server.stop()).toMatchObject({ status: 0, stderr: '' });
    rmSync(folder, { recursive: true });
  });

  /** At an address, with all that it asks for and complains of. */
  async function opened(url: string, width = 1280, colorScheme: 'light' | 'dark' = 'light') {
    const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
    page.setDefaultTimeout(patience.timeout);
    const asked: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(url);
    return { page, asked, complaints };
  }

  /** The page of the server with its key, the same for all tests, and a text. */
  let shared: Page | undefined;
  async function ready(text: string): Promise<Page> {
    if (shared === undefined) {
      shared = (await opened(server.url)).page;
      await shared.getByLabel('Key of the server').fill(key);
      await shared.getByLabel('Key of the server').press('Enter');
      await shared.getByText('with maria-tiny').waitFor();
    }
    await shared.getByLabel('Text with gaps').fill(text);
    return shared;
  }

  /** What was there before is gone when the click is over. */
  const fill = async (page: Page) => {
    await page.getByRole('button', { name: 'Fill' }).click();
    await page.getByText('log-likelihood').waitFor();
  };
  const rowsOf = (table: Locator) =>
    table
      .locator('tbody tr')
      .evaluateAll((rows) =>
        rows.map((row) => [...row.querySelectorAll('bdi, td:not(.bars)')].map((cell) => cell.textContent)),
      );
  const overflow = (page: Page) =>
    page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

  test('a text is filled by keyboard alone, and its candidates are those that the server tells', async () => {
    const { page, asked, complaints } = await opened(server.url);
    await page.getByRole('alert').getByText('bearer key is missing').waitFor();
    const press = async (...keys: string[]) => {
      for (const one of keys) await page.keyboard.press(one);
    };
    const focused = () =>
      page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.id);
    await press('Tab');
    expect(await focused()).toBe('key');
    await page.keyboard.type(key);
    await press('Tab');
    await page.getByText('with maria-tiny').waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    expect(await focused()).toBe('text');
    await press('ControlOrMeta+a');
    await page.keyboard.type('A small ');
    await press('ControlOrMeta+g');
    await page.keyboard.type(' was 🙂 [MASK*2-3].');
    await press('Tab');
    expect(await focused()).toBe('temperature');
    await press('Tab');
    expect(await focused()).toBe('seed');
    // Insert gap, Fill, and what is asked of the gaps.
    await press('Tab', 'Tab', 'Enter');
    await page.getByText('log-likelihood').waitFor();
    const record = { text: 'A small [MASK] was 🙂 [MASK*2-3].', temperature: 0, seed: 0 };
    const settings = { stream: true, alternatives: 5, explain: 5 };
    const headers = { Authorization: `Bearer ${key}` };
    const told = (await allEvents(await server.post('/infill', { ...record, ...settings }, { headers })))
      .slice(0, -1)
      .map((event) => JSON.parse(event));
    const { text } = told.find(({ type }) => type === 'done');
    expect(await page.locator('.filled').textContent()).toBe(text);
    expect(await page.getByRole('status').textContent()).toBe(`Filled: ${text}`);
    await page.locator('td', { hasText: '–' }).first().waitFor({ state: 'detached' });

    await press('Tab', 'Tab');
    const tokens = told.filter(({ type }) => type === 'explained');
    expect(tokens.length).toBeGreaterThan(2);
    for (const { gap, index, candidates } of tokens) {
      expect(await focused()).toContain(`gap ${gap + 1}, token ${index + 1}, probability 0.`);
      const table = page.getByRole('table', { name: `Candidates for token ${index + 1} of gap ${gap + 1}` });
      await table.locator('td', { hasText: '–' }).first().waitFor({ state: 'detached' });
      expect(await rowsOf(table)).toEqual(
        candidates.map((one: { token: string; ar: number; mlm: number; fused: number }) => [
          JSON.stringify(one.token),
          ...[one.ar, one.mlm, one.fused].map((p) => p.toFixed(3)),
        ]),
      );
      await press('ArrowRight');
    }
    expect(new Set(asked.map((url) => new URL(url).origin))).toEqual(new Set([server.url]));
    // The browser itself tells of the status without the key.
    expect(complaints.filter((one) => !one.includes('401'))).toEqual([]);
    shared = page;
  });

  test('tokens come one by one, and Escape stops; a pointer shows candidates too', async () => {
    const page = await ready('Once upon a time [MASK*300]');
    await page.evaluate(() => {
      new MutationObserver((_, observer) => {
        if (!(document.querySelector('.token') && document.querySelector('.open'))) return;
        observer.disconnect();
        const pressed = new KeyboardEvent('keydown', { key: 'Escape', bubbles: true });
        document.querySelector('main')!.dispatchEvent(pressed);
      }).observe(document.body, { subtree: true, childList: true, characterData: true });
    });
    await page.getByRole('button', { name: 'Fill' }).click();
    await page.getByRole('status').getByText('Stopped.').waitFor({ state: 'attached' });
    expect(await page.locator('.open').count()).toBeGreaterThan(0);
    await page.locator('.token').first().hover();
    await page.getByRole('table', { name: 'Candidates for token 1 of gap 1' }).waitFor();
  });

  test('a narrow page in the dark has all of it in view and can be read, and only its own script runs', async () => {
    const page = await ready(`A ${'very'.repeat(40)} little ${hostile} [MASK*3] was here.`);
    await page.setViewportSize({ width: 400, height: 800 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await fill(page);
    await page.getByText('What is asked of the gaps').click();
    await page.locator('.token').first().focus();
    expect(await overflow(page)).toBe(0);
    // 1,280 pixels at 400 %.
    await page.setViewportSize({ width: 320, height: 800 });
    expect(await overflow(page)).toBe(0);
    const [paper, ...contrasts] = await page.evaluate(contrastsOf, [
      'label',
      '.hint',
      '.token',
      'button.main',
      'th',
    ]);
    expect(paper).toBeLessThan(0.05);
    for (const contrast of contrasts) expect(contrast).toBeGreaterThan(4.5);
    const tried = await page.evaluate(async () => {
      const refused = new Promise((resolve) => {
        addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective), {
          once: true,
        });
      });
      const script = document.createElement('script');
      script.textContent = 'window.hit = 1';
      document.body.append(script);
      const elsewhere = await fetch('http://127.0.0.1:1/').catch((error: Error) => error.name);
      return [await refused, elsewhere, 'hit' in window];
    });
    expect(tried).toEqual(['script-src-elem', 'TypeError', false]);
  });

  test('what is asked of a gap is followed, and told where it cannot be; so is a full queue', async () => {
    const page = await ready('A little [MASK] was here.');
    const gap = page.getByRole('group', { name: 'Gap 1 [MASK]' });
    await gap.getByLabel('Must be').selectOption('choices');
    await gap.getByLabel('texts, with commas between them').fill('girl, elephant');
    await fill(page);
    expect(await page.locator('.filled').textContent()).toMatch(/^A little (girl|elephant) was here\.$/);
    const body = { text: 'A little [MASK] was here.', gaps: [{ choices: ['girl', 'elephant'] }] };
    const headers = { Authorization: `Bearer ${key}` };
    const told = await allEvents(
      await server.post('/infill', { ...body, stream: true, explain: 5, alternatives: 5 }, { headers }),
    );
    const { candidates } = JSON.parse(told.find((event) => event.includes('"type":"explained"'))!);
    await page.locator('.token').first().focus();
    const table = page.getByRole('table', { name: 'what is asked had' });
    await table.locator('td', { hasText: '–' }).first().waitFor({ state: 'detached' });
    const rows = await rowsOf(table);
    expect(rows).toEqual(
      candidates.map((one: { token: string; ar: number; mlm: number; fused: number; legal: number }) => [
        JSON.stringify(one.token),
        ...[one.ar, one.mlm, one.fused].map((p) => p.toFixed(3)),
        one.legal === 0 ? '✗' : one.legal.toFixed(3),
      ]),
    );
    expect(rows.map((row) => row.at(-1) === '✗')).toEqual(
      candidates.map(({ token }: { token: string }) => !/^ (girl|e)/.test(token)),
    );
    expect(await table.locator('.bars span').count()).toBe(rows.filter((row) => row.at(-1) !== '✗').length);
    // A gap that is written before it takes nothing of it. The keys work wherever the focus is.
    await page.getByLabel('Text with gaps').fill('[MASK] A little [MASK] was here.');
    expect(await page.getByRole('group', { name: 'Gap 1' }).getByLabel('Must be').inputValue()).toBe(
      'anything',
    );
    expect(await page.getByRole('group', { name: 'Gap 2' }).getByLabel('Must be').inputValue()).toBe(
      'choices',
    );
    await page.getByLabel('Text with gaps').fill('A little [MASK] was here.');
    await gap.getByLabel('Must be').selectOption('schema');
    await gap.getByLabel('a JSON Schema').fill('{');
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    await page.keyboard.press('ControlOrMeta+Enter');
    await page.getByRole('alert').getByText('gap 1 must be: its JSON Schema is no JSON').waitFor();
    await gap.getByLabel('a JSON Schema').fill('{"type":"integer"}');
    await page.getByLabel('Temperature').fill('1');
    await page.getByLabel('Seed').fill('');
    await fill(page);
    expect(await page.getByText('log-likelihood').textContent()).toMatch(/, seed \d+$/);
    await page.getByLabel('Temperature').fill('0');
    await page.getByLabel('Seed').fill('0');
    await gap.getByLabel('Most tokens').fill('1');
    await gap.getByLabel('Must be').selectOption('regex');
    await gap.getByLabel('a regular expression').fill('[a-z]+-[a-z]+');
    await page.getByRole('button', { name: 'Fill' }).click();
    await expect
      .poll(() => page.getByRole('alert').textContent())
      .toContain('Cannot fill gap 1: no fill of 1 token');
    await page.locator('fieldset.refused').waitFor();
    await page.getByLabel('Temperature').fill('1000');
    await page.locator('form').evaluate((form: HTMLFormElement) => {
      form.noValidate = true;
    });
    await page.getByRole('button', { name: 'Fill' }).click();
    await expect
      .poll(() => page.getByRole('alert').textContent())
      .toMatch(/Cannot read.*Field: temperature$/);
    await page.route('**/infill', (route) =>
      route.fulfill({
        status: 503,
        headers: { 'Retry-After': '1' },
        json: { error: { code: 'busy', message: 'Cannot take the request: 256 wait already.' } },
      }),
    );
    await page.getByRole('button', { name: 'Fill' }).click();
    await expect
      .poll(() => page.getByRole('alert').textContent())
      .toBe('Cannot take the request: 256 wait already.Try: Ask again in 1 s.');
  });

  test('a recording plays, is gone through by keys and slider, and is nothing but text', async () => {
    const token = { id: 430, token: hostile, piece: hostile, bytes: [32] };
    const events = [
      { type: 'mlm-encoded', ids: [430, 6, 900, 6], positions: [1, 3] },
      ...[1, 3].map((position, gap) => ({
        ...{ type: 'gap-filled', sample: 0, position, gap, index: 0, ...token, probability: 0.25 },
        alternatives: [{ ...token, probability: 0.25 }],
      })),
    ];
    const file = join(folder, 'x.html');
    const input = events.map((event) => `${JSON.stringify(event)}\n`).join('');
    expect(await maria(['replay', '-', '--html', file], { input })).toEqual({
      status: 0,
      stdout: '',
      stderr: '',
    });
    const { page, asked, complaints } = await opened(pathToFileURL(file).href, 400);
    const note = page.getByRole('status');
    expect(await note.textContent()).toBe('1/3: 0 of 2 tokens, log-likelihood 0.00');
    expect(await page.locator('.open').count()).toBe(2);
    await page.keyboard.press('ArrowRight');
    await until(() => note.textContent()).toBe('2/3: 1 of 2 tokens, log-likelihood -1.39');
    expect(await page.locator('.open').count()).toBe(1);
    expect(await page.getByRole('table').locator('bdi').textContent()).toBe(
      JSON.stringify(hostile).replace('\u202e', '\\u{202e}'),
    );
    await page.getByLabel('Step', { exact: true }).press('Home');
    await until(() => note.textContent()).toContain('1/3');
    await page.getByRole('button', { name: 'Play' }).press('Enter');
    await until(() => note.textContent()).toContain('3/3');
    expect([await overflow(page), complaints, asked]).toEqual([0, [], [pathToFileURL(file).href]]);
    expect(await page.evaluate(() => 'hit' in window)).toBe(false);
    await page.close();
  });

  test('a recording of annealing has charts of its sweeps', async () => {
    const sweeps = [0, 1, 2].map((sweep) => ({
      ...{ seed: 0, chain: 0, sweep, text: '', ids: [430, 900 + sweep, 20], changed: [1], masked: [1] },
      ...{
        energy: 9 - sweep,
        temperature: 1,
        maskRate: 0.5,
        accepted: true,
        confidence: [1, 0.5, 1],
        elapsedMs: 1,
      },
    }));
    const input = sweeps.map((sweep) => `${JSON.stringify(sweep)}\n`).join('');
    const file = join(folder, 'a.html');
    await maria(['replay', '-', '--html', file], { input });
    const { page, complaints } = await opened(pathToFileURL(file).href, 400, 'dark');
    await page.keyboard.press('End');
    await until(() => page.getByRole('status').textContent()).toContain('sweep 3 of 3, energy 7.00');
    expect(await page.locator('svg polyline').count()).toBe(2);
    expect([await overflow(page), complaints]).toEqual([0, []]);
    await page.close();
  });

  test('a report has its tables and charts in view, and text is text', async () => {
    const points = [1, 2, 3].map((x) => [x, x * x] as const);
    const chart = { title: hostile, x: { label: 'x' }, y: { label: 'y' }, series: [{ name: 'a', points }] };
    const columns = Array.from({ length: 12 }, (_, i) => ({ name: `column ${i}`, align: 'right' as const }));
    const table = { caption: hostile, columns, rows: [columns.map(({ name }) => `${name}.000`)] };
    const sections = [{ heading: hostile, text: [hostile], tables: [table], charts: [lineChartSvg(chart)] }];
    const file = join(folder, 'report.html');
    writeFileSync(file, htmlOf({ title: hostile, lead: ['word'.repeat(100)], sections }));
    for (const [width, colors] of [
      [400, 'dark'],
      [1280, 'light'],
    ] as const) {
      const { page, asked, complaints } = await opened(pathToFileURL(file).href, width, colors);
      const [, ...contrasts] = await page.evaluate(contrastsOf, ['h1', 'main p', 'caption', 'th', 'td']);
      for (const contrast of contrasts) expect(contrast).toBeGreaterThan(4.5);
      expect(await page.locator('td').count()).toBe(12);
      const { width: drawn } = (await page.locator('svg').boundingBox())!;
      expect(drawn).toBeGreaterThan(300);
      expect(drawn).toBeLessThan(width);
      expect([await overflow(page), asked.length, complaints]).toEqual([0, 1, []]);
      expect(await page.evaluate(() => 'hit' in window)).toBe(false);
      await page.close();
    }
  });
});

/** How bright the page is, and the contrast of the first of each with what is behind it (WCAG 2). Runs in the page. */
function contrastsOf(selectors: string[]): number[] {
  const luminance = (color: string) => {
    const [red = 0, green = 0, blue = 0] = [...color.matchAll(/[\d.]+/g)].map(([part]) => {
      const share = Number(part) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = (element: Element): string => {
    const { backgroundColor } = getComputedStyle(element);
    const isClear = backgroundColor === 'rgba(0, 0, 0, 0)';
    return isClear && element.parentElement ? behind(element.parentElement) : backgroundColor;
  };
  const contrasts = selectors.map((selector) => {
    const element = document.querySelector(selector)!;
    const both = [getComputedStyle(element).color, behind(element)].map(luminance).sort((a, b) => a - b);
    return (both[1]! + 0.05) / (both[0]! + 0.05);
  });
  return [luminance(getComputedStyle(document.body).backgroundColor), ...contrasts];
}
