// From what a terminal sends to keys: characters as they are, other keys by name in angle brackets, and pasted text whole.

export type KeyInput =
  /** A character, or the name of a key: `<left>`, `<enter>`, `<ctrl-c>`. */
  | { readonly key: string }
  /** Text that came at once between the marks of bracketed paste. */
  | { readonly paste: string };

const escapeCharacter = '\u001b';
const pasteStart = '\u001b[200~';
const pasteEnd = '\u001b[201~';

/** Final letters of `ESC [ … letter` and `ESC O letter`. */
const letters: Readonly<Record<string, string>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  F: 'end',
  H: 'home',
  Z: 'shift-tab',
};

/** Numbers of `ESC [ number ~`. */
const numbers: Readonly<Record<string, string>> = {
  1: 'home',
  3: 'delete',
  4: 'end',
  5: 'page-up',
  6: 'page-down',
  7: 'home',
  8: 'end',
};

const controls: Readonly<Record<string, string>> = {
  '\r': '<enter>',
  '\n': '<newline>',
  '\t': '<tab>',
  '\b': '<backspace>',
  '\u007f': '<backspace>',
};

/** Most characters of a sequence that is not complete yet. Longer ones are no keys. */
const longestSequence = 32;

/** Keeps what is incomplete at the end of a chunk for the next one. */
export class KeyDecoder {
  private held = '';
  private pasted: string | undefined;

  push(chunk: string): KeyInput[] {
    this.held += chunk;
    const inputs: KeyInput[] = [];
    while (this.held !== '') {
      const taken = this.pasted === undefined ? this.takeKey() : this.takePaste(this.pasted);
      if (taken === undefined) break;
      inputs.push(...taken);
    }
    return inputs;
  }

  /** True while an escape character waits for what may follow it: the Escape key, if nothing does soon. */
  get isPending(): boolean {
    return this.pasted === undefined && this.held !== '';
  }

  /** Gives up waiting. */
  flush(): KeyInput[] {
    const held = this.held;
    this.held = '';
    return held === escapeCharacter ? [{ key: '<escape>' }] : [];
  }

  /** undefined: more is needed. */
  private takePaste(pasted: string): KeyInput[] | undefined {
    const end = this.held.indexOf(pasteEnd);
    if (end < 0) {
      // The end mark may itself be cut off.
      const kept = Math.max(0, this.held.length - pasteEnd.length + 1);
      this.pasted = pasted + this.held.slice(0, kept);
      this.held = this.held.slice(kept);
      return undefined;
    }
    const text = pasted + this.held.slice(0, end);
    this.pasted = undefined;
    this.held = this.held.slice(end + pasteEnd.length);
    return [{ paste: text.replaceAll(/\r\n?/g, '\n') }];
  }

  private takeKey(): KeyInput[] | undefined {
    const { held } = this;
    if (!held.startsWith(escapeCharacter)) {
      const character = String.fromCodePoint(held.codePointAt(0)!);
      this.held = held.slice(character.length);
      return [{ key: nameOf(character) }];
    }
    if (held.startsWith(pasteStart)) {
      this.held = held.slice(pasteStart.length);
      this.pasted = '';
      return [];
    }
    // biome-ignore lint/suspicious/noControlCharactersInRegex: terminals send them
    const sequence = /^\u001b(?:\[[\d;?]*[ -/]*[@-~]|O.|[^[O])/u.exec(held)?.[0];
    if (sequence === undefined) {
      if (held.length <= longestSequence) return undefined;
      this.held = held.slice(1);
      return [];
    }
    this.held = held.slice(sequence.length);
    const key = sequenceName(sequence.slice(1));
    return key === undefined ? [] : [{ key }];
  }
}

function nameOf(character: string): string {
  const code = character.codePointAt(0)!;
  if (controls[character] !== undefined) return controls[character];
  return code < 0x20 ? `<ctrl-${String.fromCharCode(code + 0x60)}>` : character;
}

/** `[1;2C` is shift and right: modifiers are one more than a sum of 1 (shift), 2 (alt) and 4 (ctrl). */
function sequenceName(sequence: string): string | undefined {
  const [, body = '', final = ''] = /^[[O](.*?)(.)$/su.exec(sequence) ?? [];
  if (final === '') return `<alt-${nameOf(sequence).replaceAll(/[<>]/g, '')}>`;
  const [number = '', modifier = '1'] = body.split(';');
  const name = final === '~' ? numbers[number] : letters[final];
  if (name === undefined) return undefined;
  return `<${Number(modifier) === 2 ? 'shift-' : ''}${name}>`;
}
