// Reads how a user names a system: NAME, NAME=MODEL, NAME=MODEL,option=value,….
import { quote, UsageError } from '@maria/core';
import { systemKinds } from './kinds.js';
import type { SystemSpec } from './system.js';

const syntax = 'Write NAME, NAME=MODEL or NAME=MODEL,option=value: for example maria, or mine=runs/head.';

/** @throws UsageError for what makes no sense: two of a name, an unknown kind or option */
export function parseSystems(given: readonly string[]): SystemSpec[] {
  const specs = given.map(parseSystem);
  specs.forEach(({ name }, i) => {
    if (specs.findIndex((other) => other.name === name) < i)
      throw new UsageError('system-invalid', `Cannot compare systems: two are called ${quote(name)}.`, {
        try: 'Give each a name of its own: NAME=MODEL.',
      });
  });
  return specs;
}

export function parseSystem(text: string): SystemSpec {
  const bad = (fact: string) =>
    new UsageError('system-invalid', `Cannot read the system ${quote(text)}: ${fact}.`, { try: syntax });
  const [head = '', ...rest] = text.split(',');
  const named = /^([\w.:-]{1,64})(?:=(.+))?$/.exec(head.trim());
  if (!named) throw bad('it does not begin with a name of letters, digits, "-", "_", "." and ":"');
  const [, name, model] = named as unknown as [string, string, string | undefined];
  const options: Record<string, string> = {};
  for (const part of rest) {
    const option = /^\s*([a-z][a-z-]*)=(.+)$/.exec(part);
    if (!option) throw bad(`${quote(part)} is no option=value`);
    const [, key, value] = option as unknown as [string, string, string];
    if (Object.hasOwn(options, key)) throw bad(`it says ${key} twice`);
    options[key] = value.trim();
  }
  const { kind: givenKind, ...others } = options;
  const kind = givenKind ?? (model === undefined ? name : recognized(model, Object.keys(others)));
  const names = Object.keys(systemKinds);
  if (!Object.hasOwn(systemKinds, kind))
    throw bad(
      model === undefined && givenKind === undefined
        ? `there is no system of this name (${names.join(', ')}), and no model is named`
        : `there is no kind ${quote(kind)} (${names.join(', ')})`,
    );
  const known = systemKinds[kind]!.options;
  const other = Object.keys(others).find((key) => !known.includes(key));
  if (other !== undefined)
    throw bad(
      `the kind ${kind} has no option ${quote(other)}${known.length > 0 ? ` (${known.join(', ')})` : ''}`,
    );
  return { name, kind, model, options: others };
}

/** The first kind that knows the model as its own, else a MARIA checkpoint. */
function recognized(model: string, options: readonly string[]): string {
  return Object.entries(systemKinds).find(([, kind]) => kind.recognizes?.(model, options))?.[0] ?? 'maria';
}
