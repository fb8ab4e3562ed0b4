// Says what is wrong with a command line, from what oclif's parser throws about it.
import { stripVTControlCharacters } from 'node:util';
import { UsageError } from '@maria/core/errors';

/** The usage error behind an error of oclif; undefined if the error is none of oclif's. */
export function usageErrorOf(error: unknown, argv: readonly string[]): UsageError | undefined {
  if (!(error instanceof Error) || !('oclif' in error || error.message.startsWith('Parsing --')))
    return undefined;
  const unknown = /^command .* not found$/i.exec(error.message);
  if (unknown) {
    return new UsageError('unknown-command', `Cannot run "maria ${argv[0]}": there is no such command.`, {
      try: 'maria --help',
    });
  }
  const command = argv[0];
  const reason = reasonOf(error);
  return new UsageError('bad-command-line', `Cannot run maria ${command}: ${reason}.`, {
    try: hintOf(error, command),
    cause: error,
  });
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
    .replace(/\.$/, '')
    .replaceAll(/(?<=^|: )(?:Expected|Flag|All)\b/g, (word) => word.toLowerCase())
    .replaceAll(/(--[\w-]+)=true /g, '$1 ');
}

function hintOf(error: Error, command: string | undefined): string {
  const flags = 'flags' in error && Array.isArray(error.flags) ? error.flags : [];
  const sentence = flags.find((flag) => typeof flag === 'string' && flag.includes(' '));
  return sentence === undefined
    ? `maria ${command} --help`
    : `maria ${command} -- ${JSON.stringify(sentence)} (texts that start with "-" go after "--")`;
}
