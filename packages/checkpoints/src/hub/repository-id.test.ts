// Repository ids and revisions: accepted forms, contradictions, and names that could leave the cache.
import { UsageError } from '@maria/core';
import { describe, expect, it } from 'vitest';
import { isRepositoryId, parseRepository, repositoryName } from './repository-id.js';

const commit = '0123456789abcdef0123456789abcdef01234567';

describe('parseRepository', () => {
  it.each([
    ['gpt2', 'gpt2', 'main'],
    ['allenai/OLMo-1B-0724-hf', 'allenai/OLMo-1B-0724-hf', 'main'],
    ['a_b/c.d-e_1@v1.0', 'a_b/c.d-e_1', 'v1.0'],
    ['gpt2@refs/pr/12', 'gpt2', 'refs/pr/12'],
    [`gpt2@${commit}`, 'gpt2', commit],
  ])('splits %s', (text, id, revision) => {
    const repository = parseRepository(text);
    expect(repository).toEqual({ id, revision });
    expect(repositoryName(repository)).toBe(text);
  });

  it('takes a revision from the option, but not two different ones', () => {
    expect(parseRepository('gpt2', 'v2')).toEqual({ id: 'gpt2', revision: 'v2' });
    expect(parseRepository('gpt2@v2', 'v2').revision).toBe('v2');
    expect(() => parseRepository('gpt2@v1', 'v2')).toThrow(/both "v1" and "v2" are asked for/);
  });

  it.each([
    '',
    '..',
    '../gpt2',
    'a/../b',
    'a/b/c',
    '/etc/passwd',
    'a//b',
    'a/',
    '-a/b',
    'a/.b',
    'a--b/c',
    'a/b..c',
    'a/b.git',
    'a\\b',
    'C:a',
    'a/b c',
    'a/b?c',
    'a/b#c',
    'a/b%2e',
    'ä/b',
    `a/${'b'.repeat(100)}`,
    'a/b\n',
  ])('refuses the id %j', (id) => {
    expect(isRepositoryId(id)).toBe(false);
    expect(() => parseRepository(id)).toThrow(UsageError);
  });

  it.each([
    '',
    '..',
    '../../x',
    'a/../b',
    '/a',
    'a/',
    'a//b',
    '.a',
    '-a',
    'a.lock',
    'a.',
    'a\\b',
    'a b',
    'a:b',
    'a@{b}',
    'a\0b',
  ])('refuses the revision %j', (revision) => {
    expect(() => parseRepository(`gpt2@${revision}`)).toThrow(/as a revision of gpt2/);
  });
});
