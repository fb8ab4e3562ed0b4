// Says what is wrong with a command line, from what oclif's parser throws about it.
import { stripVTControlCharacters } from 'node:util';
import { UsageError } from '@maria/core/errors';
import { closestTo } from './closest.js';
import type { CommandNames } from './command-names.js';
import { isFile } from './hint-at-files.js';

/**
 * The usage error behind an error of oclif; undefined if the error is none of oclif's.
 * @param commands is asked for names like the one that is wrong
 */
export function usageErrorOf(
  error: unknown,
  argv: readonly string[],
  commands: () => CommandNames,
): UsageError | undefined {
  if (!(error instanceof Error) || !('oclif' in error || error.message.startsWith('Parsing --')))
    return undefined;
  // What reads a flag may tell all of it.
  if (error.cause instanceof UsageError) return error.cause;
  const command = commandIn(argv);
  if (/^command .* not found/i.test(error.message)) {
    if (commands().has(command))
      return new UsageError('bad-command-line', `Cannot run maria ${command}: it takes no argument.`, {
        try: `maria ${command} --help`,
      });
    return new UsageError('unknown-command', `Cannot run "maria ${command}": there is no such command.`, {
      try: instead(command, commands),
    });
  }
  return new UsageError('bad-command-line', `Cannot run maria ${command}: ${reasonOf(error)}.`, {
    try: hintOf(unknownFlagsOf(error), command, commands),
    cause: error,
  });
}

/** What was meant by a command that there is not. */
function instead(command: string, commands: () => CommandNames): string {
  if (isFile(command)) return `maria infill < ${command}`;
  const flag = command.startsWith('-') && closestTo(command, ['--help', '--version']);
  if (flag) return `maria ${flag}`;
  const meant = closestTo(command, [...commands().keys()]);
  return meant === undefined ? 'maria --help' : `maria ${meant} --help (did you mean ${meant}?)`;
}

/** First words of commands that have two. */
const topics: readonly (string | undefined)[] = ['bench', 'eval', 'models'];

/** The command as it was given, in one word or two, whichever way help on it was asked for. */
function commandIn(argv: readonly string[]): string {
  const [first, second] = argv[0] === 'help' ? argv.slice(1) : argv;
  return topics.includes(first) && second !== undefined && !second.startsWith('-')
    ? `${first} ${second}`
    : `${first}`;
}

/** What oclif's parser says, and how it is said here. */
const wordings: readonly (readonly [RegExp, string])[] = [
  [/^Parsing --(\S+)\s+/, '--$1: '],
  [/^Nonexistent flags?: /, 'there is no flag '],
  [/^Missing 1 required arg: (\w+) .*$/, 'its argument $1 is missing'],
  [/Missing required flag ([\w-]+)/g, '--$1 is missing'],
  [/^Unexpected arguments?: /, 'there is no place for the argument '],
  [/^Flag (--\S+) expects (?:a value|one of these values: (.*))$/, '$1 has no value $2'],
  [/^Flag (--\S+) can only be specified once$/, '$1 was given twice'],
  [/Expected (--\S+?)=(.*?) to be one of: /g, '$1 is "$2", and must be one of '],
  [/^Expected (\S+) to be one of: (.*)$/, '"$1" is none of $2'],
  [
    /Expected an integer greater than or equal to (\S+) but received: /,
    'it must be a whole number of at least $1, and is ',
  ],
  [
    /Expected an integer less than or equal to (\S+) but received: /,
    'it must be a whole number of at most $1, and is ',
  ],
  [/Expected an integer but received: /, 'it must be a whole number, and is '],
  [/(--[\w-]+)(?:=[^;]*?)? cannot also be provided when using (--[\w-]+)/g, '$1 and $2 exclude each other'],
  [/All of the following must be provided when using (--[\w-]+): (--[\w-]+(?:, --[\w-]+)*)/g, '$1 needs $2'],
];

/** The message of oclif's parser in our words, without its advice, colours, headings and line breaks. */
export function reasonOf(error: Error): string {
  const message = stripVTControlCharacters(error.message)
    .replaceAll(/\n?See more help with --help/g, '')
    // Each of several is on a line of its own.
    .replace(/^The following errors? occurred:\s*(.*)$/s, (_, lines) => lines.trim().replaceAll('\n', '; '))
    .replaceAll(/\s+/g, ' ')
    .trim();
  return wordings
    .reduce((text, [theirs, ours]) => text.replace(theirs, ours), message)
    .trim()
    .replace(/\.$/, '');
}

function unknownFlagsOf(error: Error): string[] {
  const flags = 'flags' in error && Array.isArray(error.flags) ? error.flags : [];
  return flags.filter((flag) => typeof flag === 'string');
}

function hintOf(unknownFlags: readonly string[], command: string, commands: () => CommandNames): string {
  const sentence = unknownFlags.find((flag) => flag.includes(' '));
  if (sentence !== undefined)
    return `maria ${command} -- ${JSON.stringify(sentence)} (texts that start with "-" go after "--")`;
  const [unknown] = unknownFlags;
  const meant = unknown && closestTo(unknown, commands().get(command) ?? []);
  return `maria ${command} --help${meant ? ` (did you mean ${meant}?)` : ''}`;
}
