// Settings from variables of the environment: cache folder, offline, mirror, and a token that is never shown.
import { mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { UsageError } from '@maria/core';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../weights/raw-files.test.support.js';
import { hubSettings } from './hub-settings.js';

const folder = temporaryFolder();
const home = homedir();

describe('hubSettings', () => {
  it.each([
    [{}, join(home, '.cache/huggingface/hub')],
    [{ XDG_CACHE_HOME: '/x' }, '/x/huggingface/hub'],
    [{ XDG_CACHE_HOME: '/x', HF_HOME: '/h' }, '/h/hub'],
    [{ HF_HOME: '/h', HUGGINGFACE_HUB_CACHE: '/old' }, '/old'],
    [{ HF_HOME: '/h', HUGGINGFACE_HUB_CACHE: '/old', HF_HUB_CACHE: '~/c' }, join(home, 'c')],
    [{ HF_HOME: '/h', HF_HUB_CACHE: '' }, '/h/hub'],
  ])('finds the cache folder from %j', (env, expected) => {
    expect(hubSettings({ env }).cacheFolder).toBe(expected);
  });

  it('knows when it is offline', () => {
    for (const value of ['1', 'ON', 'yes', 'True'])
      expect(hubSettings({ env: { HF_HUB_OFFLINE: value } }).offline).toBe(true);
    for (const value of ['0', '', 'no', undefined])
      expect(hubSettings({ env: { HF_HUB_OFFLINE: value } }).offline).toBe(false);
    expect(hubSettings({ env: { HF_HUB_OFFLINE: '1' }, offline: false }).offline).toBe(false);
  });

  it('takes the token from the variable, else from the file', () => {
    mkdirSync(join(folder, 'home'));
    writeFileSync(join(folder, 'home', 'token'), 'hf_file\n');
    writeFileSync(join(folder, 'other'), 'hf_other');
    const env = { HF_HOME: join(folder, 'home') };
    expect(hubSettings({ env }).token()).toBe('hf_file');
    expect(hubSettings({ env: { ...env, HF_TOKEN: 'hf_variable' } }).token()).toBe('hf_variable');
    expect(hubSettings({ env: { ...env, HF_TOKEN_PATH: join(folder, 'other') } }).token()).toBe('hf_other');
    expect(hubSettings({ env: { HF_HOME: join(folder, 'none') } }).token()).toBeUndefined();
  });

  it('shows no token, neither in the settings nor in an error', () => {
    const settings = hubSettings({ env: { HF_TOKEN: 'hf_secret\nhf_secret' } });
    expect(inspect(settings, { depth: 9, showHidden: true })).not.toContain('secret');
    expect(() => settings.token()).toThrow(/holds spaces, line breaks/);
    expect(() => settings.token()).not.toThrow(/secret/);
  });

  it('takes the address of a mirror, with a path and without a slash at its end', () => {
    expect(hubSettings({ env: {} }).endpoint.href).toBe('https://huggingface.co/');
    expect(hubSettings({ env: { HF_ENDPOINT: 'http://mirror:8080/hub//' } }).endpoint.href).toBe(
      'http://mirror:8080/hub',
    );
  });

  it.each(['mirror', 'file:///etc', 'https://user:secret@mirror', 'https://:secret@mirror'])(
    'refuses the address %s',
    (endpoint) => {
      const make = () => hubSettings({ env: { HF_ENDPOINT: endpoint } });
      expect(make).toThrow(UsageError);
      expect(make).not.toThrow(/secret/);
    },
  );
});
