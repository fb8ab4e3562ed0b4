// An engine whose work a running server does. Nothing native is loaded for it.
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type InfillEvent,
  type InfillResult,
  inOrder,
  type MariaModel,
  parseGaps,
  sequencesFor,
  type Token,
} from '@maria/core';
import { DeviceError, InterruptedError } from '@maria/core/errors';
import type { Engine } from '../engine.js';
import { readLines } from '../input.js';
import { errorTold, type Line, type ServerTold } from './calls.js';

/** Where a server listens. */
export type Address = { readonly socketPath: string } | { readonly url: URL };

const mostLineBytes = 2 ** 30;

export class RemoteServer {
  readonly #address: Address;
  readonly #key: string | undefined;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(address: Address, key: string | undefined) {
    this.#address = address;
    this.#key = key;
  }

  /** @throws Error of the system where nobody listens; DeviceError where it is no server of maria */
  async told(): Promise<ServerTold> {
    const answer = await this.#ask('GET', '/engine', undefined, undefined);
    const text = Buffer.concat(await answer.toArray()).toString();
    if (answer.statusCode !== 200) throw refused(answer.statusCode, text);
    return JSON.parse(text) as ServerTold;
  }

  /** The lines of an answer. @throws the error that the server tells */
  async *call(path: string, body: object, signal?: AbortSignal): AsyncGenerator<Line> {
    const answer = await this.#answerTo(path, JSON.stringify(body), signal);
    let isWhole = false;
    try {
      for await (const { bytes } of readLines(answer, mostLineBytes)) {
        const line = JSON.parse(bytes!.toString()) as Line;
        if ('error' in line) throw errorTold(line.error);
        isWhole = !('event' in line);
        yield line;
      }
    } catch (error) {
      if (signal?.aborted) throw new InterruptedError();
      throw (error as NodeJS.ErrnoException).code === 'ECONNRESET' ? gone(error) : error;
    } finally {
      if (!isWhole) answer.destroy();
    }
    if (!isWhole) throw gone(undefined);
  }

  /** Comes again where the queue is full. */
  async #answerTo(path: string, body: string, signal?: AbortSignal): Promise<IncomingMessage> {
    for (;;) {
      let answer: IncomingMessage;
      try {
        answer = await this.#ask('POST', `/engine/${path}`, body, signal);
      } catch (error) {
        if (signal?.aborted) throw new InterruptedError();
        throw gone(error);
      }
      if (answer.statusCode === 200) return answer;
      const text = Buffer.concat(await answer.toArray()).toString();
      if (answer.statusCode !== 503 || !text.includes('"busy"')) throw refused(answer.statusCode, text);
      await pause(1000 * Number(answer.headers['retry-after'] ?? 1), undefined, {
        ...(signal && { signal }),
      });
    }
  }

  async #ask(method: string, path: string, body: string | undefined, signal: AbortSignal | undefined) {
    const { url, socketPath } = { url: undefined, socketPath: undefined, ...this.#address };
    const sent = request({
      method,
      path: `${url?.pathname.replace(/\/$/, '') ?? ''}${path}`,
      ...(url ? { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port || 80 } : { socketPath }),
      agent: this.#agent,
      headers: {
        ...(body !== undefined && {
          'Content-Type': 'application/json',
          'Content-Length': Buffer.byteLength(body),
        }),
        ...(this.#key !== undefined && url && { Authorization: `Bearer ${this.#key}` }),
      },
      ...(signal && { signal }),
    });
    sent.end(body);
    const [answer] = await once(sent, 'response');
    return answer as IncomingMessage;
  }

  close(): void {
    this.#agent.destroy();
  }
}

function gone(cause: unknown): DeviceError {
  return new DeviceError('server-gone', 'Cannot go on: the server went away.', { cause });
}

function refused(status: number | undefined, text: string): DeviceError {
  return new DeviceError(
    'server-refused',
    `Cannot use the server: it answers ${status}, ${text.slice(0, 200).trim()}.`,
  );
}

export function remoteEngine(server: RemoteServer, told: ServerTold): { engine: Engine; model: MariaModel } {
  /** Of what was scored: they are asked for when it is told. */
  const tokens = new Map<number, Token>();
  const unloaded = async (): Promise<never> => {
    throw new Error('a server has its model');
  };
  const only = async (path: string, body: object, signal?: AbortSignal): Promise<Line> => {
    let last: Line | undefined;
    for await (const line of server.call(path, body, signal)) last = line;
    return last!;
  };
  const engine: Engine = {
    loadModel: unloaded,
    loadDenoiser: unloaded,
    async *infill(_, input, { signal, ...options }): AsyncGenerator<InfillEvent, InfillResult> {
      for await (const line of server.call('infill', { input, options }, signal)) {
        if ('event' in line) yield line.event;
        if ('result' in line) return line.result;
      }
      throw gone(undefined);
    },
    async score(_, input, { signal, ...options }) {
      const line = await only('score', { input, options }, signal);
      if (!('score' in line)) throw gone(undefined);
      for (const token of line.tokens) tokens.set(token.id, token);
      return line.score;
    },
    inOrder,
    sequencesFor,
    async requireSystem(_, system) {
      await only('system', { system });
    },
    async checkConstraint(_, constraint, lineBreaks) {
      await only('constraint', { constraint, lineBreaks });
    },
    tokensOf: (_, ids) => ids.map((id) => tokens.get(id)!),
    segmentsOf: (text, options) => parseGaps(text, options).segments,
  };
  const model = {
    ar: { lanes: told.lanes },
    vocabulary: {
      maskToken: told.maskToken,
      encode: async (text: string, options: object) => {
        const line = await only('encode', { text, options });
        return Int32Array.from('ids' in line ? line.ids : []);
      },
    },
    dispose: () => server.close(),
  };
  return { engine, model: model as unknown as MariaModel };
}
