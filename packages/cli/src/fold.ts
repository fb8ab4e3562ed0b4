// Breaks text into lines that fit a terminal. Nothing is left out: a word that is longer than a line goes on in the next one.

/** At spaces, else after / , - or _, else where the line is full. At least one line. */
export function fold(text: string, width: number): string[] {
  if (!Number.isFinite(width)) return [text];
  const most = Math.max(1, width);
  const lines: string[] = [];
  let rest = [...text];
  while (rest.length > most) {
    const line = rest.slice(0, most + 1).join('');
    const space = line.lastIndexOf(' ');
    const mark = line.slice(0, -1).search(/[/,_-][^/,_-]*$/);
    const characters = (end: number) => [...line.slice(0, end)].length;
    const end = space > 0 ? characters(space) : mark > 0 ? characters(mark + 1) : most;
    lines.push(rest.slice(0, end).join('').trimEnd());
    rest = rest.slice(end);
    while (rest[0] === ' ') rest.shift();
  }
  return [...lines, rest.join('')];
}

/** A name and its value, which goes on below where it began. */
export function foldFact(name: string, value: string, nameWidth: number, columns: number): string[] {
  return fold(value, columns - nameWidth).map(
    (line, i) => `${(i === 0 ? name : '').padEnd(nameWidth)}${line}`,
  );
}
