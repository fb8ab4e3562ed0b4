// The page that `maria replay` writes: the recording is in it.
import { render } from 'preact';
import type { Playback } from './playback.js';
import { ReplayPage } from './replay-page.js';

const playback: Playback = JSON.parse(document.getElementById('playback')!.textContent);
render(<ReplayPage playback={playback} />, document.getElementById('root')!);
