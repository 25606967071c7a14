import './app/look/style-nonce.js';
import './app/look/visible-text.js';
import './app/look/page.css';
import { createRoot } from 'react-dom/client';
import { App, routerOf } from './app/app.js';
import { PAGES } from './pages.js';

const root = document.getElementById('root');
if (root === null) throw new Error('no root');
createRoot(root).render(<App router={routerOf(PAGES)} />);
