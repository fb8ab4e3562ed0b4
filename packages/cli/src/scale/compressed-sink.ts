// Output that is compressed, as the name of the file says.
import { once } from 'node:events';
import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { UsageError } from '@maria/core/errors';
import type { Sink } from '../output-file.js';

/** @throws UsageError where this Node cannot do that */
export function compressor(compression: 'gzip' | 'zstd', output: string): Transform {
  if (compression === 'gzip') return zlib.createGzip();
  // Node has it from 22.15 on.
  const { createZstdCompress } = zlib as { createZstdCompress?: () => Transform };
  if (createZstdCompress !== undefined) return createZstdCompress();
  throw new UsageError(
    'no-zstd',
    `Cannot write ${output}: Node ${process.versions.node} reads zstd and does not write it.`,
    { try: 'Name it .gz, or use a pipe: | zstd > FILE.zst' },
  );
}

/** Takes text, and what becomes of it in `transform` goes to `sink`. */
export function compressedSink(sink: Sink, transform: Transform): Sink {
  const done: Uint8Array[] = [];
  transform.on('data', (chunk: Uint8Array) => done.push(chunk));
  const handOver = async () => {
    for (const chunk of done.splice(0)) await sink.write(chunk);
  };
  return {
    write: async (text) => {
      await new Promise<void>((resolve, reject) => {
        transform.write(text, (error) => (error ? reject(error) : resolve()));
      });
      await handOver();
    },
    close: async () => {
      const ended = once(transform, 'end');
      transform.end();
      await ended;
      await handOver();
      await sink.close();
    },
    abandon: async () => {
      transform.destroy();
      return sink.abandon();
    },
  };
}
