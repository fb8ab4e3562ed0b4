// The text of docs/api.md: what each package exports, with its comment and its type, from the declarations that tsc wrote.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** In the order in which someone meets them. */
const packages = [
  'packages/core',
  'packages/checkpoints',
  'packages/kernels',
  'packages/training',
  'packages/eval',
  'packages/charts',
  'apps/tui',
  'packages/cli',
];

export function apiPage() {
  const sections = packages.map((path) => {
    const { name, description } = JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8'));
    const declared = [...exportsOf(join(root, path, 'dist/index.d.ts'))].sort(([a], [b]) => (a < b ? -1 : 1));
    const isType = ([, { code }]) => /^(interface|type) /.test(code);
    const ordered = [...declared.filter((one) => !isType(one)), ...declared.filter(isType)];
    return [
      `## ${name}`,
      description,
      ...ordered.map(([title, declaration]) => entry(title, declaration)),
    ].join('\n\n');
  });
  const head = `# Library

What the packages export, written here by \`npm run docs\` from their types: of each package first what runs, then types. The README has
an example, and so has each package's own. All packages are ES modules; from Node 20.19 on \`require\` takes them too.`;
  return `${[head, ...sections].join('\n\n')}\n`;
}

function entry(title, { comment, code }) {
  const text = comment
    .replaceAll(/^\/\*\*|\*\/$/g, '')
    .replaceAll(/^[ \t]*\* ?/gm, '')
    .trim()
    .replaceAll(/\n+@/g, '\n\n@');
  return [`### ${title}`, ...(text === '' ? [] : [text]), `\`\`\`ts\n${code}\n\`\`\``].join('\n\n');
}

/** Names that a declaration file exports, each with its comment and its code. */
function exportsOf(file) {
  const found = new Map();
  const statements = statementsOf(readFileSync(file, 'utf8'));
  for (const { code } of statements) {
    const [, names, from] = /^export (?:type )?(\*|\* as \w+|\{[\s\S]*\}) from '(.*)\.js';$/.exec(code) ?? [];
    if (from === undefined) continue;
    const target = join(dirname(file), `${from}.d.ts`);
    if (names.startsWith('* as')) {
      found.set(names.slice('* as '.length), {
        comment: '',
        code: `namespace ${names.slice('* as '.length)} { ${[...exportsOf(target).keys()].sort().join(', ')} }`,
      });
      continue;
    }
    const there = exportsOf(target);
    const wanted =
      names === '*'
        ? [...there.keys()]
        : names
            .replace(/[{}]/g, '')
            .split(',')
            .map((name) => name.replace(/^\s*(type )?/, '').trim());
    for (const name of wanted.filter((each) => each !== '')) {
      const declaration = there.get(name);
      if (declaration === undefined)
        throw new Error(`${file} exports ${name}, and ${target} does not declare it`);
      found.set(name, declaration);
    }
  }
  for (const statement of statements) {
    const name =
      /^export (?:declare )?(?:abstract )?(?:async )?(?:function\*?|class|interface|type|const|let|enum) (\w+)/.exec(
        statement.code,
      )?.[1];
    if (name === undefined) continue;
    const before = found.get(name);
    // The overloads of a function, and a value and a type of one name, stand together.
    found.set(
      name,
      before
        ? { ...before, code: `${before.code}\n${shown(statement.code)}` }
        : { comment: statement.comment, code: shown(statement.code) },
    );
  }
  return found;
}

const shown = (code) =>
  code
    .replace(/^export (declare )?/, '')
    .replaceAll(/^ {4}(private|#).*\n/gm, '')
    .replaceAll('    ', '  ');

/** The statements of a file that tsc wrote: each begins at the left margin, after its comment. */
function statementsOf(text) {
  const comment = String.raw`\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n`;
  const begin = `^(?:export|declare|import|type|interface)\\b`;
  const statement = new RegExp(
    `(${comment})?(${begin}[\\s\\S]*?)(?=(?:^${comment})?${begin}|(?![\\s\\S]))`,
    'gm',
  );
  return Array.from(text.matchAll(statement), ([, before = '', code]) => ({
    comment: before.trim(),
    code: code.trim(),
  }));
}
