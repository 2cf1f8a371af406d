import '@mantine/core/styles.css';
import './theme/tokens.css';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { startLanguage } from './language.ts';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
await startLanguage();
createRoot(root).render(<App />);
