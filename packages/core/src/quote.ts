// Names and values that come from files, made safe and short for a message on a terminal.

const longest = 80;

/** `text` in quotes, control characters escaped, cut when it is absurdly long. */
export function quote(text: string): string {
  return escapeControls(JSON.stringify(cut(text)));
}

/** A value of parsed JSON in a few words. */
export function quoteJson(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value !== 'object' || value === null) return escapeControls(cut(JSON.stringify(value)));
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  return 'an object';
}

function cut(text: string): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

/** Those that JSON leaves as they are. */
function escapeControls(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u2028\u2029\u202a-\u202e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
