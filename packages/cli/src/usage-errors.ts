// Says what is wrong with a command line, from what oclif's parser throws about it.
import { stripVTControlCharacters } from 'node:util';
import { UsageError } from '@maria/core/errors';

/** The usage error behind an error of oclif; undefined if the error is none of oclif's. */
export function usageErrorOf(error: unknown, argv: readonly string[]): UsageError | undefined {
  if (!(error instanceof Error) || !('oclif' in error || error.message.startsWith('Parsing --')))
    return undefined;
  const command = commandIn(argv);
  const unknown = /^command .* not found$/i.exec(error.message);
  if (unknown) {
    return new UsageError('unknown-command', `Cannot run "maria ${command}": there is no such command.`, {
      try: 'maria --help',
    });
  }
  const reason = reasonOf(error);
  return new UsageError('bad-command-line', `Cannot run maria ${command}: ${reason}.`, {
    try: hintOf(error, command),
    cause: error,
  });
}

/** First words of commands that have two. */
const topics: readonly (string | undefined)[] = ['bench', 'models'];

/** The command as it was given, in one word or two. */
function commandIn([first, second]: readonly string[]): string {
  return topics.includes(first) && second !== undefined && !second.startsWith('-')
    ? `${first} ${second}`
    : `${first}`;
}

/** The parser's message without its advice, colours, headings and line breaks. */
function reasonOf(error: Error): string {
  return stripVTControlCharacters(error.message)
    .replaceAll(/\n?See more help with --help/g, '')
    .replace(/^Parsing --(\S+)\s+/, '--$1: ')
    .replace(/^The following errors? occurred:\s*/, '')
    .replace(/^Nonexistent flags?: /, 'there is no flag ')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replace(/^Missing 1 required arg: (\w+) .*$/, 'its argument $1 is missing')
    .replace(/\.$/, '')
    .replaceAll(/(?<=^|: )(?:Expected|Flag|All)\b/g, (word) => word.toLowerCase())
    .replaceAll(/(--[\w-]+)=true /g, '$1 ');
}

function hintOf(error: Error, command: string): string {
  const flags = 'flags' in error && Array.isArray(error.flags) ? error.flags : [];
  const sentence = flags.find((flag) => typeof flag === 'string' && flag.includes(' '));
  return sentence === undefined
    ? `maria ${command} --help`
    : `maria ${command} -- ${JSON.stringify(sentence)} (texts that start with "-" go after "--")`;
}
