// The text of packages/cli/man/maria.1: one page with all commands, from oclif.manifest.json and the tables of the front page of the help.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { environment, exitStatuses } from '../../packages/cli/dist/help.js';

const read = (file) =>
  JSON.parse(readFileSync(fileURLToPath(new URL(`../../packages/cli/${file}`, import.meta.url)), 'utf8'));

export function manPage() {
  const { version, oclif } = read('package.json');
  const { description } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const commands = Object.values(read('oclif.manifest.json').commands).sort((a, b) => (a.id < b.id ? -1 : 1));
  const shared = Object.values(commands[0].flags).filter(({ name }) =>
    commands.every(({ flags }) => name in flags),
  );
  const lines = [
    '.\\" Written by npm run docs from the help of the commands.',
    `.TH MARIA 1 "" "maria ${version}" "User Commands"`,
    '.SH NAME',
    `maria \\- ${text(lowerFirst(description.replace(/\.$/, '')))}`,
    '.SH SYNOPSIS',
    '\\fBmaria\\fR \\fICOMMAND\\fR [\\fIFLAGS\\fR]',
    '.br',
    '\\fBmaria\\fR \\fICOMMAND\\fR \\fB\\-\\-help\\fR',
    '.br',
    '\\fBmaria \\-\\-version\\fR [\\fB\\-\\-verbose\\fR]',
    '.SH DESCRIPTION',
    ...commands.flatMap(({ id, summary }) => ['.TP', bold(`maria ${words(id)}`), text(summary)]),
    '.SH "FLAGS OF ALL COMMANDS"',
    ...shared.flatMap(flagLines),
    ...commands.flatMap((command) => commandLines(command, shared, oclif.bin)),
    '.SH "EXIT STATUS"',
    ...table(exitStatuses),
    '.SH ENVIRONMENT',
    ...table(environment),
    '.SH FILES',
    ...table([
      ['~/.config/maria/config.json', 'settings of the user (maria config)'],
      ['.maria.json', 'settings of a project'],
      ['~/.cache/huggingface/hub', 'models of the Hugging Face Hub'],
    ]),
  ];
  return `${lines.join('\n')}\n`;
}

function commandLines({ id, summary, description, usage, args, flags, examples }, shared, bin) {
  const own = Object.values(flags).filter(({ name }) => !shared.some((flag) => flag.name === name));
  const groups = [...new Set(own.map(({ helpGroup }) => helpGroup))].sort(
    (a, b) => (a !== undefined) - (b !== undefined),
  );
  return [
    `.SH "MARIA ${words(id).toUpperCase()}"`,
    text(summary),
    ...examplesOf([`${bin} ${usage ?? words(id)}`]),
    ...paragraphs(description ?? ''),
    ...Object.values(args).flatMap(({ name, description }) => [
      '.TP',
      `\\fI${text(name.toUpperCase())}\\fR`,
      text(description),
    ]),
    ...groups.flatMap((group) => [
      `.SS "${text(group ?? 'FLAGS')}"`,
      ...own.filter(({ helpGroup }) => helpGroup === group).flatMap(flagLines),
    ]),
    ...(examples?.length > 0
      ? ['.SS EXAMPLES', ...examplesOf(examples.map((one) => one.replaceAll('<%= config.bin %>', bin)))]
      : []),
  ];
}

function flagLines({ name, char, type, helpValue, options, summary, default: value }) {
  const takes = type === 'option' ? ` \\fI${text(helpValue ?? 'VALUE')}\\fR` : '';
  const spellings = [...(char ? [bold(`-${char}`)] : []), bold(`--${name}`)].join(', ');
  const facts = [
    // Most summaries say what each does.
    ...(options?.some((option) => !summary.includes(option)) ? [`One of: ${options.join(', ')}.`] : []),
    ...(type === 'option' && value !== undefined ? [`Default: ${[value].flat().join(',')}.`] : []),
  ];
  return ['.TP', `${spellings}${takes}`, text([summary ?? '', ...facts].join(' ').trim())];
}

function table(rows) {
  return rows.flatMap(([name, meaning]) => ['.TP', bold(name), text(meaning)]);
}

/** As they are typed. */
function examplesOf(lines) {
  return ['.PP', '.EX', ...lines.map((line) => text(line)), '.EE'];
}

/** Lines that are indented, or follow each other, stay lines. */
function paragraphs(description) {
  return description
    .split('\n\n')
    .filter(Boolean)
    .flatMap((paragraph) => ['.PP', text(paragraph).replaceAll('\n', '\n.br\n')]);
}

const words = (id) => id.replaceAll(':', ' ');
const bold = (string) => `\\fB${text(string)}\\fR`;
const lowerFirst = (string) => string[0].toLowerCase() + string.slice(1);

/** Characters that mean something to roff, or that a terminal would be given another for, by their names. */
function text(string) {
  return string
    .replaceAll('\\', '\\(rs')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replaceAll('"', '\\(dq')
    .replaceAll(
      /[\u0080-\u{10ffff}]/gu,
      (character) => `\\[u${character.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}]`,
    )
    .replaceAll(/^\./gm, '\\&.');
}
