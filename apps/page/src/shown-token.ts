// A token as it is named in a table: in quotes, so that its spaces are seen, and with nothing in it that hides or turns text around.

/** Format characters, such as those that change the direction, and spaces that look like others or like nothing. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u00a0\u2000-\u200a\u202f\u3000]/gu;

/** Marks that turn the direction of all that follows. */
const turning = /[\u202a-\u202e\u2066-\u2069]/u;

/** A class of style for a token within a text. */
export function turnedClass(token: string): string {
  return turning.test(token) ? ' turned' : '';
}

export function shownToken(token: string): string {
  return JSON.stringify(token).replaceAll(
    unseen,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}
