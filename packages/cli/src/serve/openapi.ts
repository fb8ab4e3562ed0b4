// The OpenAPI document of the server, from the very schemas that requests are read by.
import { gapFields } from '@maria/core/gap-fields';
import { z } from 'zod';
import { codeInfill, completion, infillSettings, scoreSettings } from './settings.js';

const ids = z.array(z.int().min(0));
const number = z.number();

const token = z.object({ id: z.int(), token: z.string(), piece: z.string(), bytes: z.array(z.int()) });
const alternative = token.extend({ probability: number });
const gap = z.object({
  position: z.int(),
  ids,
  tokens: z.array(token),
  text: z.string(),
  probabilities: z.array(number),
  alternatives: z.array(z.array(alternative)).optional(),
  legalMass: z
    .array(number)
    .optional()
    .describe('Where something is asked: what all that is as asked had together, for each token.'),
});
const filled = z.object({
  text: z.string(),
  ids,
  gaps: z.array(gap),
  masked: ids,
  logLikelihood: number,
});
const excluded = z.array(z.string());
const windows = z.array(z.object({ start: z.int(), end: z.int(), tokens: z.int() }));

const record = z.looseObject({
  id: z.unknown().optional().describe('Comes back as it is, as other fields do.'),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .optional(),
});

/** What docs/json.md describes. */
const schemas = {
  InfillRequest: z.union([
    infillSettings.extend(record.shape).extend({
      text: z.string(),
      gaps: z
        .array(gapFields)
        .optional()
        .describe('What is asked of each gap, in order: its length, and what its fill must be.'),
    }),
    infillSettings.extend(record.shape).extend({ ids }),
  ]),
  // One of them tells this request from the other.
  CodeInfillRequest: codeInfill.meta({
    anyOf: [{ required: ['input_prefix'] }, { required: ['input_suffix'] }],
  }),
  CompletionRequest: completion,
  ScoreRequest: z.union([
    scoreSettings.extend(record.shape).extend({ ids, masked: ids }),
    scoreSettings.extend(record.shape).extend({ text: z.string(), maskRate: number }),
    scoreSettings
      .extend(record.shape)
      .extend({ text: z.string(), spans: z.array(z.tuple([z.int().min(0), z.int().min(0)])) }),
    scoreSettings.extend({ samples: z.array(z.looseObject({ ids, masked: ids })).min(1) }),
  ]),
  InfillRecord: z.union([
    z.looseObject({ ...filled.shape, excluded, windows: windows.optional(), runSeed: z.int().optional() }),
    z.looseObject({
      samples: z.array(filled),
      excluded,
      windows: windows.optional(),
      runSeed: z.int().optional(),
    }),
  ]),
  CodeInfillAnswer: z.object({
    content: z.string(),
    stop: z.boolean(),
    stop_type: z.enum(['limit', 'word']),
    model: z.string(),
    tokens_predicted: z.int(),
    tokens_evaluated: z.int(),
    generation_settings: z.object({ seed: z.int() }).optional(),
    truncated: z.boolean(),
  }),
  ScoreRecord: z.looseObject({ excluded }),
  Completion: z.object({
    id: z.string(),
    object: z.literal('text_completion'),
    created: z.int(),
    model: z.string(),
    system_fingerprint: z.string(),
    choices: z.array(
      z.object({
        index: z.int(),
        text: z.string(),
        logprobs: z
          .object({
            tokens: z.array(z.string()),
            token_logprobs: z.array(number),
            top_logprobs: z.array(z.record(z.string(), number)).nullable(),
            text_offset: z.array(z.int()),
          })
          .nullable(),
        finish_reason: z.enum(['stop', 'length']).nullable(),
      }),
    ),
    usage: z.object({ prompt_tokens: z.int(), completion_tokens: z.int(), total_tokens: z.int() }).nullish(),
  }),
  Model: z.object({ id: z.string(), object: z.literal('model'), created: z.int(), owned_by: z.string() }),
  Health: z.object({ status: z.enum(['loading', 'ok', 'ending']) }),
  ErrorRecord: z.looseObject({
    error: z.object({
      code: z.string(),
      message: z.string(),
      field: z.string().optional(),
      try: z.string().optional(),
    }),
  }),
  OpenAIError: z.object({
    error: z.object({
      message: z.string(),
      type: z.string(),
      param: z.string().nullable(),
      code: z.string(),
    }),
  }),
};

type Name = keyof typeof schemas;

const ref = (name: Name) => ({ $ref: `#/components/schemas/${name}` });
const json = (...names: Name[]) => ({
  'application/json': { schema: names.length === 1 ? ref(names[0]!) : { anyOf: names.map(ref) } },
});
const events = { 'text/event-stream': { schema: { type: 'string' } } };

const errorTexts: Readonly<Record<number, string>> = {
  400: 'What does not fit, with the field that it is.',
  401: 'The bearer key is missing or wrong.',
  403: 'A web page, or a host name, that may not ask.',
  404: 'The model is not loaded, or there is no such path.',
  413: 'Too many bytes.',
  415: 'It is not JSON.',
  500: 'A fault of the server.',
  503: 'The model is being loaded, the queue is full or the server ends; Retry-After tells when to come again.',
  504: 'The time of the request is up.',
};

function answers(ok: object, error: Name, statuses: readonly number[]): object {
  return {
    200: ok,
    ...Object.fromEntries(
      statuses.map((status) => [status, { description: errorTexts[status], content: json(error) }]),
    ),
  };
}

const ofBodies = [400, 401, 403, 404, 413, 415, 500, 503, 504] as const;

function post(summary: string, asked: object, ok: object, error: Name): object {
  return {
    post: {
      summary,
      requestBody: { required: true, content: asked },
      responses: answers(
        { description: 'The answer; its events with `stream`.', content: ok },
        error,
        ofBodies,
      ),
    },
  };
}

function get(
  summary: string,
  content: object,
  error: Name,
  statuses: readonly number[] = [401, 403],
): object {
  return { get: { summary, responses: answers({ description: summary, content }, error, statuses) } };
}

export function openApi(version: string): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'maria',
      version,
      description: 'Fills gaps in text with a fused masked and autoregressive language model.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{}, { key: [] }],
    paths: {
      '/infill': post(
        'Fill the gaps of a text, as maria infill --jsonl does, or of code, as llama.cpp does.',
        json('InfillRequest', 'CodeInfillRequest'),
        { ...json('InfillRecord', 'CodeInfillAnswer'), ...events },
        'ErrorRecord',
      ),
      '/score': post(
        'Tell how probable the masked tokens of a text are, as maria score does.',
        json('ScoreRequest'),
        json('ScoreRecord'),
        'ErrorRecord',
      ),
      '/v1/completions': post(
        'Fill what follows a prompt, or stands between it and a suffix, or its gaps, in the shape of OpenAI.',
        json('CompletionRequest'),
        { ...json('Completion'), ...events },
        'OpenAIError',
      ),
      '/v1/models': get(
        'The loaded model.',
        {
          'application/json': {
            schema: {
              type: 'object',
              properties: { object: { const: 'list' }, data: { type: 'array', items: ref('Model') } },
              required: ['object', 'data'],
            },
          },
        },
        'OpenAIError',
        [401, 403, 503],
      ),
      '/v1/models/{model}': {
        ...get('The loaded model, by its name.', json('Model'), 'OpenAIError', [401, 403, 404, 503]),
        parameters: [{ name: 'model', in: 'path', required: true, schema: { type: 'string' } }],
      },
      '/health': {
        get: {
          summary: 'Whether requests are answered.',
          security: [],
          responses: {
            200: { description: 'They are.', content: json('Health') },
            403: { description: errorTexts[403], content: json('ErrorRecord') },
            503: { description: 'Not yet, or no longer.', content: json('Health') },
          },
        },
      },
      '/metrics': get(
        'Counts in the text format of Prometheus.',
        { 'text/plain': { schema: { type: 'string' } } },
        'ErrorRecord',
      ),
      '/openapi.json': get(
        'This document.',
        { 'application/json': { schema: { type: 'object' } } },
        'ErrorRecord',
      ),
    },
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer' } },
      schemas: Object.fromEntries(
        Object.entries(schemas).map(([name, schema]) => {
          const { $schema: _, ...told } = z.toJSONSchema(schema, { io: 'input' });
          return [name, told];
        }),
      ),
    },
  };
}
