// Reads keys from a terminal in raw mode, and gives it back as it was.
// Own, because Ink 6.8's useInput takes Backspace and Delete for the same key, keys that come together for one text, what a terminal
// answers for text as well, and an escape that is cut off from the rest of its sequence for the Escape key.

export type KeyInput =
  /** A character, or the name of a key: `<left>`, `<enter>`, `<ctrl-c>`. */
  | { readonly key: string }
  /** Text that came at once between the marks of bracketed paste. */
  | { readonly paste: string };

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

const escapeCharacter = '\u001b';
const pasteStart = '\u001b[200~';

/** A pasted text, what follows the escape character of a sequence, a character, or an escape that can begin no sequence. */
const token =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: terminals send them
  /^(?:\u001b\[200~(.*?)\u001b\[201~|\u001b(?!\[200~)(\[[ -?]*[@-~]|O.|[^[O])|([^\u001b])|\u001b(?=\[[ -?]*[^ -~]))/su;

/** Ends of sequences: `ESC [ … letter` and `ESC O letter`, and `ESC [ number ~`. */
const sequenceNames: Readonly<Record<string, string>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  F: 'end',
  H: 'home',
  Z: 'shift-tab',
  '1~': 'home',
  '3~': 'delete',
  '4~': 'end',
  '5~': 'page-up',
  '6~': 'page-down',
  '7~': 'home',
  '8~': 'end',
};

const controlNames: Readonly<Record<string, string>> = {
  '\r': 'enter',
  '\n': 'newline',
  '\t': 'tab',
  '\b': 'backspace',
  '\u007f': 'backspace',
};

export class Keyboard {
  private readonly source: KeySource;
  private readonly onInput: (input: KeyInput) => void;
  /** What came last, and is not complete. */
  private held = '';
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
    this.held += chunk;
    for (let found = token.exec(this.held); found; found = token.exec(this.held)) {
      this.held = this.held.slice(found[0].length);
      const [, paste, sequence, character] = found;
      if (paste !== undefined) this.onInput({ paste: paste.replaceAll(/\r\n?/g, '\n') });
      const key = sequence ? sequenceKey(sequence) : character && characterKey(character);
      if (key) this.onInput({ key });
    }
    if (this.held === '' || this.held.startsWith(pasteStart)) return;
    this.timer = setTimeout(() => {
      const isEscape = this.held === escapeCharacter;
      this.held = '';
      if (isEscape) this.onInput({ key: '<escape>' });
    }, escapeDelay);
  };
}

function characterKey(character: string): string {
  const name = controlNames[character];
  if (name !== undefined) return `<${name}>`;
  return character < ' ' ? `<ctrl-${String.fromCharCode(character.charCodeAt(0) + 0x60)}>` : character;
}

/** `[1;2C` is shift and right: modifiers are one more than a sum of 1 (shift), 2 (alt) and 4 (ctrl). */
function sequenceKey(sequence: string): string | undefined {
  const [, body, final] = /^[[O](.*)(.)$/su.exec(sequence) ?? [];
  if (body === undefined) return `<alt-${characterKey(sequence).replaceAll(/[<>]/g, '')}>`;
  const [number, modifier] = body.split(';');
  const name = sequenceNames[final === '~' ? `${number}~` : final!];
  return name && `<${modifier === '2' ? 'shift-' : ''}${name}>`;
}
