// The page that `maria serve` shows at its address.
import { render } from 'preact';
import { TryPage } from './try-page.js';

render(<TryPage />, document.getElementById('root')!);
