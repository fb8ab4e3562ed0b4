// Reads keys from a terminal in raw mode, and gives it back as it was.
import { KeyDecoder, type KeyInput } from './decode-keys.js';

/** The part of a terminal that keys come from. */
export interface KeySource {
  setRawMode(mode: boolean): unknown;
  setEncoding(encoding: 'utf8'): unknown;
  on(event: 'data', listener: (chunk: string) => void): unknown;
  off(event: 'data', listener: (chunk: string) => void): unknown;
  pause(): unknown;
  resume(): unknown;
}

/** How long an escape character may be the start of a key's sequence, in milliseconds. */
const escapeDelay = 40;

export class Keyboard {
  private readonly source: KeySource;
  private readonly onInput: (input: KeyInput) => void;
  private readonly decoder = new KeyDecoder();
  private timer: NodeJS.Timeout | undefined;
  private isOpen = false;

  constructor(source: KeySource, onInput: (input: KeyInput) => void) {
    this.source = source;
    this.onInput = onInput;
  }

  open(): void {
    this.isOpen = true;
    this.source.setEncoding('utf8');
    this.source.setRawMode(true);
    this.source.on('data', this.onData);
    this.source.resume();
  }

  /** Safe to call again. */
  close(): void {
    clearTimeout(this.timer);
    if (!this.isOpen) return;
    this.isOpen = false;
    this.source.off('data', this.onData);
    this.source.setRawMode(false);
    this.source.pause();
  }

  private readonly onData = (chunk: string): void => {
    clearTimeout(this.timer);
    for (const input of this.decoder.push(chunk)) this.onInput(input);
    if (!this.decoder.isPending) return;
    this.timer = setTimeout(() => {
      for (const input of this.decoder.flush()) this.onInput(input);
    }, escapeDelay);
  };
}
