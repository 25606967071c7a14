import { formatNumber, type TextKey } from '../text/text.js';
import type { PageView } from '../visit/view.js';
import { addressOf, type Visit } from '../visit/visit.js';
import { asset } from './assets.js';
import { Form } from './form.js';
import { LiveControl, liveAttributes } from './live.js';

const LINKS: readonly (readonly [path: string, title: TextKey])[] = [
  ['/', 'overview'],
  ['/rollouts', 'rollouts'],
  ['/operations', 'operations'],
  ['/doubts', 'doubts'],
  ['/audits', 'audits'],
  ['/miniprograms', 'miniPrograms'],
  ['/templates', 'templates'],
  ['/platform', 'platform'],
];

/** No script that a page contains is run, no style is added, and nothing is requested from elsewhere. */
const HTMX = JSON.stringify({
  allowEval: false,
  allowScriptTags: false,
  includeIndicatorStyles: false,
  selfRequestsOnly: true,
  historyCacheSize: 0,
});

/** The frame of every page. */
export function Layout({ visit, view }: { visit: Visit; view: PageView }) {
  const { t, language } = visit;
  return (
    <html lang={language === 'zh' ? 'zh-CN' : 'en'}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="htmx-config" content={HTMX} />
        <title>{`${view.title} · ${t('product')}`}</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href={asset('pico.css')} />
        <link rel="stylesheet" href={asset('console.css')} />
        <script src={asset('htmx.js')} defer />
        <script src={asset('sse.js')} defer />
        <script src={asset('console.js')} defer />
      </head>
      <body>
        <a class="skip" href="#content">
          {t('skipToContent')}
        </a>
        <Header visit={visit} />
        <main id="content" {...liveAttributes(view.live)}>
          <Heading visit={visit} view={view} />
          {view.live && <p sse-swap="stale" class="stale" role="status" />}
          {view.body}
        </main>
      </body>
    </html>
  );
}

function Header({ visit }: { visit: Visit }) {
  const { t, session } = visit;
  return (
    <header>
      {session === undefined ? (
        <strong>{t('product')}</strong>
      ) : (
        <nav aria-label={t('navigation')}>
          <ul>
            {LINKS.map(([path, title]) => (
              <li>
                <a href={path} aria-current={isCurrent(path, visit) ? 'page' : undefined}>
                  {t(title)}
                  {path === '/doubts' && <Badge visit={visit} />}
                </a>
              </li>
            ))}
          </ul>
        </nav>
      )}
      <div class="visitor">
        <Form visit={visit} action="/language">
          <input type="hidden" name="language" value={visit.language === 'zh' ? 'en' : 'zh'} />
          <input type="hidden" name="to" value={addressOf(visit)} />
          <button type="submit" class="link">
            {t('otherLanguage')}
          </button>
        </Form>
        {session && (
          <>
            <span>{session.name}</span>
            <Form visit={visit} action="/logout">
              <button type="submit" class="link">
                {t('logOut')}
              </button>
            </Form>
          </>
        )}
      </div>
    </header>
  );
}

function Badge({ visit: { doubts, language } }: { visit: Visit }) {
  return doubts ? <mark class="badge">{formatNumber(doubts, language)}</mark> : null;
}

function Heading({ visit, view: { title, above, actions, live } }: { visit: Visit; view: PageView }) {
  return (
    <div class="heading">
      <h1>
        {above?.map(({ href, title }) => (
          <>
            <a href={href}>{title}</a>
            {' › '}
          </>
        ))}
        {title}
      </h1>
      <div class="actions">
        {actions}
        {live && <LiveControl visit={visit} />}
      </div>
    </div>
  );
}

function isCurrent(path: string, { url: { pathname } }: Visit): boolean {
  return path === '/' ? pathname === '/' : pathname === path || pathname.startsWith(`${path}/`);
}
