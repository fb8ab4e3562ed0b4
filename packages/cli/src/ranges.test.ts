// No number on the command line is without a largest value.
import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';

const folder = new URL('./commands/', import.meta.url);

interface Flag {
  readonly helpValue?: string;
  readonly max?: number;
  readonly most?: number;
}

/** How numbers are called in help. Sizes and times have parsers of their own. */
const numeric = /^(?:N|NS|K|P|V|D|X|SECONDS)$/;

test('each flag that takes a number has a range', async () => {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const numbers: { name: string; flag: Flag }[] = [];
  for (const file of files) {
    const { default: command } = (await import(new URL(file, folder).href)) as {
      default: { flags?: Record<string, Flag>; baseFlags?: Record<string, Flag> };
    };
    for (const [name, flag] of Object.entries({ ...command.baseFlags, ...command.flags }))
      if (numeric.test(flag.helpValue ?? '')) numbers.push({ name: `${file} --${name}`, flag });
  }
  expect(numbers.length).toBeGreaterThan(40);
  // Those that take words too have their largest number in their own reading.
  const worded = / --(batch|speculate|refresh|words|characters)$|^(infill|score)\.ts --window$/;
  const endless = numbers.filter(
    ({ name, flag }) => !worded.test(name) && !Number.isFinite(flag.max ?? flag.most),
  );
  expect(endless.map(({ name }) => name)).toEqual([]);
});
