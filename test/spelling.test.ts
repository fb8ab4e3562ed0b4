// One spelling in what people read: British, but for names in code.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md') && name !== 'api.md')
    .map((name) => join('docs', name)),
];
const american =
  /\b(colou?r(?<!colour)\w*|behavior\w*|neighbor\w*|(?:quanti|normali|initiali|optimi|summari|recogni)z(?:e|es|ed|ing|ation)|licenses?|gray|centers?)\b/gi;

test.each(pages)('%s', (page) => {
  const prose = readFileSync(join(root, page), 'utf8')
    // The help in cli.md is text; elsewhere blocks are code.
    .replaceAll(page.endsWith('cli.md') ? /^ {2}\$ .*$/gm : /```[\s\S]*?```/g, '')
    .replaceAll(/`[^`]*`|<!--[\s\S]*?-->|--[\w-]+|\]\([^)]*\)|"[^"]*"|[A-Z]+_[A-Z_]+|LICENSE/g, '');
  expect(prose.match(american) ?? []).toEqual([]);
});
