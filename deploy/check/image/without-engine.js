// Runs the Dockerfile without a container engine: each stage is a folder, each RUN a shell that sees it over this machine's files.
import { cpSync, globSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { run } from '../programs.js';

const PASSED_ON = ['NODE_EXTRA_CA_CERTS', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];

/** Builds `target` and the stages that it needs below `folder`; resolves with the root of `target`. */
export async function buildWithoutEngine(context, folder, target, progress) {
  const all = instructions(readFileSync(join(context, 'Dockerfile'), 'utf8'));
  const args = Object.fromEntries(all.filter(isGlobalArg).map(({ text }) => text.split('=')));
  const needed = stagesFor(all, target);
  const stages = new Map();
  let stage;
  for (const { name, text, of } of all) {
    if (!needed.has(of)) continue;
    if (name === 'FROM') {
      stage = openStage(text, { args, stages, folder });
      progress(`stage ${stage.name}`);
    } else if (name === 'WORKDIR') {
      stage.workdir = text;
      mkdirSync(join(stage.root, text), { recursive: true });
    } else if (name === 'COPY') copy(text, { stage, stages, context });
    else if (name === 'RUN') await runIn(stage, text.replace(/^(--\S+\s+)+/, ''));
  }
  return stage.root;
}

const isGlobalArg = ({ name, of }) => name === 'ARG' && of === undefined;

/** The names of a stage and of those that it begins with or copies from. */
function stagesFor(all, target) {
  const needed = new Set([target]);
  for (const { name, text, of } of all.toReversed()) {
    if (!needed.has(of)) continue;
    if (name === 'FROM') needed.add(text.split(' ')[0]);
    const [, from] = /^--from=(\S+)/.exec(text) ?? [];
    if (name === 'COPY' && from !== undefined) needed.add(from);
  }
  return needed;
}

/** Instructions with the stage that each is `of`, with their continuation lines, without comments. */
function instructions(text) {
  const lines = text
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter(Boolean);
  let of;
  return lines.map((line) => {
    const [, name, rest] = /^(\w+)\s+(.*)$/.exec(line);
    if (name === 'FROM') of = rest.split(' ').at(-1);
    return { name, text: rest, of };
  });
}

function openStage(text, { args, stages, folder }) {
  const [image, , name] = text.replace(/\$\{(\w+)\}/, (_, key) => args[key]).split(' ');
  const base = stages.get(image);
  const root = join(folder, name);
  if (base === undefined) mkdirSync(join(root, 'usr/local/bin'), { recursive: true });
  else cpSync(base.root, root, { recursive: true, verbatimSymlinks: true });
  if (image.startsWith('node:')) cpSync(process.execPath, join(root, 'usr/local/bin/node'));
  const stage = { name, root, workdir: base?.workdir ?? '/' };
  stages.set(name, stage);
  return stage;
}

function copy(text, { stage, stages, context }) {
  const options = Object.fromEntries(
    [...text.matchAll(/--(\w+)=(\S+)/g)].map(([, key, value]) => [key, value]),
  );
  const [from, to] = text.replace(/--\w+=\S+\s+/g, '').split(' ');
  const target = join(stage.root, resolve(stage.workdir, to));
  if (options.from === undefined && from === '.') return copyContext(context, target);
  const source = options.from === undefined ? join(context, from) : join(stages.get(options.from).root, from);
  const isIntoFolder = to.endsWith('/') && !statSync(source).isDirectory();
  cpSync(source, isIntoFolder ? join(target, basename(source)) : target, {
    recursive: true,
    verbatimSymlinks: true,
  });
}

/** Only what the allow-list of .dockerignore names. */
function copyContext(context, target) {
  const lines = readFileSync(join(context, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const allowed = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
  const isExcluded = (path) => /\.spec\.tsx?$/.test(path);
  for (const path of globSync(allowed, { cwd: context })) {
    const to = join(target, path);
    mkdirSync(dirname(to), { recursive: true });
    cpSync(join(context, path), to, { recursive: true, filter: (source) => !isExcluded(source) });
  }
}

/** In a mount namespace of its own, where the stage lies over this machine's files and takes all changes. */
async function runIn({ root, workdir }, command) {
  const npm = process.env.npm_execpath ?? '/usr/lib/node_modules/npm/bin/npm-cli.js';
  const work = await mkdtemp(join(dirname(root), 'work-'));
  const script = `
    mkdir ${work}/work ${work}/merged
    mount -t overlay overlay -o lowerdir=/,upperdir=${root},workdir=${work}/work ${work}/merged
    mount --rbind /dev ${work}/merged/dev
    mount --rbind /proc ${work}/merged/proc
    mount -t tmpfs tmpfs ${work}/merged/opt
    mkdir ${work}/merged/opt/bin
    ln -s ${npm} ${work}/merged/opt/bin/npm
    exec chroot ${work}/merged sh -ec "$1"`;
  const env = { PATH: `/opt/bin:/usr/local/bin:${process.env.PATH}`, HOME: process.env.HOME };
  for (const name of PASSED_ON) if (process.env[name]) env[name] = process.env[name];
  await run('unshare', ['--mount', 'sh', '-ec', script, 'sh', `cd ${workdir}; ${command}`], { env });
  await rm(work, { recursive: true, force: true });
}
