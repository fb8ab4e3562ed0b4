// A terminal without a terminal: keys go in, and what is drawn can be read as lines.
import { EventEmitter } from 'node:events';

/** Milliseconds until a screen is given up: long, for busy machines. */
const patience = 240_000;

export class FakeTerminal extends EventEmitter {
  columns: number;
  rows: number;
  /** Everything that was written. */
  written = '';
  private lines: string[] = [];
  private row = 0;

  constructor(columns = 80, rows = 24) {
    super();
    this.columns = columns;
    this.rows = rows;
  }

  /** Knows what the screen sends: rows by address, erasing a line or all, and text. */
  write(text: string): void {
    this.written += text;
    for (const piece of text.split('\u001b[').slice(1)) {
      const [, parameter = '', command, shown = ''] = /^([?\d;]*)([A-Za-z])(.*)$/s.exec(piece) ?? [];
      if (command === 'J') this.lines = [];
      if (command === 'H') this.row = Number.parseInt(parameter, 10) - 1;
      if (command === 'K') this.lines[this.row] = '';
      this.lines[this.row] = (this.lines[this.row] ?? '') + shown;
    }
    this.emit('drawn');
  }

  get screen(): string {
    return Array.from(this.lines, (line) => (line ?? '').trimEnd()).join('\n');
  }

  resize(columns: number, rows: number): void {
    Object.assign(this, { columns, rows });
    this.emit('resize');
  }

  /** Waits for a screen that has all of the patterns; where it does not come, the error has the last screen. */
  async shows(...patterns: RegExp[]): Promise<string> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.emit('drawn');
    }, patience);
    try {
      while (!patterns.every((pattern) => pattern.test(this.screen))) {
        if (late) throw new Error(`no screen with ${patterns.join(' and ')}; the last one:\n${this.screen}`);
        await new Promise((resolve) => this.once('drawn', resolve));
      }
    } finally {
      clearTimeout(timer);
    }
    return this.screen;
  }
}

export class FakeKeys extends EventEmitter {
  isRaw = false;
  setRawMode = (mode: boolean): void => {
    this.isRaw = mode;
  };
  setEncoding = (): void => {};
  pause = (): void => {};
  resume = (): void => {};

  press(...keys: string[]): void {
    for (const key of keys) this.emit('data', key);
  }
}
