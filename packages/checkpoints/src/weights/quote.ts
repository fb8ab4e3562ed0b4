// Names that come from files, made safe and short for a message on a terminal.

const longest = 80;

/** `name` in quotes, control characters escaped, cut when it is absurdly long. */
export function quote(name: string): string {
  const cut = name.length > longest ? `${name.slice(0, longest)}…` : name;
  return JSON.stringify(cut).replace(
    /[\u007f-\u009f\u2028\u2029\u202a-\u202e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
