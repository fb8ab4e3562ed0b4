// A token as it is named in a table: in quotes, so that its spaces are seen, and with nothing in it that hides or turns text around.

/** Format characters, such as those that change the direction, and spaces that look like others or like nothing. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u00a0\u2000-\u200a\u202f\u3000]/gu;

export function shownToken(token: string): string {
  return JSON.stringify(token).replaceAll(
    unseen,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}
