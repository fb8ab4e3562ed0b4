// How often the store tells of changes.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { stateOf } from './state.test.support.js';
import { createStore } from './store.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const resize = (columns: number) => ({ type: 'resize', columns, rows: 24 }) as const;

test('a change is told at once, and then at most 30 times a second', () => {
  const store = createStore(stateOf());
  const seen: number[] = [];
  store.subscribe(() => seen.push(store.getState().size.columns));
  for (let i = 1; i <= 1000; i++) {
    store.dispatch(resize(i));
    vi.advanceTimersByTime(1);
  }
  expect(seen[0]).toBe(1);
  expect(seen.length).toBeGreaterThan(25);
  expect(seen.length).toBeLessThanOrEqual(31);
  vi.advanceTimersByTime(100);
  expect(seen.at(-1)).toBe(1000);
  const told = seen.length;
  vi.advanceTimersByTime(1000);
  expect(seen).toHaveLength(told);
});

test('who has stopped listening, or closed it, hears no more', () => {
  const store = createStore(stateOf());
  const listener = vi.fn();
  const stop = store.subscribe(listener);
  store.dispatch(resize(1));
  store.dispatch(resize(2));
  stop();
  vi.advanceTimersByTime(1000);
  expect(listener).toHaveBeenCalledTimes(1);
  store.subscribe(listener);
  store.dispatch(resize(3));
  store.dispatch(resize(4));
  store.close();
  vi.advanceTimersByTime(1000);
  expect(listener).toHaveBeenCalledTimes(2);
  expect(store.getState().size.columns).toBe(4);
});
