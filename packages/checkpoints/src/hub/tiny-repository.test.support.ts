// Repositories for tests of pulls: small, with one file large enough to be sent in several pieces.
import { createHash } from 'node:crypto';
import type { Patience } from './http.js';
import type { TestRepository } from './hub-server.test.support.js';

export const commits = ['1', '2', '3'].map((digit) => digit.repeat(40)) as [string, string, string];

/** Waits for nothing, and tells how long it would have waited. */
export function impatient(waits: number[] = []): Patience {
  return {
    tries: 5,
    firstDelayMs: 500,
    longestDelayMs: 3_000,
    longestRetryAfterMs: 60_000,
    silenceMs: 60_000,
    notableMs: 60_000,
    speedMs: 60_000,
    sleep: async (milliseconds) => void waits.push(milliseconds),
  };
}

/** Bytes that look like weights: they neither repeat nor depend on chance. */
export function bytesOf(seed: string, length: number): Uint8Array {
  const parts: Buffer[] = [];
  for (let at = 0; at * 32 < length; at++) parts.push(createHash('sha256').update(`${seed}${at}`).digest());
  return Buffer.concat(parts).subarray(0, length);
}

const text = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

export const weights = bytesOf('weights', 300_000);

/** A tokenizer.json whose only token this is. */
export const tinyTokenizer = (token: string) =>
  text({ model: { type: 'BPE', vocab: { [token]: 0 }, merges: [] } });

/** Files of a small model, with some that are not needed. */
export function tinyFiles(changed: Record<string, Uint8Array> = {}): Record<string, Uint8Array> {
  return {
    '.gitattributes': text('x'),
    'README.md': text('---\nlicense: apache-2.0\n---\n# Tiny'),
    'config.json': text({
      model_type: 'olmo',
      architectures: ['OlmoForCausalLM'],
      hidden_size: 8,
      num_hidden_layers: 2,
      vocab_size: 99,
    }),
    'model.safetensors': weights,
    'modeling_tiny.py': text('raise SystemExit'),
    'pytorch_model.bin': text('pickle'),
    'tokenizer.json': tinyTokenizer('a'),
    ...changed,
  };
}

export function tinyRepository(options: Partial<TestRepository> = {}): TestRepository {
  return { refs: { main: commits[0] }, commits: { [commits[0]]: tinyFiles() }, ...options };
}

/** The weights in two shards with their index. */
export function shardedFiles(): Record<string, Uint8Array> {
  const [first, second] = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
  const { 'model.safetensors': _, ...others } = tinyFiles();
  return {
    ...others,
    [first!]: bytesOf('first', 40_000),
    [second!]: bytesOf('second', 50_000),
    'model.safetensors.index.json': text({ weight_map: { a: first, b: second } }),
  };
}
