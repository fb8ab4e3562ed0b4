// Retry-After in both of its forms, and the code behind a failed fetch.
import { describe, expect, it } from 'vitest';
import { retryAfter, transportError } from './hub-errors.js';

describe('retryAfter', () => {
  const now = () => Date.parse('Mon, 24 Nov 2025 10:00:00 GMT');

  it.each([
    ['0', 0],
    ['120', 120_000],
    ['Mon, 24 Nov 2025 10:00:30 GMT', 30_000],
    ['Mon, 24 Nov 2025 09:00:00 GMT', 0],
    ['soon', undefined],
    ['-1x', undefined],
    ['', undefined],
  ])('reads %j', (value, expected) => {
    expect(retryAfter(new Headers({ 'retry-after': value }), now)).toBe(expected);
  });
});

describe('transportError', () => {
  it('finds the code behind "fetch failed", also where several addresses were tried', () => {
    const refused = Object.assign(new Error('x'), { code: 'ECONNREFUSED' });
    const several = new TypeError('fetch failed', { cause: new AggregateError([refused, new Error('y')]) });
    const { reason, absent } = transportError('pull m', 'hub', several, undefined);
    expect(reason.message).toBe('Cannot pull m: hub: it refuses the connection.');
    expect(absent).toBe(true);
    expect(transportError('pull m', 'hub', new Error('odd'), undefined).reason.message).toBe(
      'Cannot pull m: hub: the connection failed (unknown).',
    );
  });
});
