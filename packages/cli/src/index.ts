// The public names of @maria/cli.
export { main } from './main.js';
