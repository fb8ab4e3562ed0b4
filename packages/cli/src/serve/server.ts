// The server itself: it listens, takes requests once the model is loaded, and ends without breaking off what was begun.
import { once } from 'node:events';
import { chmod, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { type AddressInfo, isIPv6 } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { createAdaptorServer } from '@hono/node-server';
import { DeviceError, UsageError } from '@maria/core/errors';
import { isListened } from '../remote/is-listened.js';
import { openRuntimeFolder, runtimeFolder, socketOf } from '../remote/runtime-folder.js';
import { appOf } from './app.js';
import { boundConnections } from './connections.js';
import type { Guard } from './guard.js';
import { Metrics } from './metrics.js';
import { Refusal } from './refusal.js';
import type { Served, Service } from './served.js';

/** Open connections. More than wait in a queue and are served, and fewer than a process may have open files. */
const mostConnections = 768;

/** Requests that are going on have so long to end. */
const drainMs = 10_000;

/** Bytes of a request; and of one from a command of the same user, who sends lines of 16 MiB. */
const mostBytes = 2 ** 20;
const mostLocalBytes = 2 ** 27;

const serverOptions = {
  /** Milliseconds for the header of a request, and for all of it. */
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  connectionsCheckingInterval: 1000,
  keepAliveTimeout: 65_000,
};

export interface ListenOptions {
  readonly host: string;
  /** 0 takes one that is free. */
  readonly port: number;
  readonly guard: Guard;
  readonly timeoutMs: number;
  readonly version: string;
  readonly identity: string;
  readonly note: (line: string) => void;
}

export interface RunningServer {
  readonly url: string;
  readonly service: Service;
  /** From now on requests are answered. */
  serve(served: Served): void;
  /** Listens for commands of the same user too. @throws where the folder for it is not the user's own */
  listenLocally(): Promise<void>;
  /**
   * Takes no more requests, waits until those that are going on are answered, 10 seconds at most, and closes all connections.
   * @returns whether nothing reads the model any more
   */
  end(): Promise<boolean>;
}

/** Listens at once; until the model is loaded requests are told so. @throws UsageError for an address that cannot be had */
export async function startServer({
  host,
  port,
  guard,
  timeoutMs,
  version,
  identity,
  note,
}: ListenOptions): Promise<RunningServer> {
  const service: Service = {
    isDraining: false,
    version,
    identity,
    created: Math.floor(Date.now() / 1000),
    metrics: new Metrics(),
    lives: new Set(),
    timeoutMs,
    note,
  };
  const hosts = [...guard.hosts, host].map((name) => name.toLowerCase());
  const open = (guarded: Guard, mostBytes: number) => {
    const app = appOf(service, guarded, mostBytes);
    const made = createAdaptorServer({ fetch: app.fetch, serverOptions }) as Server;
    boundConnections(made, mostConnections);
    return made;
  };
  const server = open({ ...guard, hosts }, mostBytes);
  await listen(server, host, port);
  let local: Server | undefined;
  const { address, port: own } = server.address() as AddressInfo;
  return {
    url: `http://${isIPv6(address) ? `[${address}]` : address}:${own}`,
    service,
    serve(served) {
      service.served = served;
    },
    async listenLocally() {
      const made = open({ hosts: [], origins: [] }, mostLocalBytes);
      if (await listenOnSocket(made, identity)) local = made;
    },
    async end() {
      service.isDraining = true;
      server.close();
      local?.close();
      await untilOver(service, drainMs);
      const why = new Refusal(503, 'ending', 'Cannot finish the request: the server ends.', {
        retryAfter: 10,
      });
      for (const life of service.lives) life.abort(why);
      await untilOver(service, 2000);
      server.closeAllConnections();
      local?.closeAllConnections();
      return (service.served?.queue.running ?? 0) === 0;
    },
  };
}

/** Whether it does: another server with the same model may be there already. */
async function listenOnSocket(server: Server, identity: string): Promise<boolean> {
  const folder = runtimeFolder();
  await openRuntimeFolder(folder);
  const path = socketOf(folder, identity);
  if (await isListened(path)) return false;
  // One that was killed leaves its socket.
  await rm(path, { force: true });
  server.listen(path);
  await once(server, 'listening');
  await chmod(path, 0o600);
  return true;
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const cannot = `Cannot serve on ${host}, port ${port}`;
    if (code === 'EADDRINUSE')
      throw new UsageError('port-taken', `${cannot}: another program has it.`, {
        try: 'Give another: --port N, or --port 0 for any.',
        cause: error,
      });
    if (code === 'EACCES')
      throw new UsageError('port-taken', `${cannot}: permission is denied.`, { cause: error });
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN')
      throw new UsageError('host-unknown', `${cannot}: this machine has no such address.`, { cause: error });
    throw new DeviceError('cannot-listen', `${cannot}: ${message}.`, { cause: error });
  }
}

/** Until no request is going on: each is answered, and its work has ended. */
async function untilOver({ lives, served }: Service, atMostMs: number): Promise<void> {
  const started = performance.now();
  while ((lives.size > 0 || (served?.queue.running ?? 0) > 0) && performance.now() - started < atMostMs)
    await pause(20);
}
