// `npm start`: builds what is stale, then runs the stack in this process, so that signals reach it.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

// The compiler writes to stderr: stdout has the addresses only.
const { status } = spawnSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: ['ignore', 2, 2] });
if (status !== 0) process.exit(status ?? 1);
await import('./dist/main.js');
