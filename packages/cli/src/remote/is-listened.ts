// Whether a socket is one that a server listens on: one that was killed leaves it behind.
import { connect } from 'node:net';

export function isListened(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
