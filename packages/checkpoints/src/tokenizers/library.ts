// Hugging Face's own tokenizers library for Node, which is native: loaded on first use.
import { createRequire } from 'node:module';
import { DeviceError } from '@maria/core';
import type * as Library from 'tokenizers';

export type NativeTokenizer = Library.Tokenizer;

let library: typeof Library | undefined;

/** @throws DeviceError `tokenizers-unusable` where it has no build for this machine; nothing stands in for it */
export function loadTokenizers(): typeof Library {
  try {
    library ??= createRequire(import.meta.url)('tokenizers') as typeof Library;
    return library;
  } catch (cause) {
    throw new DeviceError(
      'tokenizers-unusable',
      `Cannot load the tokenizers library, which is native: ${(cause as Error).message.split('\n')[0]}.`,
      { try: 'npm install', cause },
    );
  }
}
