// Draws whole frames on a terminal: on the alternate screen, changed lines only, and gives the terminal back as it was.
// Ink 6.8 has no alternate screen, draws nothing where CI is set, and takes the whole terminal with its scrollback away before each frame
// that is as high as it.
import { Writable } from 'node:stream';

/** The part of a terminal that is drawn on. */
export interface Terminal {
  write(text: string): unknown;
  readonly columns: number;
  readonly rows: number;
}

const csi = '\u001b[';
/** The other screen, without a cursor, without wrapping, with marks around pasted text. */
const enter = `${csi}?1049h${csi}?25l${csi}?7l${csi}?2004h${csi}2J`;
const leave = `${csi}?2004l${csi}?7h${csi}?25h${csi}?1049l`;
/** Terminals that know it show all of an update at once. */
const beginUpdate = `${csi}?2026h`;
const endUpdate = `${csi}?2026l`;

/**
 * What Ink writes to: in its debug mode a write is a whole frame, with no movement of the cursor. Each line is put in its place by
 * address, so nothing depends on what the terminal did with the lines before (wrapping, scrolling, another size).
 */
export class Screen extends Writable {
  /** Ink asks for it; the size of the frame is that of the state. */
  readonly isTTY = false;
  private readonly terminal: Terminal;
  private drawn: readonly string[] = [];
  private isOpen = false;

  constructor(terminal: Terminal) {
    super({ decodeStrings: false });
    this.terminal = terminal;
  }

  get columns(): number {
    return this.terminal.columns;
  }

  get rows(): number {
    return this.terminal.rows;
  }

  open(): void {
    this.isOpen = true;
    this.terminal.write(enter);
  }

  /** Gives the terminal back. Safe to call again. */
  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.terminal.write(leave);
  }

  /** Takes everything away; the next frame is drawn whole. */
  clear(): void {
    this.drawn = [];
    if (this.isOpen) this.terminal.write(`${csi}2J`);
  }

  /** Draws the last frame again. */
  repaint(): void {
    const frame = this.drawn;
    this.clear();
    if (this.isOpen) this.draw(frame);
  }

  override _write(chunk: string | Buffer, _: BufferEncoding, done: () => void): void {
    const frame = String(chunk);
    // Ink ends its work with an empty write.
    if (this.isOpen && frame !== '') this.draw(frame.split('\n'));
    done();
  }

  private draw(frame: readonly string[]): void {
    const lines = frame.slice(0, this.rows).map(onlyColors);
    const changes = Array.from({ length: Math.max(lines.length, this.drawn.length) }, (_, row) => {
      const line = lines[row] ?? '';
      return line === this.drawn[row] ? '' : `${csi}${row + 1};1H${csi}0m${csi}2K${line}${csi}0m`;
    }).join('');
    this.drawn = lines;
    if (changes !== '') this.terminal.write(beginUpdate + changes + endUpdate);
  }
}

/** A line with no other control characters than those of colours and weights: whatever a frame holds, it steers nothing. */
function onlyColors(line: string): string {
  return line.replaceAll(/[\p{Cc}\u2028\u2029](\[[\d;]*m)?/gu, (found, style = '') =>
    style !== '' && found.startsWith('\u001b') ? found : `·${style}`,
  );
}
