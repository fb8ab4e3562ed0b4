// Parses what names a model on the Hub, `ID[@REVISION]`. Both parts become paths and URLs, so they are checked strictly.
import { UsageError } from '@maria/core';
import { quote } from '../weights/quote.js';

export interface Repository {
  /** For example `gpt2` or `allenai/OLMo-1B-0724-hf`. */
  readonly id: string;
  /** Branch, tag, `refs/pr/N` or the 40 hexadecimal digits of a commit. */
  readonly revision: string;
}

export const defaultRevision = 'main';

const commitHash = /^[0-9a-f]{40}$/;

/** Whether it is the full hash of a commit, whose content never changes. */
export function isCommit(revision: string): boolean {
  return commitHash.test(revision);
}

/** A name of the Hub: it starts and ends with a letter, a digit or "_"; no "--", ".." or final ".git". */
const idPart = /^(?!.*(?:--|\.\.))(?!.*\.git$)[A-Za-z0-9_](?:[\w.-]*[A-Za-z0-9_])?$/;
const longestId = 96;

/** Whether the text may be the id of a repository, without its revision. */
export function isRepositoryId(text: string): boolean {
  const parts = text.split('/');
  return text.length <= longestId && parts.length <= 2 && parts.every((part) => idPart.test(part));
}

/** A component of a revision, as git has them: no leading dot or dash, no "..", "@{" or final "." or ".lock". */
const revisionPart = /^(?![.-])(?!.*(?:\.\.|@\{))(?!.*(?:\.|\.lock)$)[\w.+@=#,-]+$/;
const longestRevision = 200;

function isRevision(text: string): boolean {
  return text.length <= longestRevision && text.split('/').every((part) => revisionPart.test(part));
}

/**
 * Splits `ID[@REVISION]`.
 * @param revision the revision where the text names none @default 'main'
 * @throws UsageError for what cannot name a repository or a revision, or for two different revisions
 */
export function parseRepository(text: string, revision?: string): Repository {
  const at = text.indexOf('@');
  const id = at < 0 ? text : text.slice(0, at);
  const named = at < 0 ? undefined : text.slice(at + 1);
  if (!isRepositoryId(id))
    throw new UsageError(
      'bad-repository-id',
      `Cannot use ${quote(id)} as the id of a model: it is not of the form NAME or OWNER/NAME.`,
      { try: 'Give an id like allenai/OLMo-1B-0724-hf, with letters, digits, "-", "_" and ".".' },
    );
  if (named !== undefined && revision !== undefined && named !== revision)
    throw new UsageError(
      'two-revisions',
      `Cannot choose a revision of ${id}: both ${quote(named)} and ${quote(revision)} are asked for.`,
    );
  const chosen = named ?? revision ?? defaultRevision;
  if (!isRevision(chosen))
    throw new UsageError(
      'bad-revision',
      `Cannot use ${quote(chosen)} as a revision of ${id}: it is no name of a branch, a tag or a commit.`,
      { try: `Leave it out for the newest, or give a name like ${id}@main.` },
    );
  return { id, revision: chosen };
}

/** `ID@REVISION`, without the revision where it is the default. */
export function repositoryName({ id, revision }: Repository): string {
  return revision === defaultRevision ? id : `${id}@${revision}`;
}
