// Keeps the number of open connections bounded: where one too many comes, the one that is idle for the longest time goes.
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

export function boundConnections(server: Server, most: number): void {
  /** Idle ones, the longest first. */
  const idle = new Set<Socket>();
  let open = 0;
  server.on('connection', (socket: Socket) => {
    open++;
    idle.add(socket);
    socket.once('close', () => {
      open--;
      idle.delete(socket);
    });
    if (open <= most) return;
    const [oldest] = idle;
    oldest?.destroy();
  });
  server.on('request', ({ socket }, answer) => {
    idle.delete(socket);
    answer.once('close', () => {
      if (!socket.destroyed) idle.add(socket);
    });
  });
}
