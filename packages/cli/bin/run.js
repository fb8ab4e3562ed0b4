#!/usr/bin/env node
// Starts the maria command.
import { main } from '../bundle/main.js';

await main(process.argv.slice(2));
