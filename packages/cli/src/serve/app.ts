// The paths of the server, and what each answers.
import type { HttpBindings } from '@hono/node-server';
import { lanesOf } from '@maria/core';
import { type Context, Hono } from 'hono';
import { cors } from 'hono/cors';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { identityOf } from '../infill/texts.js';
import type { HandedOn, JsonObject } from '../jsonl.js';
import { page } from '../page.js';
import { events, lines, streamOf } from './answer-stream.js';
import { codeInfillOf, fillCode, fillCodeInParts, isCodeInfill } from './code-infill.js';
import { completeAll, completeInParts, completionOf, headOf } from './completions.js';
import { engineCalls, errorLine, toldOf } from './engine-calls.js';
import { type Guard, refuseStrangePages, requireKey } from './guard.js';
import { fillRecord, infillOf } from './infill-record.js';
import { openApi } from './openapi.js';
import { Refusal, refusalOf } from './refusal.js';
import { readBody } from './request-body.js';
import { beginLife, type RequestLife } from './request-life.js';
import { scoreOf, scoreRecord } from './score-record.js';
import { requireModel, requireServed, type Served, type Service } from './served.js';

interface Env {
  readonly Bindings: HttpBindings;
  Variables: { life: RequestLife; identity: HandedOn; mostBytes: number };
}

type Asking = Context<Env>;

export const paths = {
  '/': ['GET'],
  '/health': ['GET'],
  '/infill': ['POST'],
  '/metrics': ['GET'],
  '/openapi.json': ['GET'],
  '/score': ['POST'],
  '/v1/completions': ['POST'],
  '/v1/models': ['GET'],
  '/v1/models/:model': ['GET'],
} as const;

/** What the page's own policy cannot say: nobody shows it in a frame, and what it opens knows nothing of it. */
const pageHeaders = {
  'Content-Security-Policy': "frame-ancestors 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
};

/** @param mostBytes of a request */
export function appOf(service: Service, guard: Guard, mostBytes: number): Hono<Env> {
  const app = new Hono<Env>();
  app.use(async (c, next) => {
    const life = beginLife(c.env.outgoing, service.timeoutMs, service.lives);
    c.set('life', life);
    c.set('mostBytes', mostBytes);
    count(service, c);
    refuseStrangePages((name) => c.req.header(name), guard);
    await next();
    c.header('X-Content-Type-Options', 'nosniff');
    c.header('Cache-Control', 'no-store');
  });
  if (guard.origins.length > 0)
    app.use(cors({ origin: [...guard.origins], allowHeaders: ['Authorization', 'Content-Type'] }));
  app.get('/health', (c) => {
    const status = service.isDraining ? 'ending' : service.served ? 'ok' : 'loading';
    return c.json({ status }, status === 'ok' ? 200 : 503);
  });
  app.get('/', (c) => c.html(page('try'), 200, pageHeaders));
  app.use(async (c, next) => {
    if (guard.key !== undefined) requireKey(c.req.header('authorization'), guard.key);
    await next();
  });
  app.get('/metrics', (c) => {
    const { queue, model } = service.served ?? {};
    const lanes = model ? lanesOf(model) : { all: 0, taken: 0 };
    const gauges = {
      running: queue?.running ?? 0,
      waiting: queue?.waiting ?? 0,
      lanes: lanes.all,
      lanesTaken: lanes.taken,
    };
    return c.body(service.metrics.text(gauges), 200, { 'Content-Type': 'text/plain; version=0.0.4' });
  });
  app.get('/openapi.json', (c) => c.json(openApi(service.version)));
  const modelOf = ({ name }: Served) => ({
    id: name,
    object: 'model',
    created: service.created,
    owned_by: 'maria',
  });
  app.get('/v1/models', (c) => c.json({ object: 'list', data: [modelOf(requireServed(service))] }));
  app.get('/v1/models/:model{.+}', (c) => {
    const served = requireServed(service);
    requireModel(served, c.req.param('model'));
    return c.json(modelOf(served));
  });
  app.get('/engine', (c) => c.json(toldOf(requireServed(service), service.version, service.identity)));
  app.post('/engine/:call', (c) => call(service, c));
  app.post('/infill', (c) => infill(service, c));
  app.post('/score', (c) => score(service, c));
  app.post('/v1/completions', (c) => complete(service, c));
  for (const [path, methods] of Object.entries(paths))
    app.all(path.replace(':model', ':model{.+}'), (c) => {
      c.header('Allow', methods.join(', '));
      throw new Refusal(
        405,
        'method-unfit',
        `Cannot serve the request: ${path} takes ${methods.join(', ')}.`,
      );
    });
  app.notFound((c) =>
    errorResponse(c, new Refusal(404, 'no-such-path', 'Cannot serve the request: there is no such path.')),
  );
  app.onError((error, c) => {
    const refusal = refusalOf(c.var.life.signal.aborted ? c.var.life.signal.reason : error);
    if (refusal.status === 500) service.note(`${refusal.message} (${String(refusal.cause)})`);
    return errorResponse(c, refusal);
  });
  return app;
}

async function infill(service: Service, c: Asking): Promise<Response> {
  const { served, body, life } = await begin(service, c);
  const work = { ...served, metrics: service.metrics };
  if (isCodeInfill(body)) {
    const code = codeInfillOf(body, life.signal);
    requireModel(served, code.asked.model);
    return code.asked.stream
      ? streamed(c, served, (tell) => tellEach(fillCodeInParts(work, code), tell))
      : inTurn(c, served, async () => JSON.stringify(await fillCode(work, code)));
  }
  const asked = infillOf(body);
  c.set('identity', identityOf(asked.record));
  requireModel(served, asked.settings.model);
  if (asked.settings.stream)
    return streamed(c, served, (tell) => fillRecord(work, asked, life.signal, linesTo(tell)));
  return inTurn(c, served, async () => {
    const parts: string[] = [];
    await fillRecord(work, asked, life.signal, (part) => parts.push(part));
    return parts.join('');
  });
}

async function score(service: Service, c: Asking): Promise<Response> {
  const { served, body, life } = await begin(service, c);
  const asked = scoreOf(body);
  c.set('identity', 'id' in asked.record ? { id: asked.record.id } : {});
  requireModel(served, asked.settings.model);
  return inTurn(c, served, async () => {
    const parts: string[] = [];
    await scoreRecord({ ...served, metrics: service.metrics }, asked, life.signal, (part) =>
      parts.push(part),
    );
    return parts.join('');
  });
}

async function complete(service: Service, c: Asking): Promise<Response> {
  const { served, body, life } = await begin(service, c);
  const completion = completionOf(body, served.model, life.signal);
  requireModel(served, completion.asked.model);
  const head = headOf(served, service.version, Date.now());
  const work = { ...served, metrics: service.metrics };
  return completion.asked.stream
    ? streamed(c, served, (tell) => tellEach(completeInParts(work, completion, head), tell))
    : inTurn(c, served, async () => JSON.stringify(await completeAll(work, completion, head)));
}

/** Of a command of maria's own. */
async function call(service: Service, c: Asking): Promise<Response> {
  const { served, body, life } = await begin(service, c);
  const name = c.req.param('call') ?? '';
  const answer = Object.hasOwn(engineCalls, name) ? engineCalls[name] : undefined;
  if (!answer) throw new Refusal(404, 'no-such-path', 'Cannot serve the request: there is no such path.');
  const work = { ...served, metrics: service.metrics };
  const produce = (tell: (data: string) => void) =>
    answer(work, body, life.signal, (line) => tell(JSON.stringify(line)));
  const leave = await served.queue.enter(life.signal);
  const text = (error: unknown) =>
    JSON.stringify(errorLine(life.signal.aborted ? life.signal.reason : error));
  return streamOf(lines, life, (tell) => produce(tell).finally(leave), text);
}

async function begin(
  service: Service,
  c: Asking,
): Promise<{ served: Served; body: JsonObject; life: RequestLife }> {
  const served = requireServed(service);
  const { life, mostBytes } = c.var;
  return { served, body: await readBody(c.req, mostBytes, life.signal), life };
}

/** The answer, once it is the request's turn. */
async function inTurn(c: Asking, { queue }: Served, answer: () => Promise<string>): Promise<Response> {
  const leave = await queue.enter(c.var.life.signal);
  try {
    return c.body(await answer(), 200, { 'Content-Type': 'application/json' });
  } finally {
    leave();
  }
}

/** The same, told as it comes. */
async function streamed(
  c: Asking,
  { queue }: Served,
  produce: (tell: (data: string) => void) => Promise<void>,
): Promise<Response> {
  const { life } = c.var;
  const leave = await queue.enter(life.signal);
  const text = (error: unknown) =>
    JSON.stringify(errorBody(c, refusalOf(life.signal.aborted ? life.signal.reason : error)));
  return streamOf(events, life, (tell) => produce(tell).finally(leave), text);
}

async function tellEach(parts: AsyncIterable<object>, tell: (data: string) => void): Promise<void> {
  for await (const part of parts) tell(JSON.stringify(part));
}

/** Long records come in several parts. */
function linesTo(tell: (data: string) => void): (part: string) => void {
  let held = '';
  return (part) => {
    held += part;
    if (!held.endsWith('\n')) return;
    tell(held.slice(0, -1));
    held = '';
  };
}

function errorResponse(c: Asking, refusal: Refusal): Response {
  if (refusal.retryAfter !== undefined) c.header('Retry-After', String(refusal.retryAfter));
  // What else is on its way of the body is not waited for.
  if (refusal.status === 413) c.header('Connection', 'close');
  if (refusal.status === 401) c.header('WWW-Authenticate', 'Bearer');
  return c.json(errorBody(c, refusal), refusal.status as ContentfulStatusCode);
}

/** In OpenAI's shape for its paths, else as an error record. */
function errorBody(c: Asking, { code, message, field, status, try: advice }: Refusal): object {
  if (c.req.path.startsWith('/v1/')) {
    const type = status >= 500 ? 'server_error' : 'invalid_request_error';
    const text = advice === undefined ? message : `${message} ${advice}`;
    return { error: { message: text, type, param: field ?? null, code } };
  }
  const told = {
    code,
    message,
    ...(field !== undefined && { field }),
    ...(advice !== undefined && { try: advice }),
  };
  return { ...c.var.identity, error: told };
}

/** Counts the answer when it ends. Paths of others are one: whoever asks for many makes no metrics of them. */
function count({ metrics }: Service, c: Asking): void {
  const { outgoing } = c.env;
  const started = performance.now();
  const path = Object.hasOwn(paths, c.req.path) ? c.req.path : 'other';
  outgoing.once('close', () => {
    const status = outgoing.writableFinished ? outgoing.statusCode : 499;
    metrics.answered(path, status, performance.now() - started);
  });
}
